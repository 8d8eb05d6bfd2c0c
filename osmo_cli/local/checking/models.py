"""The schemas as the service itself has them, where they are looser or stricter than ours.

Ours say what is right to store; these say what a service accepts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, create_model
from pydantic_core import PydanticCustomError, PydanticKnownError

from osmo_cli.accounts.tokens import ISO_DURATION
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.local.faults import crash

_Path = tuple[str, ...]
_DURATION = re.compile(r"-?\d+(d|h|m|s|ms|us)", re.ASCII)


def _duration(value: str) -> str:
    if not _DURATION.fullmatch(value):
        raise PydanticCustomError("not_a_duration", "not a duration")
    return value


def _any_duration(value: str) -> str:
    return value if re.fullmatch(ISO_DURATION, value, re.ASCII) else _duration(value)


def _time(value: Any) -> Any:
    if isinstance(value, str):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            reason = {"error": "invalid character in year"}
            raise PydanticKnownError("datetime_from_date_parsing", reason) from None
    return value


def _actions(value: Any) -> Any:
    """The service iterates over what it gets, and takes a string for one action."""
    if value is None or isinstance(value, int | float):
        raise crash(f"'{type(value).__name__}' object is not iterable")
    return [value] if isinstance(value, str) else value


_Status = Literal["ONLINE", "OFFLINE", "MAINTENANCE"] | None
# By type and path: the annotation of the service's own field.
_OWN: Mapping[str, Mapping[_Path, Any]] = {
    "DATASET": {("buckets", "*", "mode"): str},
    "POOL": {
        ("status",): _Status,
        ("last_heartbeat",): Annotated[str | None, BeforeValidator(_time)],
    },
}


@cache
def stored_schema(config_type: str, dialect: str) -> type[BaseModel]:
    """Return the service's own model of one object of a type."""
    row = DIALECTS[dialect]
    schema = CONFIG_TYPES[config_type].schema(row)
    own = dict(_OWN.get(config_type, {}))
    if config_type == "SERVICE":
        check = _any_duration if row.iso_durations else _duration
        own["service_auth", "max_token_duration"] = Annotated[str, AfterValidator(check)]
    if config_type == "ROLE" and row.pydantic == 2 and row.semantic_roles:
        actions = schema.model_fields["policies"].annotation
        policy = get_args(actions)[0].model_fields["actions"]
        inner, checks = policy.annotation, policy.metadata
        own["policies", "*", "actions"] = Annotated[(inner, *checks, BeforeValidator(_actions))]
    for path, annotation in own.items():
        schema = _replaced(schema, path, annotation)
    return schema


def _replaced(annotation: Any, path: _Path, new: Any) -> Any:
    """Return an annotation in which the one at `path` is another."""
    if not path:
        return new
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        return Annotated[(_replaced(inner, path, new), *metadata)]
    if path[0] == "*":
        *key, item = get_args(annotation)
        return GenericAlias(get_origin(annotation), (*key, _replaced(item, path[1:], new)))
    field = annotation.model_fields[path[0]]
    default = ... if field.is_required() else field.get_default(call_default_factory=False)
    changed: dict[str, Any] = {path[0]: (_replaced(field.annotation, path[1:], new), default)}
    return create_model(annotation.__name__, __base__=annotation, **changed)
