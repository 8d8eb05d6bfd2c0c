"""Hiding secrets in what the service shows (api.md 3.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.secrets import MASK

_Path = tuple[str, ...]


@cache
def _secret_paths(config_type: str, dialect: str) -> tuple[_Path, ...]:
    from osmo_cli.config.registry.dialects import DIALECTS
    from osmo_cli.config.schemas.base import secret_paths

    if config_type not in DIALECTS[dialect].config_types:
        return ()  # the history of a type that is gone is sent in clear text
    return tuple(secret_paths(CONFIG_TYPES[config_type].schema(DIALECTS[dialect])))


def _places(data: Any, path: _Path) -> Iterator[tuple[_Path, dict[str, Any]]]:
    """Each object that holds the last key of `path`, with the keys that lead to the value."""
    if not isinstance(data, dict):
        return
    keys = list(data) if path[0] == "*" else [path[0]]
    for key in keys:
        if key not in data:
            continue
        if len(path) == 1:
            yield (key,), data
        else:
            for rest, parent in _places(data[key], path[1:]):
                yield (key, *rest), parent


def mask(data: Any, config_type: str, dialect: Dialect, *, show_empty: bool = False) -> Any:
    """A copy of a type's configuration without its secrets; an empty one is masked too.

    Args:
        show_empty: leave empty secrets as they are.
    """
    paths = _secret_paths(config_type, dialect.name)
    if not paths:
        return data
    shown = deepcopy(data)
    for path in paths:
        for keys, parent in _places(shown, path):
            if parent[keys[-1]] or not show_empty:
                parent[keys[-1]] = MASK
    return shown


def remark_changes(
    shown: Any,
    config_type: str,
    dialect: Dialect,
    remark: str,
    changed: Callable[[_Path], bool],
) -> None:
    """Put `remark` behind each mask in `shown` whose secret has changed."""
    for path in _secret_paths(config_type, dialect.name):
        for keys, parent in _places(shown, path):
            if parent[keys[-1]] == MASK and changed(keys):
                parent[keys[-1]] = MASK + remark
