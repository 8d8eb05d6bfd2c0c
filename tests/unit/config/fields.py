"""Every field of a schema, with a value that is right and one that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, RootModel

from osmo_cli.config.problems import Path
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import ConfigType
from tests.unit.config.field_values import VALUES

ITEM = "one"
"""The name of the item that is checked, and of each entry of a map."""


@dataclass(frozen=True)
class FieldCase:
    """One field in one dialect: a document with `right`, and `wrong` for the same place."""

    config_type: ConfigType
    dialect: Dialect
    path: Path
    document: Any
    wrong: Any

    @property
    def name(self) -> str:
        """`workflow_data.credential.endpoint`; entries of maps and lists are `*`."""
        return ".".join("*" if step in (0, ITEM) else str(step) for step in self.path)


def forms(annotation: Any) -> list[Any]:
    """What a value may be, without Annotated, Optional and root models."""
    if get_origin(annotation) is Annotated:
        return forms(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [form for part in get_args(annotation) for form in forms(part)]
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return forms(annotation.model_fields["root"].annotation)
    return [] if annotation is type(None) else [annotation]


def is_model(form: Any) -> bool:
    return isinstance(form, type) and issubclass(form, BaseModel)


def _given(form: Any, at: str) -> tuple[Any, Any] | None:
    return VALUES.get(at) or VALUES.get(f"{at}:{getattr(form, '__name__', form)}")


def right_value(annotation: Any, at: str) -> Any:
    """The least value that an annotation takes; its required fields only."""
    form = forms(annotation)[0]
    if pair := _given(form, at):
        return pair[0]
    if is_model(form):
        return {
            name: right_value(field.annotation, f"{at}.{name}")
            for name, field in form.model_fields.items()
            if field.is_required()
        }
    if get_origin(form) is Literal:
        return get_args(form)[0]
    if get_origin(form) is list:
        return [right_value(get_args(form)[0], f"{at}.*")]
    if get_origin(form) is dict:
        return {ITEM: right_value(get_args(form)[1], f"{at}.*")}
    return {str: "text", int: 7, float: 1.5, bool: True, Any: "anything"}[form]


def wrong_value(annotation: Any, at: str) -> Any:
    """A value of another type, or of the right one that breaks a rule."""
    form = forms(annotation)[0]
    if pair := _given(form, at):
        return pair[1]
    if get_origin(form) is Literal:
        return "no such choice"
    if is_model(form) or get_origin(form) is dict:
        return "text"
    if get_origin(form) is list:
        return {}
    return {str: 5, int: "7", float: "1.5", bool: "true"}.get(form)


def cases(config_type: ConfigType, dialect: Dialect) -> Iterator[FieldCase]:
    """Each field of one object of the type."""
    model = config_type.schema(dialect)
    for path, annotation, document in _below(model, (), config_type.name):
        at = ".".join((config_type.name, *("*" if s in (0, ITEM) else str(s) for s in path)))
        wrong = wrong_value(annotation, at)
        yield FieldCase(config_type, dialect, path, document, wrong)


def _below(annotation: Any, at: Path, name: str) -> Iterator[tuple[Path, Any, Any]]:
    """Paths of the fields below `annotation`, each with a document that has a right value there."""
    seen: set[Any] = set()
    for form in forms(annotation):
        whole = right_value(form, name)
        if is_model(form):
            for field, info in form.model_fields.items():
                inner = f"{name}.{field}"
                if field in seen:
                    continue
                seen.add(field)
                value = right_value(info.annotation, inner)
                yield (*at, field), info.annotation, _put(whole, {field: value})
                for path, below, document in _below(info.annotation, (*at, field), inner):
                    yield path, below, _put(whole, {field: document})
        elif get_origin(form) in (list, dict):
            key, wrap = (0, list) if get_origin(form) is list else (ITEM, dict)
            part = get_args(form)[-1]
            for path, below, document in _below(part, (*at, key), f"{name}.*"):
                yield path, below, [document] if wrap is list else {ITEM: document}


def _put(whole: Any, more: dict[str, Any]) -> Any:
    return {**whole, **more} if isinstance(whole, dict) else more


def replaced(document: Any, path: Path, value: Any) -> Any:
    """`document` with `value` at `path`."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        assert isinstance(document, list)
        return [replaced(document[0], rest, value)]
    return document | {step: replaced(document.get(step), rest, value)}
