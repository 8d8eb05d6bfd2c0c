"""WORKFLOW: how workflows run (docs/service/workflow.md#fields)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AliasChoices, Field

from osmo_cli.config.registry.definition import Check, Definition, checks
from osmo_cli.config.schemas.base import ConfigModel, SecretText
from osmo_cli.config.schemas.labels import LABEL_DESCRIPTIONS, LabelsConfig
from osmo_cli.config.schemas.rules.durations import (
    DURATION_PATTERN,
    TIMEOUT_DESCRIPTIONS,
    TIMEOUTS,
    durations,
    timeout_limits,
)
from osmo_cli.config.schemas.rules.numbers import above_zero
from osmo_cli.config.schemas.rules.secrets import secret
from osmo_cli.config.schemas.rules.urls import registry, web_addresses
from osmo_cli.config.schemas.storage import (
    CREDENTIAL_DESCRIPTIONS,
    CREDENTIAL_ENDPOINT,
    DataCredential,
    DataCredential63,
    StaticDataCredential,
)


class WorkflowData(ConfigModel):
    """Storage of the data of workflows."""

    credential: DataCredential | None = None
    base_url: str = ""
    websocket_timeout: int = 1440
    data_timeout: int = 10
    download_type: Literal["download"] = "download"


class WorkflowLog(ConfigModel):
    """Storage of logs, or of app data."""

    credential: DataCredential | None = None


class WorkflowData62(WorkflowData):
    """Storage of the data of workflows, in 6.2."""

    credential: StaticDataCredential | None = None  # type: ignore[assignment]


class WorkflowData63(WorkflowData):
    """Storage of the data of workflows, from 6.3 on."""

    credential: DataCredential63 | None = None  # type: ignore[assignment]


class WorkflowLog62(ConfigModel):
    """Storage of logs, or of app data, in 6.2."""

    credential: StaticDataCredential | None = None


class WorkflowLog63(ConfigModel):
    """Storage of logs, or of app data, from 6.3 on."""

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


class ImageSeed(ConfigModel):
    """An image for each architecture, in the seed generation."""

    amd64: str = ""
    arm64: str = ""


class BackendImagesSeed(ConfigModel):
    """Images that backends run beside the user's, in the seed generation."""

    init: ImageSeed = ImageSeed()
    client: ImageSeed = ImageSeed()
    credential: RegistryCredential = RegistryCredential()


class BackendImages(ConfigModel):
    """Images that backends run beside the user's, and the credential to pull them."""

    init: str = ""
    client: str = ""
    credential: RegistryCredential = RegistryCredential()


class RegistryCredential63(RegistryCredential):
    """Login of a container registry, from 6.3 on."""

    auth: Annotated[SecretText, Field(validation_alias=AliasChoices("auth", "password"))] = ""


class BackendImages63(BackendImages):
    """Images that backends run beside the user's, from 6.3 on."""

    credential: RegistryCredential63 = RegistryCredential63()


class SmtpSettings(ConfigModel):
    """Mail server for alerts."""

    host: str = ""
    sender: str = ""
    password: SecretText = ""


class WorkflowAlerts(ConfigModel):
    """Where alerts are sent."""

    slack_token: SecretText = ""
    smtp_settings: SmtpSettings = SmtpSettings()


class CredentialConfig(ConfigModel):
    """Registries and storages whose credentials are not tested when users add them."""

    disable_registry_validation: list[str] = []
    disable_data_validation: list[str] = []


class UserWorkflowLimits(ConfigModel):
    """Limits for each user."""

    max_num_workflows: Annotated[int, Field(gt=0)] | None = None
    max_num_tasks: Annotated[int, Field(gt=0)] | None = None
    jinja_sandbox_workers: int = 2
    jinja_sandbox_max_time: float = 0.5
    jinja_sandbox_memory_limit: int = 104857600


class RsyncPath(ConfigModel):
    """A path that `osmo rsync` may access."""

    path: str
    writable: bool = False


class Rsync(ConfigModel):
    """The rsync plugin."""

    enabled: bool = False
    enable_telemetry: bool = False
    read_bandwidth_limit: Annotated[int, Field(ge=0)] = 2621440
    write_bandwidth_limit: Annotated[int, Field(ge=0)] = 2621440
    allowed_paths: dict[str, RsyncPath] = {}
    daemon_debounce_delay: Annotated[float, Field(gt=0)] = 30.0
    daemon_poll_interval: Annotated[float, Field(gt=0)] = 120.0
    daemon_reconcile_interval: Annotated[float, Field(gt=0)] = 60.0
    client_upload_rate_limit: Annotated[int, Field(ge=0)] = 2097152


class PluginsConfig(ConfigModel):
    """Plugins."""

    rsync: Rsync = Rsync()


# Two pieces, since a version's own field is in the middle of the service's order.
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


class WorkflowSeed(_WorkflowTail):
    """The WORKFLOW config of the seed generation."""

    backend_images: BackendImagesSeed = BackendImagesSeed()  # type: ignore[assignment]


class Workflow60(_WorkflowTail):
    """The WORKFLOW config of 6.0."""


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


def _checks() -> Iterator[Check]:
    yield from durations(*TIMEOUTS, "force_cleanup_delay", "task_heartbeat_frequency")
    yield from timeout_limits()
    yield from checks(
        above_zero,
        "greater than 0",
        "max_num_tasks",
        "workflow_info.max_name_length",
        "default_schedule_timeout",
        "workflow_data.websocket_timeout",
        "workflow_data.data_timeout",
        "user_workflow_limits.jinja_sandbox_workers",
        "user_workflow_limits.jinja_sandbox_max_time",
        "user_workflow_limits.jinja_sandbox_memory_limit",
    )
    for storage in ("workflow_data", "workflow_log", "workflow_app"):
        yield from web_addresses(f"{storage}.credential.override_url")
        yield from secret(f"{storage}.credential.access_key")
    yield from checks(registry, "a host", "backend_images.credential.registry")
    yield from secret(
        "backend_images.credential.auth",
        "workflow_alerts.slack_token",
        "workflow_alerts.smtp_settings.password",
    )


DEFINITION = Definition(
    models={
        "seed": WorkflowSeed,
        "6.0": Workflow60,
        "6.2": Workflow62,
        "6.3": Workflow63,
        "6.4": Workflow64,
    },
    helm_section="workflow",
    checks=(*_checks(),),
    descriptions={
        **CREDENTIAL_DESCRIPTIONS,
        **TIMEOUT_DESCRIPTIONS,
        **LABEL_DESCRIPTIONS,
        "workflow_data": "Storage of the data of workflows.",
        "workflow_log": "Storage of the logs of workflows.",
        "workflow_app": "Storage of the apps of users.",
        "credential": "Credential of the storage; null for none.",
        "base_url": "Address at which a browser shows the data.",
        "websocket_timeout": "Minutes that a websocket may be open.",
        "data_timeout": "Minutes that an operation on data may take.",
        "download_type": "How tasks get their data; always download.",
        "workflow_info": "Names and tags of workflows.",
        "tags": "Tags that users may give to workflows.",
        "max_name_length": "Maximum number of characters in the name of a workflow.",
        "backend_images": "Images that run beside those of users.",
        "init": "Image of osmo-init; if empty, set when the service starts.",
        "client": "Image of osmo-ctrl; if empty, set when the service starts.",
        "amd64": "Image for amd64 nodes.",
        "arm64": "Image for arm64 nodes.",
        "backend_images.credential": "Login of the registry that the images are pulled from.",
        "registry": "Host name of the registry.",
        "username": "Login name; for nvcr.io it is $oauthtoken.",
        "auth": "Password or token.",
        "workflow_alerts": "Where alerts are sent.",
        "slack_token": "Token for Slack.",
        "smtp_settings": "Mail server.",
        "host": "Host name of the mail server.",
        "sender": "Address that alerts come from.",
        "smtp_settings.password": "Password of the sender.",
        "password": "Another name for `auth`.",
        "credential_config": "Credentials that are not tested when users add them.",
        "disable_registry_validation": "Registries whose credentials are not tested.",
        "disable_data_validation": "Storages whose credentials are not tested.",
        "user_workflow_limits": "Limits for each user.",
        "max_num_workflows": "Maximum number of workflows of a user; null for no limit.",
        "user_workflow_limits.max_num_tasks": "Maximum number of tasks of a user; null for no "
        "limit.",
        "jinja_sandbox_workers": "Number of processes that fill in templates.",
        "jinja_sandbox_max_time": "Seconds that filling in a template may take.",
        "jinja_sandbox_memory_limit": "Bytes of memory that filling in a template may use.",
        "plugins_config": "Plugins and their settings.",
        "rsync": "Copying files from and to running tasks.",
        "enabled": "Whether users may use it.",
        "enable_telemetry": "Whether transfers are measured.",
        "read_bandwidth_limit": "Bytes per second out of a task.",
        "write_bandwidth_limit": "Bytes per second into a task.",
        "allowed_paths": "Paths that can be accessed, by name.",
        "path": "Path in the container.",
        "writable": "Whether files can be sent to it.",
        "daemon_debounce_delay": "Seconds from a change to its transfer.",
        "daemon_poll_interval": "Seconds between checks for changes.",
        "daemon_reconcile_interval": "Seconds between comparisons of both sides.",
        "client_upload_rate_limit": "Bytes per second from a client.",
        "max_num_tasks": "Maximum number of tasks of a workflow.",
        "max_num_ports_per_task": "Maximum number of ports of a task that are forwarded at a time.",
        "max_retry_per_task": "Maximum number of retries of a task.",
        "max_retry_per_job": "Maximum number of retries of a job.",
        "default_schedule_timeout": "Seconds that a task may wait to be scheduled.",
        "force_cleanup_delay": "Time from a workflow's failure until it is removed by force.",
        "max_log_lines": "Maximum number of log lines kept of a workflow.",
        "max_task_log_lines": "Maximum number of log lines kept of a task.",
        "max_error_log_lines": "Maximum number of lines kept of the error log.",
        "max_event_log_lines": "Maximum number of lines kept of the event log.",
        "task_heartbeat_frequency": "Time between heartbeats of a task.",
    },
    keywords={
        **{
            name: {"pattern": DURATION_PATTERN}
            for name in (*TIMEOUTS, "force_cleanup_delay", "task_heartbeat_frequency")
        },
        "endpoint": {"pattern": CREDENTIAL_ENDPOINT, "examples": ["s3://bucket/workflows"]},
        "registry": {"examples": ["nvcr.io"]},
    },
)
