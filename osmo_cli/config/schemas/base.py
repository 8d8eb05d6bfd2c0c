"""Base of the schemas, the marks of secret and read-only fields, and how to walk a schema."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

# Without this pydantic searches all installed packages for plugins.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, RootModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, to_jsonable_python


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
"""A field that the service masks (docs/service/secrets.md#secret-fields)."""

_READ_ONLY = {"readOnly": True}
ReadOnlyText = Annotated[str, Field(json_schema_extra=dict(_READ_ONLY))]
"""A string that the service sets; an input may have it, and it is not sent."""
ReadOnlyObject = Annotated[dict[str, Any], Field(json_schema_extra=dict(_READ_ONLY))]
"""An object that the service computes."""
ReadOnlyList = Annotated[list[Any], Field(json_schema_extra=dict(_READ_ONLY))]
"""A list that the service computes."""
ReadOnlyFlag = Annotated[bool, Field(json_schema_extra=dict(_READ_ONLY))]
"""A boolean that the service computes."""


def bare(annotation: Any) -> Any:
    """Return `annotation` without Annotated and `| None`; for a root model, its root."""
    while True:
        if isinstance(annotation, type) and issubclass(annotation, RootModel):
            annotation = annotation.model_fields["root"].annotation
        elif get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, UnionType):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation


def _step(annotation: Any, step: str | int) -> Any:
    """Return the annotation of the value at one key or position, or None."""
    inner = bare(annotation)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        field = inner.model_fields.get(str(step))
        return field.annotation if field else None
    if get_origin(inner) is dict:
        return get_args(inner)[1]
    return get_args(inner)[0] if get_origin(inner) is list else None


def is_secret(field: FieldInfo) -> bool:
    """Return whether the service masks this field."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and extra.get("writeOnly") is True


def secret_paths(schema: Any) -> Iterator[tuple[str, ...]]:
    """Return the paths of the masked fields below a schema; `*` stands for any key of a map."""
    inner = bare(schema)
    if get_origin(inner) is dict:
        yield from (("*", *rest) for rest in secret_paths(get_args(inner)[1]))
    elif isinstance(inner, type) and issubclass(inner, BaseModel):
        for name, field in inner.model_fields.items():
            if is_secret(field):
                yield (name,)
            else:
                yield from ((name, *rest) for rest in secret_paths(field.annotation))


def model_at(schema: Any, path: Sequence[str | int]) -> type[BaseModel] | None:
    """Return the schema of the object at `path` below `schema`, or None if it is not an object."""
    here = schema
    for step in path:
        here = _step(here, step)
        if here is None:
            return None
    inner = bare(here)
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def field_path(schema: Any, path: Sequence[str | int]) -> tuple[str, ...]:
    """Return `path` in the form of `secret_paths`: keys of maps are `*`."""
    pattern: list[str] = []
    for index, step in enumerate(path):
        parent = model_at(schema, path[:index])
        pattern.append(str(step) if parent and str(step) in parent.model_fields else "*")
    return tuple(pattern)


def nearest_errors(schema: type[BaseModel], error: ValidationError) -> list[ErrorDetails]:
    """Return the errors at their places in the input.

    For an object that may have one of several forms, return the errors of the nearest form.
    """
    by_form: dict[tuple[str | int, ...], dict[str, list[ErrorDetails]]] = {}
    details = error.errors(include_url=False)
    for detail in details:
        at, form = _form_in(schema, detail["loc"])
        detail["loc"] = (*at, *detail["loc"][len(at) + bool(form) :])
        by_form.setdefault(at if form else detail["loc"], {}).setdefault(form, []).append(detail)
    kept = {id(detail) for forms in by_form.values() for detail in min(forms.values(), key=len)}
    return [detail for detail in details if id(detail) in kept]


def _form_in(schema: Any, loc: Sequence[str | int]) -> tuple[tuple[str | int, ...], str]:
    """Return where in `loc` the name of one of several forms is, and the name; or "" for none."""
    here = schema
    for index, step in enumerate(loc):
        names = [form.__name__ for form in _forms(here)]
        if len(names) > 1 and step in names:
            return tuple(loc[:index]), str(step)
        here = _step(here, step)
    return tuple(loc), ""


def _forms(annotation: Any) -> list[type[BaseModel]]:
    """Return the models of which an annotation allows one."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) not in (Union, UnionType):
        return []
    return [part for part in get_args(annotation) if isinstance(bare(part), type(BaseModel))]


def other_names(schema: Any, value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the paths in `value` of fields under an alias, each with the field's own name."""
    model = model_at(schema, at)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        yield from other_names(schema, inner, (*at, key))
    for name, field in model.model_fields.items() if model else ():
        if isinstance(field.validation_alias, AliasChoices) and name not in value:
            taken = [key for key in field.validation_alias.choices if key in value]
            yield from ((*at, str(key), name) for key in taken[:1])


def defaults(schema: type[BaseModel]) -> dict[str, Any]:
    """Return the optional fields of an object with their defaults."""
    if issubclass(schema, RootModel):
        return {}
    return {
        name: to_jsonable_python(field.get_default(call_default_factory=True, validated_data={}))
        for name, field in schema.model_fields.items()
        if not field.is_required()
    }
