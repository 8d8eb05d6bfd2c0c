"""Merging an input into the stored object, and comparing two states."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum
from typing import Any

from osmo_cli.config.problems import Path
from osmo_cli.config.values import ABSENT, copied, same
from osmo_cli.quick_dataclass import dataclass


class Mode(Enum):
    """What an input is: a part that is merged, the whole object, or the buffer of an editor."""

    MERGE = "merge"
    REPLACE = "replace"
    EDIT = "edit"


def merge_input(
    live: Any, given: Any, one_value: Callable[[Path], bool] = lambda path: False, at: Path = ()
) -> Any:
    """Merge `given` into `live`: objects merge at every depth, anything else replaces.

    Args:
        live: the stored value, at the path `at`.
        given: the input; `ABSENT` removes its key.
        one_value: whether the object at a path is replaced as a whole, as lists are.
    """
    if not isinstance(given, dict):
        return copied(given)
    merged = copied(live) if isinstance(live, dict) and not one_value(at) else {}
    for key, value in given.items():
        if value is ABSENT:
            merged.pop(key, None)
        else:
            merged[key] = merge_input(merged.get(key), value, one_value, (*at, key))
    return merged


@dataclass(frozen=True)
class Replacement:
    """What a whole object does to the fields that it leaves out.

    Attributes:
        default: the default of the field at a path, or `ABSENT`.
        kept: whether the field at a path keeps its value (read-only and secret fields, which the
            whole object does not show).
        protected: whether a stored value at a path keeps its value, although its default would
            lose what is in it.
        is_map_key: whether a path is that of a key of a map: left out, it goes away.
    """

    default: Callable[[Path], Any]
    kept: Callable[[Path], bool]
    protected: Callable[[Any, Path], bool] = lambda value, path: False
    is_map_key: Callable[[Path], bool] = lambda path: True


def replace_whole(live: Any, given: Any, replacement: Replacement, at: Path = ()) -> Any:
    """Take `given` as the whole object: what it leaves out goes back to its default, or goes away.

    Args:
        live: the stored value, at the path `at`.
        given: the whole object; `ABSENT` counts as left out.
        replacement: what to do with the fields that it leaves out.
    """
    if not (isinstance(live, dict) and isinstance(given, dict)):
        return merge_input(None, given)
    result: dict[str, Any] = {}
    for key, value in live.items():
        path = (*at, key)
        default = replacement.default(path)
        if given.get(key, ABSENT) is not ABSENT:
            result[key] = replace_whole(value, given[key], replacement, path)
        elif replacement.kept(path):
            result[key] = copied(value)
        else:
            # What is removed explicitly is not protected.
            protected = replacement.protected if key not in given else _nothing_protected
            if default is not ABSENT:
                rest = replace(replacement, protected=protected)
                result[key] = _reset(value, default, rest, path)
            elif protected(value, path) and not replacement.is_map_key(path):
                result[key] = copied(value)
    return result | {
        key: merge_input(None, value)
        for key, value in given.items()
        if key not in live and value is not ABSENT
    }


def _nothing_protected(value: Any, path: Path) -> bool:
    return False


def _reset(value: Any, default: Any, replacement: Replacement, at: Path) -> Any:
    """Return the default of a field that is left out, with what is kept of its stored value."""
    if not (isinstance(value, dict) and isinstance(default, dict)):
        return copied(value if replacement.protected(value, at) else default)
    result = {
        key: copied(inner) for key, inner in default.items() if not replacement.kept((*at, key))
    }
    for key, inner in value.items():
        path = (*at, key)
        if key in result:
            result[key] = _reset(inner, default[key], replacement, path)
        elif replacement.kept(path) or replacement.protected(inner, path):
            result[key] = copied(inner)
    return result


def fill_new_objects(live: Any, wanted: Any, stored: Any) -> Any:
    """Return `wanted` as the service will show it: normalised, and new objects with defaults.

    Nothing is added to an object that already exists: a service that does not show a field of the
    schema must not look changed.

    Args:
        live: the object before the change.
        wanted: the object to store.
        stored: `wanted` as the schema reads it, with every default.
    """
    if isinstance(wanted, dict) and isinstance(stored, dict):
        known = live if isinstance(live, dict) else {}
        filled = {
            key: fill_new_objects(known.get(key), value, stored[key]) if key in stored else value
            for key, value in wanted.items()
        }
        if not isinstance(live, dict):
            filled |= {key: value for key, value in stored.items() if key not in wanted}
        return filled
    return stored


@dataclass(frozen=True)
class Difference:
    """One value that differs; `ABSENT` for a missing key."""

    path: Path
    before: Any
    after: Any


def differences(before: Any, after: Any, at: Path = ()) -> Iterator[Difference]:
    """Return the deepest paths at which two objects differ; a list counts as one value."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), (*at, key))
    elif not same(before, after):
        yield Difference(at, before, after)
