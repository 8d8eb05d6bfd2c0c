"""ROLE: what the holders of a role may do (docs/service/role.md#fields)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from osmo_cli.config.registry.definition import Definition, Finding, checks, warning
from osmo_cli.config.schemas.base import ConfigModel, ReadOnlyFlag

METHODS = ("*", "get", "post", "put", "patch", "delete", "websocket")
BAD_ACTION, BAD_METHOD = "role_action", "role_method"
BAD_SEMANTIC_ACTION = "role_semantic_action"


_BASE, _PATH, _METHOD = r"http", r"\*|(!?)/([^:]+)", r"\*|([a-zA-Z]+)"
_ACTION = re.compile(f"(?P<base>{_BASE}):(?P<path>{_PATH}):(?P<method>{_METHOD})")


def _action(value: Any) -> Any:
    """Return `http:<path>:<method>` as the object that the service shows for it."""
    if not isinstance(value, str):
        return value
    match = _ACTION.fullmatch(value)
    if match is None:
        raise PydanticCustomError(BAD_ACTION, "must be an action such as http:/PATH/*:Get")
    return match.groupdict()


def _method(value: Any) -> Any:
    if isinstance(value, str):
        if value.lower() not in METHODS:
            known = {"known": ", ".join(method.capitalize() for method in METHODS)}
            raise PydanticCustomError(BAD_METHOD, "must be one of {known}", known)
        return value.capitalize()
    return value


class RoleAction60(ConfigModel):
    """Requests that are allowed; a path that starts with ! is denied."""

    base: Annotated[str, Field(pattern=f"^(?P<base>{_BASE})$")]
    path: Annotated[str, Field(pattern=f"^(?P<path>({_PATH}))$")]
    method: Annotated[str, Field(pattern=f"^(?P<method>({_METHOD}))$"), BeforeValidator(_method)]


def _sorted(actions: list[RoleAction60]) -> list[RoleAction60]:
    return sorted(actions, key=lambda action: f"{action.base}:{action.path}:{action.method}")


_ActionText = Annotated[str, Field(pattern=f"^{_ACTION.pattern}$")]


class RolePolicy60(ConfigModel):
    """Actions that are allowed; the service keeps them sorted."""

    actions: Annotated[
        list[
            Annotated[
                RoleAction60,
                BeforeValidator(_action, json_schema_input_type=RoleAction60 | _ActionText),
            ]
        ],
        AfterValidator(_sorted),
    ]


class Role60(ConfigModel):
    """A role, up to 6.0."""

    name: str
    description: str
    policies: list[RolePolicy60]
    immutable: ReadOnlyFlag = False


SEMANTIC_ACTION = re.compile(r"(\*|[a-z]+):(\*|[A-Z][a-zA-Z]*)")


def _semantic_action(value: str) -> str:
    if not SEMANTIC_ACTION.fullmatch(value):
        raise PydanticCustomError(
            BAD_SEMANTIC_ACTION, "must be an action such as workflow:Create, config:* or *:*"
        )
    return value


class RolePolicy62(ConfigModel):
    """Actions that are allowed or denied on resources; the service keeps the actions sorted."""

    effect: Literal["Allow", "Deny"] = "Allow"
    actions: Annotated[
        list[Annotated[str, AfterValidator(_semantic_action)]], AfterValidator(sorted)
    ]
    resources: list[str] = Field(default_factory=list)


def _as_set(value: list[str] | None) -> list[str] | None:
    """Return the list as the service stores it (docs/service/role.md#external_roles)."""
    return value if value is None else sorted(set(value))


class Role62(ConfigModel):
    """A role from 6.2 on."""

    name: str
    description: str
    policies: list[RolePolicy62]
    immutable: ReadOnlyFlag = False
    sync_mode: Literal["force", "import", "ignore"] = "import"
    external_roles: Annotated[list[str] | None, AfterValidator(_as_set)] = None


def _resource_scope(value: Any) -> Iterator[Finding]:
    if isinstance(value, str) and value.startswith("config/") and value != value.lower():
        yield warning("config types are in lower case here", f'write "{value.lower()}"')


DEFINITION = Definition(
    models={"seed": Role60, "6.2": Role62},
    helm_section="roles",
    not_in_values=frozenset({"name"}),
    checks=(*checks(_resource_scope, "config types in lower case", "policies.*.resources.*"),),
    initial_names={
        "seed": frozenset({"osmo-admin", "osmo-backend", "osmo-ctrl", "osmo-default", "osmo-user"})
    },
    descriptions={
        "name": "Name of the role.",
        "description": "Purpose of the role.",
        "policies": "What the holders of the role may do.",
        "immutable": "Whether it is one of the service's own roles.",
        "effect": "Whether the actions are allowed or denied.",
        "actions": "Requests, or actions such as workflow:Create.",
        "resources": "Resources that it applies to, such as pool/NAME*; empty for all.",
        "base": "Kind of the action; always http.",
        "path": "Path of the request; * matches the rest, and a leading ! denies it.",
        "method": "Method of the request, in any case; * for all.",
        "sync_mode": "How roles from the identity provider are assigned.",
        "external_roles": "Names of the role at the identity provider; null keeps the stored ones.",
    },
)
