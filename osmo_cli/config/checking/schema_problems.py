"""What a schema says about an input: each error at its place, in our words, with a way out."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from osmo_cli.config.changes.merge import value_at
from osmo_cli.config.checking.pydantic_messages import error_text, is_about_kind
from osmo_cli.config.node_conditions import equivalent
from osmo_cli.config.problems import Path, Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.schemas.base import model_at, nearest_errors
from osmo_cli.config.schemas.kinds import (
    COSCHEDULING_BY_DEFAULT,
    UNKNOWN_KEY,
    UNKNOWN_PLATFORM,
)

MAX_TOLD = 500
"""How many problems with the schema one input is told; more take long and are read by nobody."""

_OF_TWO_FIELDS = {
    COSCHEDULING_BY_DEFAULT: "scheduler_type",
    UNKNOWN_PLATFORM: "platforms",
    UNKNOWN_KEY: "keys",
}
"""Errors that are about two fields, by kind: the field beside the one that they stand at."""


def schema_problems(
    document: Document, shape: Shape, wanted: Any, live: Any, *, offline: bool = False
) -> Iterator[Problem]:
    """Check `wanted` against the schema of `shape`.

    Args:
        document: the input; a problem is its own where it mentions the field.
        shape: what it is about.
        wanted: what is to be stored.
        live: what is stored.
        offline: what is stored is not known, and `wanted` is the input alone: what depends on
            the rest is a warning, or no problem where the service always has the rest.
    """
    try:
        shape.model().model_validate(wanted)
    except ValidationError as error:
        found = nearest_errors(shape.model(), error)
    else:
        return
    if len(found) > MAX_TOLD:
        message = f"{len(found) - MAX_TOLD:,} more problems that are not told"
        yield document.problem(message, (), hint="is this the right file?")
    other_form: set[Path] = set()
    for detail in found[:MAX_TOLD]:
        kind, path = detail["type"], tuple(detail["loc"])
        if kind == UNKNOWN_PLATFORM:
            path = (*path[:-1], "default_platform")
        # A check of the whole may be about one field of it.
        named = (*path, *str(detail.get("ctx", {}).get("field", "")).split("."))
        path = named if named in document.places else path
        if document.is_unresolved(path) and not is_about_kind(kind):
            continue  # the value that will stand there is not known
        mentioned = _is_mentioned(document, path, kind)
        if kind == "extra_forbidden":
            if not mentioned or _is_shown(live, path):
                continue  # a field that this service has and the schema does not know
            parent = path[:-1]
            if parent == ("node_conditions",) and _is_other_form(path, shape.dialect):
                if parent not in other_form:
                    other_form.add(parent)
                    yield _wrong_form(document, path, shape.dialect)
                continue
            yield _unknown_field(document, shape, path)
        elif mentioned and offline and _depends_on_stored(document, shape, path, kind):
            yield from _doubts(document, shape, path, detail)
        elif mentioned:
            message, hint = error_text(detail, path)
            yield document.problem(message, path, hint=hint)
        elif path[:1] and path[0] in document.value:
            message, hint = error_text(detail, path)
            yield Problem("the stored value is not valid: " + message, path=path, hint=hint)


def _is_mentioned(document: Document, path: Path, kind: str) -> bool:
    """Whether the input itself says what an error at `path` is about."""
    if path in document.places or _is_in_a_text(document, path):
        return True
    # A missing field is the input's fault where the input has the object around it, and a check
    # of two fields where it has the other one.
    if kind == "missing":
        return path[:-1] in document.places
    other = _OF_TWO_FIELDS.get(kind)
    return other is not None and (*path[:-1], other) in document.places


def _is_in_a_text(document: Document, path: Path) -> bool:
    """Whether the input has a text there that stands for an object, as a role's action may."""
    while path and path not in document.places:
        path = path[:-1]
    return bool(path) and isinstance(value_at(document.value, path), str)


def _depends_on_stored(document: Document, shape: Shape, path: Path, kind: str) -> bool:
    """Whether what is stored beside the input may make it right."""
    if kind == COSCHEDULING_BY_DEFAULT:
        return (*path[:-1], _OF_TWO_FIELDS[kind]) not in document.places
    if kind in (UNKNOWN_PLATFORM, UNKNOWN_KEY):
        return True
    given_whole = any(
        isinstance(step, int) or shape.is_one_value(path[:index]) for index, step in enumerate(path)
    )
    return kind == "missing" and not given_whole


def _doubts(
    document: Document, shape: Shape, path: Path, detail: ErrorDetails
) -> Iterator[Problem]:
    if detail["type"] != "missing":
        message, _ = error_text(detail, path)
        other = _OF_TWO_FIELDS[detail["type"]]
        hint = f"unless the stored {other} {'say' if other.endswith('s') else 'says'} otherwise"
    elif shape.has_items and len(path) == 1 + shape.is_map:
        message, hint = "this field is not given", "needed if the item is new"
    elif _is_always_there(shape.model(), path):
        return
    else:
        message, hint = "this field is not given", "needed if the service has none yet"
    yield document.problem(message, path, hint=hint, severity="warning")


def _is_always_there(model: type[BaseModel], path: Path) -> bool:
    """Whether all objects around `path` are required, so that the service has them."""
    for index, step in enumerate(path):
        parent = model_at(model, path[:index])
        field = parent.model_fields.get(str(step)) if parent else None
        if field is None or not field.is_required():
            return False
    return True


def _is_shown(live: Any, path: Path) -> bool:
    for step in path:
        if not isinstance(live, dict) or step not in live:
            return False
        live = live[step]
    return True


def _is_other_form(path: Path, dialect: Dialect) -> bool:
    return any(path[-1] in other.node_condition_fields for other in DIALECTS.values()) and (
        path[-1] not in dialect.node_condition_fields
    )


def _wrong_form(document: Document, path: Path, dialect: Dialect) -> Problem:
    fields = " and ".join(sorted(dialect.node_condition_fields - {"prefix"}))
    return document.problem(
        f"this service has {fields} in node_conditions instead, and would ignore this in silence",
        path,
        at_key=True,
        hint=equivalent(document.value["node_conditions"], dialect.node_condition_fields)
        or "there is no equivalent for these values",
    )


def _unknown_field(document: Document, shape: Shape, path: Path) -> Problem:
    name = str(path[-1])
    known = _fields_at(shape.model(), path[:-1])
    near = get_close_matches(name, known, n=1)
    hint = f'did you mean "{near[0]}"?' if near else "known fields: " + ", ".join(known)
    versions = [
        version for version, model in shape.models().items() if name in _fields_at(model, path[:-1])
    ]
    if versions:
        hint = f"it is known in {', '.join(versions)}: leave it out here"
    return document.problem("unknown field", path, at_key=True, hint=hint)


def _fields_at(model: type[BaseModel], path: Path) -> list[str]:
    found = model_at(model, path)
    return list(found.model_fields) if found else []
