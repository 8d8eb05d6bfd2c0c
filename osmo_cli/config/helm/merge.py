"""Helm's merge of values (docs/service/helm-values.md#merging)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from osmo_cli.config.problems import Path


def merge_files(files: Sequence[Any]) -> dict[str, Any]:
    """Merge values files in the order of `-f`: maps by key, and anything else replaces.

    A null of a file stays, until a later file has a value there.
    """
    merged: dict[str, Any] = {}
    for values in files:
        _merge(merged, values or {})
    return merged


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = deepcopy(value)


def over_defaults(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Lay values over a chart's defaults: null removes a default, and stays anywhere else."""
    result: dict[str, Any] = {}
    for key in [*defaults, *(key for key in values if key not in defaults)]:
        if key not in values:
            result[key] = deepcopy(defaults[key])
        elif key not in defaults:
            result[key] = deepcopy(values[key])
        elif isinstance(values[key], Mapping) and isinstance(defaults[key], Mapping):
            result[key] = over_defaults(values[key], defaults[key])
        elif values[key] is not None:
            result[key] = deepcopy(values[key])
    return result


def replaced_maps(
    values: Mapping[str, Any], defaults: Mapping[str, Any], at: Path = ()
) -> Iterator[Path]:
    """Return the paths at which values hold something else where the defaults hold a map.

    Helm prints a warning on stderr, and goes on with what the values hold.
    """
    for key, value in values.items():
        if isinstance(default := defaults.get(key), Mapping):
            if isinstance(value, Mapping):
                yield from replaced_maps(value, default, (*at, key))
            elif value is not None:
                yield (*at, key)
