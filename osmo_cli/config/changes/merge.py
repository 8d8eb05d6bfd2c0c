"""What a configuration becomes when an input is laid over it, and where two states differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from osmo_cli.config.problems import Path
from osmo_cli.config.values import ABSENT as ABSENT
from osmo_cli.config.values import replaced as replaced
from osmo_cli.config.values import same as same
from osmo_cli.config.values import value_at as value_at


def merge_input(
    live: Any, given: Any, one_value: Callable[[Path], bool] = lambda path: False, at: Path = ()
) -> Any:
    """Lay `given` over `live`: objects merge at every depth, anything else replaces.

    What `given` does not mention stays; a list is one value (design: How a write works), and
    so is a map at a path for which `one_value` is true. `at` is the path of `live` itself.
    """
    if not (isinstance(live, dict) and isinstance(given, dict)) or one_value(at):
        return deepcopy(given)
    merged = deepcopy(live)
    for key, value in given.items():
        merged[key] = merge_input(live.get(key), value, one_value, (*at, key))
    return merged


def replace_whole(live: Any, buffer: Any, kept: Callable[[Path], bool], default: Any) -> Any:
    """Take `buffer` as the whole object: what it lacks goes back to its default, or goes away.

    Args:
        live: the stored object.
        buffer: the object as edited.
        kept: whether a path that the buffer leaves out stays as it is (read-only and secret
            fields, which the buffer never showed).
        default: the schema's default object; a field that it has goes back to it.
    """
    return _replace(live, buffer, kept, default, ())


def _replace(live: Any, buffer: Any, kept: Callable[[Path], bool], default: Any, at: Path) -> Any:
    if not (isinstance(live, dict) and isinstance(buffer, dict)):
        return deepcopy(buffer)
    fallback = default if isinstance(default, dict) else {}
    result: dict[str, Any] = {}
    for key, value in live.items():
        path = (*at, key)
        if key in buffer:
            result[key] = _replace(value, buffer[key], kept, fallback.get(key), path)
        elif kept(path):
            result[key] = deepcopy(value)
        elif key in fallback:
            # Below a field that goes back to its default, secrets stay what they are.
            default_shown = _without_kept(fallback[key], kept, path)
            result[key] = _replace(value, default_shown, kept, fallback[key], path)
    result |= {key: deepcopy(value) for key, value in buffer.items() if key not in live}
    return result


def _without_kept(value: Any, kept: Callable[[Path], bool], at: Path) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        key: _without_kept(inner, kept, (*at, key))
        for key, inner in value.items()
        if not kept((*at, key))
    }


def fill_new_objects(live: Any, wanted: Any, stored: Any) -> Any:
    """`wanted` as the service will show it: normalised, and with defaults where it is new.

    Args:
        live: the object before the change.
        wanted: the object that is to be stored.
        stored: `wanted` as the schema reads it back, every default filled in.

    In an object that exists already nothing is added: a service that does not show a field of
    the schema shall not look changed.
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
    """One value that differs; `ABSENT` where the key is not there."""

    path: Path
    before: Any
    after: Any


def differences(before: Any, after: Any, at: Path = ()) -> Iterator[Difference]:
    """The deepest places at which two objects differ; a list counts as one value."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), (*at, key))
    elif not same(before, after):
        yield Difference(at, before, after)
