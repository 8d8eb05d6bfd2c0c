"""The rules of the table that apply to an input, and what they find, each at its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from osmo_cli.config.changes.merge import ABSENT, value_at
from osmo_cli.config.checking.rules.rule import Check
from osmo_cli.config.checking.rules.table import CHECKS
from osmo_cli.config.problems import Path, Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.registry.shape import Shape


def rule_problems(
    document: Document,
    shape: Shape,
    wanted: Any,
    live: Any,
    wrong: Collection[Path],
    *,
    offline: bool = False,
) -> Iterator[Problem]:
    """What the rules find in the values that an input mentions and that it changes.

    Args:
        document: the input.
        shape: what it is about.
        wanted: what is to be stored, with what the input does not mention.
        live: what is stored; a value that is stored so already is not checked.
        wrong: places of errors that have been found: there, and below, nothing more is said.
        offline: `wanted` is the input alone.
    """
    for check in CHECKS:
        if check.config_type != shape.config_type.name or not check.applies(shape.dialect):
            continue
        if offline and check.whole:
            continue
        pattern = _pattern(check, shape)
        for path in _mentioned(document.value, pattern) if pattern is not None else ():
            value = value_at(wanted, path, ABSENT)
            if value is ABSENT or value == value_at(live, path, ABSENT):
                continue
            if any(path[: len(place)] == place for place in wrong):
                continue
            yield from _findings(document, check, path, value)


def _findings(document: Document, check: Check, path: Path, value: Any) -> Iterator[Problem]:
    for found in check.rule(value):
        at = (*path, *found.at)
        parts = (at, *((*path, *other) for other in found.beside))
        if any(document.is_unresolved(part) for part in parts):
            continue
        if any(part in document.places for part in parts):
            yield document.problem(
                found.message, at, at_key=found.at_key, hint=found.hint, severity=found.severity
            )


def _pattern(check: Check, shape: Shape) -> Path | None:
    """The check's path within what the subject is, or None where it is about what is around it."""
    if shape.is_map:
        return ("*", *check.path)
    of_items = shape.path_of_items if shape.name is not None else ()
    inside = check.path[: len(of_items)] == of_items
    return check.path[len(of_items) :] if inside else None


def _mentioned(value: Any, pattern: Path, at: Path = ()) -> Iterator[Path]:
    """The paths in an input that a pattern fits."""
    if not pattern:
        yield at
        return
    step, rest = pattern[0], pattern[1:]
    if step != "*":
        if isinstance(value, dict) and step in value:
            yield from _mentioned(value[step], rest, (*at, step))
        return
    keys = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    for key in keys:
        yield from _mentioned(value[key], rest, (*at, key))
