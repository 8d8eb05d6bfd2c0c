"""POOL: what runs on a backend, and how (docs/service/pool.md#fields)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from osmo_cli.config.registry.definition import Definition, Finding, checks, references, warning
from osmo_cli.config.registry.types import NAME_RULE, POOL
from osmo_cli.config.schemas.base import (
    ConfigModel,
    ReadOnlyList,
    ReadOnlyObject,
    ReadOnlyText,
)
from osmo_cli.config.schemas.kinds import UNKNOWN_PLATFORM
from osmo_cli.config.schemas.rules.durations import (
    DURATION_OR_EMPTY_PATTERN,
    TIMEOUT_DESCRIPTIONS,
    TIMEOUTS,
    durations,
    timeout_limits,
)
from osmo_cli.config.schemas.rules.kubernetes import label_key
from osmo_cli.config.schemas.rules.lists import unique_keys
from osmo_cli.config.schemas.rules.numbers import is_number

_NO_LIMIT = -1
_Permission = Literal["PUBLIC", "POOL", "PRIVATE"]


class ActionPermissions60(ConfigModel):
    """Who may act on the workflows of other users, up to 6.0."""

    execute: _Permission = "PRIVATE"
    portforward: _Permission = "PRIVATE"
    cancel: _Permission = "PRIVATE"
    rsync: _Permission = "PRIVATE"


class PoolResource(ConfigModel):
    """Share of a resource; -1 is no limit."""

    guarantee: int = _NO_LIMIT
    maximum: int = _NO_LIMIT
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
    """A network level within which pods can be placed together."""

    key: str
    label: str


# Three pieces, since a version's own field is in the middle of the service's order.
class _PoolHead(ConfigModel):
    name: ReadOnlyText = ""
    description: str = ""
    status: Annotated[str | None, Field(json_schema_extra={"readOnly": True})] = None
    download_type: Literal["download"] | None = None
    enable_maintenance: bool = False
    backend: str
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
        # A check of the whole pool would not run if another field were wrong.
        name = info.data.get("default_platform")
        if name is not None and name not in value:
            message = "is not one of platforms"
            raise PydanticCustomError(UNKNOWN_PLATFORM, message, {"platform": name})
        return value


class Pool60(_PoolTail, _Permissions60):
    """A pool, up to 6.0."""


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


def _share(value: Any) -> Iterator[Finding]:
    if not isinstance(value, dict):
        return
    guarantee, maximum, weight = (value.get(key) for key in ("guarantee", "maximum", "weight"))
    for field, amount in (("guarantee", guarantee), ("maximum", maximum)):
        if is_number(amount) and amount < _NO_LIMIT:
            yield warning("is less than -1", "-1 is no limit", at=(field,))
    if is_number(weight) and weight < 0:
        yield warning("is less than 0", at=("weight",))
    if not (is_number(guarantee) and is_number(maximum)) or maximum <= _NO_LIMIT:
        return
    if guarantee > maximum:
        hint = "the pool cannot get what it is guaranteed"
        yield warning("is greater than maximum", hint, at=("guarantee",), beside=(("maximum",),))


def _platform_names(value: Any) -> Iterator[Finding]:
    # Only the route of a single platform checks the name, not that of the pool.
    for name in value if isinstance(value, dict) else ():
        if not POOL.is_name(name):
            yield warning("invalid platform name", NAME_RULE, at=(name,), at_key=True)


DEFINITION = Definition(
    models={"seed": Pool60, "6.2": Pool62, "6.3": Pool63},
    helm_section="pools",
    initial_names={"seed": frozenset({"default"})},
    checks=(
        *durations(*TIMEOUTS, or_empty=True),
        *timeout_limits(),
        *checks(
            _share, "`guarantee` is not greater than `maximum`; -1 is no limit", "resources.gpu"
        ),
        *checks(label_key, "the key of a label", "topology_keys.*.label"),
        *checks(unique_keys, "no duplicate `key`", "topology_keys"),
        *checks(_platform_names, "names, as of pools", "platforms"),
    ),
    references=(
        *references("BACKEND", "backend", unchecked=True),
        *references("GROUP_TEMPLATE", "common_group_templates.*"),
        *references("POD_TEMPLATE", "common_pod_template.*", "platforms.*.override_pod_template.*"),
        *references(
            "RESOURCE_VALIDATION",
            "common_resource_validations.*",
            "platforms.*.resource_validations.*",
        ),
    ),
    descriptions={
        **{
            field: f"{text} Empty: the value of WORKFLOW."
            for field, text in TIMEOUT_DESCRIPTIONS.items()
        },
        "name": "Name of the pool.",
        "description": "Purpose of the pool.",
        "status": "ONLINE, OFFLINE or MAINTENANCE.",
        "download_type": "How tasks get their data; null: the value of WORKFLOW.",
        "enable_maintenance": "Whether the pool is closed for maintenance.",
        "backend": "Name of the BACKEND that it runs on.",
        "default_platform": "Platform of tasks that name none; one of `platforms`.",
        "default_exit_actions": "Action for each exit code of a task.",
        "action_permissions": "Who may act on the workflows of other users.",
        "execute": "Who may run commands in a task.",
        "portforward": "Who may connect to the ports of a task.",
        "cancel": "Who may cancel a workflow.",
        "rsync": "Who may copy files from and to a task.",
        "resources": "Shares of the backend's resources.",
        "gpu": "Share of the GPUs; null for none.",
        "guarantee": "GPUs that are reserved for the pool; -1 for no limit.",
        "maximum": "GPUs that the pool may use; -1 for no limit.",
        "weight": "Weight of the pool when unused GPUs are divided.",
        "common_default_variables": "Values of variables in templates and validations.",
        "common_resource_validations": "Names of RESOURCE_VALIDATION items for all platforms.",
        "parsed_resource_validations": "The combined validations.",
        "common_pod_template": "Names of POD_TEMPLATE items, combined in this order.",
        "parsed_pod_template": "The combined pod templates.",
        "parsed_pod_template_for_accounting": "The pod templates, combined for accounting.",
        "common_group_templates": "Names of GROUP_TEMPLATE items that a group of tasks gets.",
        "parsed_group_templates": "The group templates with their variables filled in.",
        "topology_keys": "Network levels within which pods can be placed together.",
        "key": "Name of the level, used in workflows.",
        "label": "Node label whose value names the location.",
        "platforms": "Kinds of nodes, by name.",
        "platforms.*.description": "Description of the nodes.",
        "host_network_allowed": "Whether tasks may use the network of the node.",
        "privileged_allowed": "Whether tasks may run privileged.",
        "allowed_mounts": "Paths of the node that tasks may mount.",
        "default_mounts": "Paths of the node that tasks mount, from the templates.",
        "tolerations": "Tolerations of the pods, from the templates.",
        "labels": "Labels that a node must have, from the templates.",
        "default_variables": "Values of variables; they take precedence over those of the pool.",
        "resource_validations": "Names of RESOURCE_VALIDATION items in addition to the pool's.",
        "override_pod_template": "Names of POD_TEMPLATE items that override those of the pool.",
        "last_heartbeat": "Time of the backend's last heartbeat, UTC.",
    },
    keywords={
        **{name: {"pattern": DURATION_OR_EMPTY_PATTERN} for name in TIMEOUTS},
        "default_exec_timeout": {"pattern": DURATION_OR_EMPTY_PATTERN, "examples": ["24h"]},
        "common_default_variables": {"examples": [{"USER_CPU": 4, "USER_MEMORY": "16Gi"}]},
    },
)
