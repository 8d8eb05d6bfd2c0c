"""What the schemas share: strictness, and the marks of secret and read-only fields."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

# pydantic looks through all installed packages for plugins of it, unless it is told not to.
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
"""A field that the service masks (api.md 3.5)."""

_READ_ONLY = {"readOnly": True}
ReadOnlyText = Annotated[str, Field(json_schema_extra=dict(_READ_ONLY))]
"""A text that the service sets; input may hold it, and it is not sent."""
ReadOnlyObject = Annotated[dict[str, Any], Field(json_schema_extra=dict(_READ_ONLY))]
"""An object that the service computes."""
ReadOnlyList = Annotated[list[Any], Field(json_schema_extra=dict(_READ_ONLY))]
"""A list that the service computes."""
ReadOnlyFlag = Annotated[bool, Field(json_schema_extra=dict(_READ_ONLY))]
"""A flag that the service computes."""


def _bare(annotation: Any) -> Any:
    """`annotation` without Annotated, without `| None`, and of a root model its root."""
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
    """The annotation of the value behind one key or position, or None where there is none."""
    bare = _bare(annotation)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        field = bare.model_fields.get(str(step))
        return field.annotation if field else None
    if get_origin(bare) is dict:
        return get_args(bare)[1]
    return get_args(bare)[0] if get_origin(bare) is list else None


def is_secret(field: FieldInfo) -> bool:
    """Whether the service masks this field."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and extra.get("writeOnly") is True


def secret_paths(schema: Any) -> Iterator[tuple[str, ...]]:
    """Paths of the masked fields below a schema; `*` stands for any key of a map."""
    bare = _bare(schema)
    if get_origin(bare) is dict:
        yield from (("*", *rest) for rest in secret_paths(get_args(bare)[1]))
    elif isinstance(bare, type) and issubclass(bare, BaseModel):
        for name, field in bare.model_fields.items():
            if is_secret(field):
                yield (name,)
            else:
                yield from ((name, *rest) for rest in secret_paths(field.annotation))


def model_at(schema: Any, path: Sequence[str | int]) -> type[BaseModel] | None:
    """The schema of the object at `path` below `schema`, or None where it is no object."""
    here = schema
    for step in path:
        here = _step(here, step)
        if here is None:
            return None
    bare = _bare(here)
    return bare if isinstance(bare, type) and issubclass(bare, BaseModel) else None


def field_path(schema: Any, path: Sequence[str | int]) -> tuple[str, ...]:
    """`path` in the form of `secret_paths`: keys of maps are `*`."""
    pattern: list[str] = []
    for index, step in enumerate(path):
        parent = model_at(schema, path[:index])
        pattern.append(str(step) if parent and str(step) in parent.model_fields else "*")
    return tuple(pattern)


def nearest_errors(schema: type[BaseModel], error: ValidationError) -> list[ErrorDetails]:
    """What is wrong, at its place in the input.

    Of an object that may have one of two forms: what keeps it from the form that it is nearest to.
    """
    by_form: dict[tuple[str | int, ...], dict[str, list[ErrorDetails]]] = {}
    found = error.errors(include_url=False)
    for detail in found:
        at, form = _form_in(schema, detail["loc"])
        detail["loc"] = (*at, *detail["loc"][len(at) + bool(form) :])
        by_form.setdefault(at if form else detail["loc"], {}).setdefault(form, []).append(detail)
    kept = {id(detail) for forms in by_form.values() for detail in min(forms.values(), key=len)}
    return [detail for detail in found if id(detail) in kept]


def _form_in(schema: Any, loc: Sequence[str | int]) -> tuple[tuple[str | int, ...], str]:
    """Where in `loc` the name of one of several forms stands, and the name; empty without one."""
    here = schema
    for index, step in enumerate(loc):
        names = [form.__name__ for form in _forms(here)]
        if len(names) > 1 and step in names:
            return tuple(loc[:index]), str(step)
        here = _step(here, step)
    return tuple(loc), ""


def _forms(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation permits beside each other."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) not in (Union, UnionType):
        return []
    return [part for part in get_args(annotation) if isinstance(_bare(part), type(BaseModel))]


def other_names(schema: Any, value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths in `value` of fields that stand under another name than their own, each with that."""
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
    """The fields of an object that may be left out, with what they are then."""
    if issubclass(schema, RootModel):
        return {}
    return {
        name: to_jsonable_python(field.get_default(call_default_factory=True, validated_data={}))
        for name, field in schema.model_fields.items()
        if not field.is_required()
    }
