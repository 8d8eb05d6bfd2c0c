"""POOL: what runs on a backend, and how (api.md 3.9)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from osmo_cli.config.schemas.base import (
    ConfigModel,
    ReadOnlyList,
    ReadOnlyObject,
    ReadOnlyText,
)
from osmo_cli.config.schemas.kinds import UNKNOWN_PLATFORM

_Permission = Literal["PUBLIC", "POOL", "PRIVATE"]


class ActionPermissions60(ConfigModel):
    """Who may do what with the workflows of others."""

    execute: _Permission = "PRIVATE"
    portforward: _Permission = "PRIVATE"
    cancel: _Permission = "PRIVATE"
    rsync: _Permission = "PRIVATE"


class PoolResource(ConfigModel):
    """Share of a resource; -1 is no limit."""

    guarantee: int = -1
    maximum: int = -1
    weight: int = 1


class PoolResources(ConfigModel):
    """Shares of resources."""

    gpu: PoolResource | None = None


class Platform(ConfigModel):
    """Nodes of one kind in a pool."""

    description: str = ""
    host_network_allowed: bool = False
    privileged_allowed: bool = False
    allowed_mounts: list[str] = []
    default_mounts: ReadOnlyList = []
    tolerations: ReadOnlyList = []
    labels: ReadOnlyObject = {}
    default_variables: dict[str, Any] = {}
    resource_validations: list[str] = []
    parsed_resource_validations: ReadOnlyList = []
    override_pod_template: list[str] = []
    parsed_pod_template: ReadOnlyObject = {}


class Platform63(Platform):
    """Nodes of one kind in a pool, from 6.3 on."""

    parsed_pod_template_for_accounting: ReadOnlyObject = {}


class TopologyKey(ConfigModel):
    """A level of the network that pods can be kept together in."""

    key: str
    label: Annotated[str, Field(description="Node label that names the place.")]


# Three pieces, since a version's own field stands in the middle of the service's order.
class _PoolHead(ConfigModel):
    name: ReadOnlyText = ""
    description: str = ""
    status: Annotated[str | None, Field(json_schema_extra={"readOnly": True})] = None
    download_type: Literal["download"] | None = None
    enable_maintenance: bool = False
    backend: Annotated[str, Field(description="Name of the backend that it runs on.")]
    default_platform: str | None = None
    default_exec_timeout: str = ""
    default_queue_timeout: str = ""
    max_exec_timeout: str = ""
    max_queue_timeout: str = ""
    default_exit_actions: dict[str, str] = {}


class _Permissions60(_PoolHead):
    action_permissions: ActionPermissions60 = ActionPermissions60()


class _PoolTail(_PoolHead):
    resources: PoolResources = PoolResources()
    common_default_variables: dict[str, Any] = {}
    common_resource_validations: list[str] = []
    parsed_resource_validations: ReadOnlyList = []
    common_pod_template: list[str] = []
    parsed_pod_template: ReadOnlyObject = {}
    platforms: Annotated[dict[str, Platform], Field(validate_default=True)] = {}
    last_heartbeat: Annotated[str | None, Field(json_schema_extra={"readOnly": True})] = None

    @field_validator("platforms")
    @classmethod
    def _has_the_default(cls, value: dict[str, Platform], info: ValidationInfo) -> Any:
        # Not of the whole pool: what it lacks otherwise does not hide this.
        name = info.data.get("default_platform")
        if name is not None and name not in value:
            message = "is not one of platforms"
            raise PydanticCustomError(UNKNOWN_PLATFORM, message, {"platform": name})
        return value


class Pool60(_PoolTail, _Permissions60):
    """A pool of the seed generation and of 6.0."""


class Pool62(_PoolTail):
    """A pool of 6.2."""

    topology_keys: list[TopologyKey] = []
    common_group_templates: list[str] = []
    parsed_group_templates: ReadOnlyList = []


_Platforms63 = Annotated[dict[str, Platform63], Field(validate_default=True)]


class Pool63(Pool62):
    """A pool from 6.3 on."""

    parsed_pod_template_for_accounting: ReadOnlyObject = {}
    platforms: _Platforms63 = {}  # type: ignore[assignment]


SCHEMAS: dict[str, type[BaseModel]] = {
    **dict.fromkeys(("seed", "6.0"), Pool60),
    "6.2": Pool62,
    **dict.fromkeys(("6.3", "6.4"), Pool63),
}
