"""What the schemas share: strictness, and the marks of secret and read-only fields."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

# pydantic looks through all installed packages for plugins of it, unless it is told not to.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


class ConfigModel(BaseModel):
    """Base of all schemas: no coercion, no unknown fields, no input in error texts."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        hide_input_in_errors=True,
        protected_namespaces=(),
        defer_build=True,
    )


SecretText = Annotated[str, Field(json_schema_extra={"writeOnly": True, "format": "password"})]
"""A field that the service masks (api.md 3.5)."""

_READ_ONLY = {"readOnly": True}
ReadOnlyText = Annotated[str, Field(json_schema_extra=dict(_READ_ONLY))]
"""A text that the service sets; input may hold it, and it is not sent."""
ReadOnlyFlag = Annotated[bool, Field(json_schema_extra=dict(_READ_ONLY))]
"""A flag that the service computes."""


def nested_model(annotation: Any) -> type[ConfigModel] | None:
    """The schema that a field's annotation holds directly or beside None, if any."""
    if isinstance(annotation, type) and issubclass(annotation, ConfigModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType):
        for part in get_args(annotation):
            if model := nested_model(part):
                return model
    return None


def map_value_model(annotation: Any) -> type[ConfigModel] | None:
    """The schema of the values where the annotation is a `dict[str, Model]`, if it is."""
    if get_origin(annotation) is dict:
        return nested_model(get_args(annotation)[1])
    return None


def is_secret(field: FieldInfo) -> bool:
    """Whether the service masks this field."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and extra.get("writeOnly") is True


def secret_paths(model: type[ConfigModel]) -> Iterator[tuple[str, ...]]:
    """Paths of the masked fields below `model`; `*` stands for any key of a map."""
    for name, field in model.model_fields.items():
        if is_secret(field):
            yield (name,)
        elif inner := nested_model(field.annotation):
            yield from ((name, *rest) for rest in secret_paths(inner))
        elif inner := map_value_model(field.annotation):
            yield from ((name, "*", *rest) for rest in secret_paths(inner))


def model_at(model: type[ConfigModel], path: Sequence[str | int]) -> type[ConfigModel] | None:
    """The schema of the object at `path` below `model`, or None where it is no object."""
    here: type[ConfigModel] | None = model
    steps = iter(path)
    for step in steps:
        field = here.model_fields.get(str(step)) if here else None
        if field is None:
            return None
        here = nested_model(field.annotation)
        if here is None and (here := map_value_model(field.annotation)):
            next(steps, None)
    return here


def field_path(model: type[ConfigModel], path: Sequence[str | int]) -> tuple[str, ...]:
    """`path` in the form of `secret_paths`: keys of maps are `*`."""
    pattern: list[str] = []
    for index, step in enumerate(path):
        parent = model_at(model, path[:index])
        pattern.append(str(step) if parent and str(step) in parent.model_fields else "*")
    return tuple(pattern)
