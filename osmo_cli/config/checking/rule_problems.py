"""The checks of a type that apply to an input, and their findings, each at its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from osmo_cli.config.problems import Path, Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.registry.definition import Check
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.values import ABSENT, value_at


def rule_problems(
    document: Document,
    shape: Shape,
    wanted: Any,
    live: Any,
    wrong: Collection[Path],
    *,
    offline: bool = False,
) -> Iterator[Problem]:
    """Check the values that an input changes.

    Args:
        document: the input.
        shape: what it describes.
        wanted: the state to store, including what the input leaves out.
        live: the stored state; a value that is already stored is not checked.
        wrong: places that have an error already: they, and what is below, are skipped.
        offline: `wanted` is the input alone.
    """
    for check in shape.config_type.definition.checks:
        if not check.applies(shape.dialect) or (offline and check.whole):
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
    for finding in check.rule(value):
        at = (*path, *finding.at)
        parts = (at, *((*path, *other) for other in finding.beside))
        if any(document.is_unresolved(part) for part in parts):
            continue
        if any(part in document.places for part in parts):
            yield document.problem(
                finding.message,
                at,
                at_key=finding.at_key,
                hint=finding.hint,
                severity=finding.severity,
            )


def _pattern(check: Check, shape: Shape) -> Path | None:
    """Return the check's path within the shape, or None if it is outside of the shape."""
    if shape.is_map:
        return ("*", *check.path)
    of_items = shape.path_of_items if shape.name is not None else ()
    inside = check.path[: len(of_items)] == of_items
    return check.path[len(of_items) :] if inside else None


def _mentioned(value: Any, pattern: Path, at: Path = ()) -> Iterator[Path]:
    """Return the paths in an input that match a pattern."""
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
