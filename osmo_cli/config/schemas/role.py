"""ROLE: what the holders of a role may do (api.md 3.9)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator
from pydantic_core import PydanticCustomError

from osmo_cli.config.schemas.base import ConfigModel, ReadOnlyFlag

METHODS = ("*", "get", "post", "put", "patch", "delete", "websocket")
BAD_ACTION, BAD_METHOD = "role_action", "role_method"


def _action(value: Any) -> Any:
    """`http:<path>:<method>` as the object that the service shows for it."""
    if not isinstance(value, str):
        return value
    base, _, rest = value.partition(":")
    path, _, method = rest.rpartition(":")
    if not (base and path and method):
        raise PydanticCustomError(BAD_ACTION, "an action looks like http:/api/workflow/*:Get")
    return {"base": base, "path": path, "method": method}


def _method(value: Any) -> Any:
    if isinstance(value, str):
        if value.lower() not in METHODS:
            there = {"known": ", ".join(method.capitalize() for method in METHODS)}
            raise PydanticCustomError(BAD_METHOD, "not a method; there are {known}", there)
        return value.capitalize()
    return value


class RoleAction60(ConfigModel):
    """Requests that are allowed; a path that begins with ! is denied."""

    base: str
    path: str
    method: Annotated[str, BeforeValidator(_method)]


class RolePolicy60(ConfigModel):
    """Actions that are allowed."""

    actions: list[Annotated[RoleAction60, BeforeValidator(_action)]]


class Role60(ConfigModel):
    """A role of the seed generation and of 6.0."""

    name: str
    description: str
    policies: list[RolePolicy60]
    immutable: ReadOnlyFlag = False


SCHEMAS: dict[str, type[BaseModel]] = {"seed": Role60, "6.0": Role60}
