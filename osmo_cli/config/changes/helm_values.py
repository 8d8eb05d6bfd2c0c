"""A change written as values of the service's Helm chart (api.md 5, 15).

In ConfigMap mode the service takes no writes: what it serves comes from a values file. Helm merges
maps and replaces all else, so the values hold what changes and nothing more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from osmo_cli.config.changes.merge import ABSENT, differences, value_at
from osmo_cli.config.problems import Path, path_text
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.secrets import CHANGED_SECRET, is_mask

_REMOVED = (
    "null takes away what the chart gives by default; of what only your own values give, "
    "delete the key"
)


@dataclass
class HelmValues:
    """What to put into a values file.

    Attributes:
        key: where all of it stands, e.g. `services.configs.backends.gpu-a.description`.
        values: the values from the top of the file; empty where none can make the change.
        notes: what else there is to do or to know, a sentence each.
    """

    key: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def helm_values(
    shape: Shape, before: Any, after: Any, secrets: Collection[Path] = ()
) -> HelmValues | None:
    """The values that make `after` of `before`.

    Args:
        shape: what the two are states of.
        before: what the service shows; `ABSENT` where there is no such item.
        after: what it shall be; `ABSENT` for an item that is to go.
        secrets: paths of the values in `after` that may not be shown.

    Returns:
        None for a service whose configuration cannot come from a chart.
    """
    root = shape.dialect.helm_root
    if root is None:
        return None
    found = HelmValues()
    keys: list[Path] = []
    config_type = shape.config_type
    section: Path = (*root.split("."), config_type.helm_section)
    if shape.name is not None and not config_type.is_by_item and config_type.wrapper:
        section = (*section, config_type.wrapper)
    for one in _objects(shape, before, after, secrets):
        top = (*section, one.shape.name) if one.shape.name is not None else section
        for path, value in _changes(one):
            at = (*top, *path)
            if path and path[0] in config_type.not_in_values:
                found.notes.append(f"{path_text(at)}: the service keeps this itself")
                continue
            keys.append(at)
            _put(found, at, value, [(*top, *secret) for secret in one.secrets])
    found.key = path_text(_common(keys or [section]))
    found.notes = list(dict.fromkeys(found.notes))
    return found


@dataclass(frozen=True)
class _Object:
    """One object of the section: an item, or the whole of a type without items."""

    shape: Shape
    before: Any
    after: Any
    secrets: tuple[Path, ...]


def _objects(shape: Shape, before: Any, after: Any, secrets: Collection[Path]) -> Iterator[_Object]:
    if shape.name is not None or not shape.config_type.is_by_item:
        yield _Object(shape, before, after, tuple(secrets))
        return
    then, now = (shape.config_type.items_in(state) for state in (before, after))
    for name in {**then, **now}:
        of_item = tuple(path[1:] for path in secrets if path[0] == name)
        item = replace(shape, name=name)
        yield _Object(item, then.get(name, ABSENT), now.get(name, ABSENT), of_item)


def _changes(one: _Object) -> Iterator[tuple[Path, Any]]:
    """The deepest places that change with their new values; null where one goes away."""
    before, after = (
        state if state is ABSENT else one.shape.editable(state) for state in (one.before, one.after)
    )
    # A new item is compared with nothing (`Target.live`), and given whole.
    for difference in differences(before or ABSENT, after):
        value = None if difference.after is ABSENT else _without_nulls(difference.after)
        if isinstance(value, dict) and not difference.path:
            left_out = one.shape.config_type.not_in_values
            value = {key: inner for key, inner in value.items() if key not in left_out}
        yield difference.path, value


def _without_nulls(value: Any) -> Any:
    """What is given anew without its nulls: to Helm they are no values."""
    if not isinstance(value, dict):
        return value
    return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}


def _put(found: HelmValues, at: Path, value: Any, secrets: Collection[Path]) -> None:
    """Set a value, with a Secret's name in place of what may not be shown."""
    if value is None:
        found.notes.append(_REMOVED)
    if at not in secrets and not is_mask(value):
        _set(found.values, at, deepcopy(value))
    hidden = {path for path in secrets if path[: len(at)] == at} | set(_masks(value, at))
    for path in sorted(hidden, key=str):
        _unset(found.values, path)
        parent, name = path[:-1], _secret_name(path[:-1])
        _set(found.values, (*parent, "secretName"), name)
        found.notes.append(
            f"{path_text(path)} comes from a Secret: make one called {name} with the key "
            f'"{path[-1]}", and name it in secretRefs'
        )
    if CHANGED_SECRET in str(value_at(found.values, at)):
        found.notes.append(f"{path_text(at)}: a value from elsewhere is not shown; write it there")


def _masks(value: Any, at: Path) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _masks(inner, (*at, key))
    elif is_mask(value):
        yield at


def _set(values: dict[str, Any], at: Path, value: Any) -> None:
    for step in at[:-1]:
        values = values.setdefault(str(step), {})
    values[str(at[-1])] = value


def _unset(values: dict[str, Any], at: Path) -> None:
    for step in at[:-1]:
        values = values.get(str(step), {})
    values.pop(str(at[-1]), None)


def _secret_name(path: Path) -> str:
    """A name for the Secret of an object: `osmo-workflow-data-credential`."""
    words = "-".join(str(step) for step in path[-2:])
    return "osmo-" + "".join(
        character if character.isalnum() else "-" for character in words.lower()
    ).strip("-")


def _common(paths: list[Path]) -> Path:
    first = paths[0]
    for length in range(len(first), 0, -1):
        if all(path[:length] == first[:length] for path in paths):
            return first[:length]
    return ()
