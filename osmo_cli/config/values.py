"""JSON values: finding a value by its path, replacing it, comparing two of them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from osmo_cli.config.problems import Path


class Absent(Enum):
    """The type of `ABSENT`; a member of an enumeration stays itself when it is copied."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "(absent)"


ABSENT: Final = Absent.ABSENT
"""Stands for a key that one of two objects does not have."""


def value_at(value: Any, path: Path, default: Any = None) -> Any:
    """Return the value at `path` in `value`, or `default` if there is no value."""
    for step in path:
        is_key = isinstance(value, dict) and step in value
        if not is_key and not (
            isinstance(value, list) and isinstance(step, int) and step < len(value)
        ):
            return default
        value = value[step]
    return value


def replaced(value: Any, path: Path, new: Any) -> Any:
    """Return a copy of `value` with `new` at `path`, which exists in it."""
    if not path:
        return new
    copied = value.copy()
    copied[path[0]] = replaced(value[path[0]], path[1:], new)
    return copied


def copied(value: Any) -> Any:
    """Return a copy of a JSON value; several times faster than `copy.deepcopy`."""
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value


def same(first: Any, second: Any) -> bool:
    """Whether two JSON values are equal; unlike in Python, true is not 1."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    # The service shows 30 as 30.0 in a field for fractions, so numbers compare by value.
    return bool(first == second)
