"""ROLE: what the holders of a role may do (api.md 3.9)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from osmo_cli.config.schemas.base import ConfigModel, ReadOnlyFlag

METHODS = ("*", "get", "post", "put", "patch", "delete", "websocket")
BAD_ACTION, BAD_METHOD = "role_action", "role_method"
BAD_SEMANTIC_ACTION = "role_semantic_action"


_BASE, _PATH, _METHOD = r"http", r"\*|(!?)/([^:]+)", r"\*|([a-zA-Z]+)"
_ACTION = re.compile(f"(?P<base>{_BASE}):(?P<path>{_PATH}):(?P<method>{_METHOD})")


def _action(value: Any) -> Any:
    """`http:<path>:<method>` as the object that the service shows for it."""
    if not isinstance(value, str):
        return value
    found = _ACTION.fullmatch(value)
    if found is None:
        raise PydanticCustomError(BAD_ACTION, "an action looks like http:/PATH/*:Get")
    return found.groupdict()


def _method(value: Any) -> Any:
    if isinstance(value, str):
        if value.lower() not in METHODS:
            there = {"known": ", ".join(method.capitalize() for method in METHODS)}
            raise PydanticCustomError(BAD_METHOD, "not a method; there are {known}", there)
        return value.capitalize()
    return value


class RoleAction60(ConfigModel):
    """Requests that are allowed; a path that begins with ! is denied."""

    base: Annotated[str, Field(pattern=f"^(?P<base>{_BASE})$")]
    path: Annotated[str, Field(pattern=f"^(?P<path>({_PATH}))$")]
    method: Annotated[str, Field(pattern=f"^(?P<method>({_METHOD}))$"), BeforeValidator(_method)]


def _sorted(actions: list[RoleAction60]) -> list[RoleAction60]:
    return sorted(actions, key=lambda one: f"{one.base}:{one.path}:{one.method}")


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
    """A role of the seed generation and of 6.0."""

    name: str
    description: str
    policies: list[RolePolicy60]
    immutable: ReadOnlyFlag = False


SEMANTIC_ACTION = re.compile(r"(\*|[a-z]+):(\*|[A-Z][a-zA-Z]*)")


def _semantic_action(value: str) -> str:
    if not SEMANTIC_ACTION.fullmatch(value):
        raise PydanticCustomError(
            BAD_SEMANTIC_ACTION, "an action looks like workflow:Create, config:* or *:*"
        )
    return value


class RolePolicy62(ConfigModel):
    """Actions that are allowed or denied on resources; the actions are kept sorted."""

    effect: Literal["Allow", "Deny"] = "Allow"
    actions: Annotated[
        list[Annotated[str, AfterValidator(_semantic_action)]], AfterValidator(sorted)
    ]
    resources: list[str] = Field(default_factory=list)


class Role62(ConfigModel):
    """A role from 6.2 on."""

    name: str
    description: str
    policies: list[RolePolicy62]
    immutable: ReadOnlyFlag = False
    sync_mode: Annotated[
        Literal["force", "import", "ignore"],
        Field(description="What becomes of the roles that the identity provider names."),
    ] = "import"
    external_roles: Annotated[
        list[str] | None,
        Field(description="The provider's names of it; null keeps what there is."),
    ] = None


SCHEMAS: dict[str, type[BaseModel]] = {
    **dict.fromkeys(("seed", "6.0"), Role60),
    **dict.fromkeys(("6.2", "6.3", "6.4"), Role62),
}
