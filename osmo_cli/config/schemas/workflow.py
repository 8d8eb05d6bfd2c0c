"""WORKFLOW: how workflows run, and the credentials they run with (api.md 3.7)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, Field

from osmo_cli.config.schemas.base import ConfigModel, SecretText
from osmo_cli.config.schemas.labels import LabelsConfig
from osmo_cli.config.schemas.storage import (
    DataCredential,
    DataCredential63,
    StaticDataCredential,
)


class WorkflowData(ConfigModel):
    """Where the data of workflows is kept."""

    credential: DataCredential | None = None
    base_url: str = ""
    websocket_timeout: Annotated[int, Field(description="Minutes.")] = 1440
    data_timeout: Annotated[int, Field(description="Minutes.")] = 10
    download_type: Literal["download"] = "download"


class WorkflowLog(ConfigModel):
    """Where logs (or app data) are kept."""

    credential: DataCredential | None = None


class WorkflowData62(WorkflowData):
    """Where the data of workflows is kept, in 6.2."""

    credential: StaticDataCredential | None = None  # type: ignore[assignment]


class WorkflowData63(WorkflowData):
    """Where the data of workflows is kept, from 6.3 on."""

    credential: DataCredential63 | None = None  # type: ignore[assignment]


class WorkflowLog62(ConfigModel):
    """Where logs (or app data) are kept, in 6.2."""

    credential: StaticDataCredential | None = None


class WorkflowLog63(ConfigModel):
    """Where logs (or app data) are kept, from 6.3 on."""

    credential: DataCredential63 | None = None


class WorkflowInfo(ConfigModel):
    """Names and tags of workflows."""

    tags: list[str] = []
    max_name_length: int = 64


class RegistryCredential(ConfigModel):
    """Login of a container registry."""

    registry: str = ""
    username: str = ""
    auth: SecretText = ""


class BackendImages(ConfigModel):
    """Images that backends run beside the user's, and the credential to pull them."""

    init: str = ""
    client: str = ""
    credential: RegistryCredential = RegistryCredential()


class RegistryCredential63(RegistryCredential):
    """Login of a container registry, from 6.3 on."""

    auth: Annotated[
        SecretText,
        Field(
            validation_alias=AliasChoices("auth", "password"),
            description="Password or token; `password` is another name for it.",
        ),
    ] = ""


class BackendImages63(BackendImages):
    """Images that backends run beside the user's, from 6.3 on."""

    credential: RegistryCredential63 = RegistryCredential63()


class SmtpSettings(ConfigModel):
    """Mail server for alerts."""

    host: str = ""
    sender: str = ""
    password: SecretText = ""


class WorkflowAlerts(ConfigModel):
    """Where alerts go."""

    slack_token: SecretText = ""
    smtp_settings: SmtpSettings = SmtpSettings()


class CredentialConfig(ConfigModel):
    """Registries and stores whose credentials are not checked when users add them."""

    disable_registry_validation: list[str] = []
    disable_data_validation: list[str] = []


class UserWorkflowLimits(ConfigModel):
    """Limits for each user."""

    max_num_workflows: Annotated[int, Field(gt=0)] | None = None
    max_num_tasks: Annotated[int, Field(gt=0)] | None = None
    jinja_sandbox_workers: int = 2
    jinja_sandbox_max_time: Annotated[float, Field(description="Seconds.")] = 0.5
    jinja_sandbox_memory_limit: Annotated[int, Field(description="Bytes.")] = 104857600


class RsyncPath(ConfigModel):
    """A path that `osmo rsync` may reach."""

    path: str
    writable: bool = False


class Rsync(ConfigModel):
    """The rsync plugin."""

    enabled: bool = False
    enable_telemetry: bool = False
    read_bandwidth_limit: Annotated[int, Field(ge=0, description="Bytes a second.")] = 2621440
    write_bandwidth_limit: Annotated[int, Field(ge=0, description="Bytes a second.")] = 2621440
    allowed_paths: dict[str, RsyncPath] = {}
    daemon_debounce_delay: Annotated[float, Field(gt=0, description="Seconds.")] = 30.0
    daemon_poll_interval: Annotated[float, Field(gt=0, description="Seconds.")] = 120.0
    daemon_reconcile_interval: Annotated[float, Field(gt=0, description="Seconds.")] = 60.0
    client_upload_rate_limit: Annotated[int, Field(ge=0, description="Bytes a second.")] = 2097152


class PluginsConfig(ConfigModel):
    """Plugins."""

    rsync: Rsync = Rsync()


# Two pieces, since a version's own field stands in the middle of the service's order.
class _WorkflowHead(ConfigModel):
    workflow_data: WorkflowData = WorkflowData()
    workflow_log: WorkflowLog = WorkflowLog()
    workflow_app: WorkflowLog = WorkflowLog()
    workflow_info: WorkflowInfo = WorkflowInfo()
    backend_images: BackendImages = BackendImages()
    workflow_alerts: WorkflowAlerts = WorkflowAlerts()
    credential_config: CredentialConfig = CredentialConfig()
    user_workflow_limits: UserWorkflowLimits = UserWorkflowLimits()
    plugins_config: PluginsConfig = PluginsConfig()


class _Labels64(_WorkflowHead):
    labels_config: LabelsConfig = LabelsConfig()


class _WorkflowTail(_WorkflowHead):
    max_num_tasks: int = 20
    max_num_ports_per_task: int = 30
    max_retry_per_task: int = 0
    max_retry_per_job: int = 5
    default_schedule_timeout: int = 30
    default_exec_timeout: str = "60d"
    default_queue_timeout: str = "60d"
    max_exec_timeout: str = "60d"
    max_queue_timeout: str = "60d"
    force_cleanup_delay: str = "1h"
    max_log_lines: int = 10000
    max_task_log_lines: int = 1000
    max_error_log_lines: int = 100
    max_event_log_lines: int = 100
    task_heartbeat_frequency: str = "10m"


class Workflow60(_WorkflowTail):
    """The WORKFLOW config of the seed generation and of 6.0."""


class Workflow62(_WorkflowTail):
    """The WORKFLOW config of 6.2."""

    workflow_data: WorkflowData62 = WorkflowData62()
    workflow_log: WorkflowLog62 = WorkflowLog62()  # type: ignore[assignment]
    workflow_app: WorkflowLog62 = WorkflowLog62()  # type: ignore[assignment]


class Workflow63(_WorkflowTail):
    """The WORKFLOW config of 6.3."""

    workflow_data: WorkflowData63 = WorkflowData63()
    workflow_log: WorkflowLog63 = WorkflowLog63()  # type: ignore[assignment]
    workflow_app: WorkflowLog63 = WorkflowLog63()  # type: ignore[assignment]
    backend_images: BackendImages63 = BackendImages63()


class Workflow64(Workflow63, _Labels64):
    """The WORKFLOW config of 6.4."""


SCHEMAS: dict[str, type[ConfigModel]] = {
    **dict.fromkeys(("seed", "6.0"), Workflow60),
    "6.2": Workflow62,
    "6.3": Workflow63,
    "6.4": Workflow64,
}
