"""What a schema says about an input: each error at its place, with a hint."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from osmo_cli.config.checking.pydantic_messages import error_text, is_type_error
from osmo_cli.config.problems import Path, Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.schemas.base import model_at, nearest_errors
from osmo_cli.config.schemas.kinds import (
    COSCHEDULING_BY_DEFAULT,
    UNKNOWN_KEY,
    UNKNOWN_PLATFORM,
)
from osmo_cli.config.values import ABSENT, same, value_at
from osmo_cli.quick_dataclass import dataclass

MAX_SHOWN = 500
"""How many problems with the schema are shown of one input; nobody reads more."""
MISSING = "this field is missing"

_OF_TWO_FIELDS = {
    COSCHEDULING_BY_DEFAULT: "scheduler_type",
    UNKNOWN_PLATFORM: "platforms",
    UNKNOWN_KEY: "keys",
}
"""Errors that are about two fields, by type: the field that the error is not at."""


def schema_problems(
    document: Document, shape: Shape, wanted: Any, live: Any, *, offline: bool = False
) -> Iterator[Problem]:
    """Check `wanted` against the schema of `shape`.

    A value that is stored already is not judged, whether it fits the schema or not: another
    version of the service may know forms that the schema does not.

    Args:
        document: the input; a problem is its own where it has the field.
        shape: what the input describes.
        wanted: the state to store.
        live: the stored state.
        offline: the stored state is not known, and `wanted` is the input alone: what depends on
            the rest is a warning, or no problem where the service always has the rest.
    """
    errors = validation_errors(shape.model(), wanted)
    if len(errors) > MAX_SHOWN:
        message = f"{len(errors) - MAX_SHOWN:,} more problems are not shown"
        yield document.problem(message, (), hint="is this the right file?")
    checked = _Input(document, shape, wanted, live, offline)
    for detail in errors[:MAX_SHOWN]:
        yield from checked.problems(detail)


def removal_problems(document: Document, shape: Shape, given: Any, live: Any) -> Iterator[Problem]:
    """Return a warning for each field that the input removes, and no such object has.

    The service takes it, and removes nothing.

    Args:
        document: the input.
        shape: what the input describes.
        given: the input, with `ABSENT` for each key that it removes.
        live: the stored state, or `ABSENT` if that is not known.
    """
    checked = _Input(document, shape, given, live, offline=live is ABSENT)
    for path in _removed(given, ()):
        fields = fields_at(shape.model(), path[:-1])
        if fields and path[-1] not in fields and not _is_shown(live, path):
            yield checked.unknown_field(path, severity="warning")


def _removed(given: Any, at: Path) -> Iterator[Path]:
    if given is ABSENT:
        yield at
    elif isinstance(given, dict):
        for key, value in given.items():
            yield from _removed(value, (*at, key))


def validation_errors(model: type[BaseModel], value: Any) -> list[ErrorDetails]:
    """Return what is wrong with a value, at its place in the value."""
    try:
        model.model_validate(value)
    except ValidationError as error:
        return nearest_errors(model, error)
    return []


@dataclass(frozen=True)
class _Input:
    document: Document
    shape: Shape
    wanted: Any
    live: Any
    offline: bool

    def problems(self, detail: ErrorDetails) -> Iterator[Problem]:
        """Return the problem that an error of the schema is for the input, if it is one."""
        error, path = detail["type"], self._path(detail)
        if self.document.is_unresolved(path) and not is_type_error(error):
            return  # the value is not known yet
        if not self._is_mentioned(path, error):
            is_form = error not in ("missing", "extra_forbidden")
            if is_form and path and path[:1] in self.document.places:
                message = "osmo does not know the stored form of this field; it is kept as it is"
                yield Problem(message, path=path, severity="warning")
            return
        if self._is_stored(path, error):
            return
        if error == "extra_forbidden":
            if not _is_shown(self.live, path) and not self._is_second_of_other_form(path):
                yield self.unknown_field(path)
        elif self._has_unknown_form(path, error):
            if error != "missing":
                message = "osmo does not know the stored form of this field; it is sent as it is"
                yield self.document.problem(message, path, severity="warning")
        elif self.offline and self._depends_on_stored(path, error):
            yield from self._doubts(path, detail)
        else:
            message, hint = error_text(detail, path)
            yield self.document.problem(message, path, hint=hint)

    def _path(self, detail: ErrorDetails) -> Path:
        path = tuple(detail["loc"])
        if detail["type"] == UNKNOWN_PLATFORM:
            return (*path[:-1], "default_platform")
        # A check of an object may be about one field of it.
        named = (*path, *str(detail.get("ctx", {}).get("field", "")).split("."))
        return named if named in self.document.places else path

    def _is_mentioned(self, path: Path, error: str) -> bool:
        """Whether the input contains the place of an error at `path`."""
        places = self.document.places
        if path in places or self._is_in_a_string(path):
            return True
        # A missing field is the input's fault where the input has the object around it, and an
        # error about two fields where it has the other one.
        if error == "missing":
            return path[:-1] in places
        other = _OF_TWO_FIELDS.get(error)
        return other is not None and (*path[:-1], other) in places

    def _is_in_a_string(self, path: Path) -> bool:
        """Whether the input has a string there that stands for an object, as of an action."""
        while path and path not in self.document.places:
            path = path[:-1]
        return bool(path) and isinstance(value_at(self.document.value, path), str)

    def _is_stored(self, path: Path, error: str) -> bool:
        """Whether the value at an error is stored as it is in the input."""
        if not self.live:
            return False
        places = [path[:-1] if error == "missing" else path]
        if other := _OF_TWO_FIELDS.get(error):
            places.append((*path[:-1], other))
        return all(
            value_at(self.live, place, ABSENT) is not ABSENT
            and same(value_at(self.live, place), value_at(self.wanted, place, ABSENT))
            for place in places
        )

    @cached_property
    def _misfits(self) -> dict[Path, str]:
        """Errors of the stored state, by path."""
        if self.offline or not self.live:
            return {}
        errors = validation_errors(self.shape.model(), self.live)
        return {tuple(detail["loc"]): detail["type"] for detail in errors}

    def _has_unknown_form(self, path: Path, error: str) -> bool:
        """Whether the stored value has the same error, being of the same JSON type."""
        if self._misfits.get(path) != error:
            return False
        if error == "missing":
            return not self.shape.is_one_value(path[:1] if self.shape.is_map else ())
        given, stored = value_at(self.wanted, path), value_at(self.live, path)
        return is_type_error(error) and type(given) is type(stored)

    def _is_second_of_other_form(self, path: Path) -> bool:
        """Whether another field of the object has a hint for all of its unknown fields."""
        essential = self.shape.config_type.definition.essential
        if path[self.shape.is_map :] not in essential:
            return False
        known = fields_at(self.shape.model(), path[:-1])
        siblings = value_at(self.document.value, path[:-1])
        first = next(
            name
            for name, value in siblings.items()
            if value and name not in known and (*path[self.shape.is_map : -1], name) in essential
        )
        return bool(first != path[-1])

    def _depends_on_stored(self, path: Path, error: str) -> bool:
        """Whether an error may disappear with what is stored beside the input."""
        if error == COSCHEDULING_BY_DEFAULT:
            return (*path[:-1], _OF_TWO_FIELDS[error]) not in self.document.places
        if error in (UNKNOWN_PLATFORM, UNKNOWN_KEY):
            return True
        given_whole = any(
            isinstance(step, int) or self.shape.is_one_value(path[:index])
            for index, step in enumerate(path)
        )
        return error == "missing" and not given_whole

    def _doubts(self, path: Path, detail: ErrorDetails) -> Iterator[Problem]:
        if detail["type"] != "missing":
            message, _ = error_text(detail, path)
            hint = f"unless the stored {_OF_TWO_FIELDS[detail['type']]} is compatible"
        elif self.shape.has_items and len(path) == 1 + self.shape.is_map:
            message, hint = MISSING, "required for a new item"
        elif _is_always_there(self.shape.model(), path):
            return
        else:
            message, hint = MISSING, "required if the service has none yet"
        yield self.document.problem(message, path, hint=hint, severity="warning")

    def unknown_field(self, path: Path, severity: Literal["error", "warning"] = "error") -> Problem:
        """Return the problem of a field that the schema does not have."""
        essential = self.shape.config_type.definition.essential
        if instead := essential.get(path[self.shape.is_map :]):
            message = f"{self.shape.dialect.name} does not have this field and would ignore it"
            hint = instead(value_at(self.document.value, path[:-1]), self.shape.dialect)
            return self.document.problem(message, path, at_key=True, hint=hint, severity=severity)
        known = [
            name
            for name in fields_at(self.shape.model(), path[:-1])
            if not self.shape.is_read_only((*path[:-1], name))
        ]
        near = get_close_matches(str(path[-1]), known, n=1)
        hint = f'did you mean "{near[0]}"?' if near else "known fields: " + ", ".join(known)
        message = "unknown field"
        return self.document.problem(message, path, at_key=True, hint=hint, severity=severity)


def _is_always_there(model: type[BaseModel], path: Path) -> bool:
    """Return whether all objects around `path` are required, so that the service has them."""
    for index, step in enumerate(path):
        parent = model_at(model, path[:index])
        field = parent.model_fields.get(str(step)) if parent else None
        if field is None or not field.is_required():
            return False
    return True


def _is_shown(live: Any, path: Path) -> bool:
    return value_at(live, path, ABSENT) is not ABSENT


def fields_at(model: type[BaseModel], path: Path) -> list[str]:
    """Return the fields of the object at `path`, or none."""
    there = model_at(model, path)
    return list(there.model_fields) if there else []
