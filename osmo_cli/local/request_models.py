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

from pydantic import AfterValidator, BaseModel, ValidationInfo, create_model
from pydantic_core import PydanticCustomError

from osmo_cli.accounts.tokens import ISO_DURATION
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES

_Path = tuple[str, ...]
_DURATION = re.compile(r"-?\d+(d|h|m|s|ms|us)", re.ASCII)


def _duration(value: str) -> str:
    if not _DURATION.fullmatch(value):
        raise PydanticCustomError("not_a_duration", "not a duration")
    return value


def _any_duration(value: str, _: ValidationInfo) -> str:
    return value if ISO_DURATION.fullmatch(value) else _duration(value)


_Status = Literal["ONLINE", "OFFLINE", "MAINTENANCE"] | None
# By type and path: the annotation of the service's own field.
_OWN: Mapping[str, Mapping[_Path, Any]] = {
    "DATASET": {("buckets", "*", "mode"): str},
    "POOL": {("status",): _Status, ("last_heartbeat",): datetime | None},
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
        key, item = get_args(annotation)
        return GenericAlias(dict, (key, _replaced(item, path[1:], new)))
    field = annotation.model_fields[path[0]]
    default = ... if field.is_required() else field.get_default(call_default_factory=False)
    changed: dict[str, Any] = {path[0]: (_replaced(field.annotation, path[1:], new), default)}
    return create_model(annotation.__name__, __base__=annotation, **changed)
