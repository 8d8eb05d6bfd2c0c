"""Masking secrets in what the service shows (docs/service/secrets.md#masks)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.secrets import MASK

SEALED_EMPTY = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA..AAAAAAAAAAAAAAAAAAAAAA"
"""An empty secret as the service encrypts it.

The service does not decrypt it again, so that a secret that was never set looks like one that
was (docs/service/secrets.md#masks).
"""
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


def sealed(data: Any, config_type: str, dialect: Dialect) -> Any:
    """Return a copy of a type's configuration in which empty secrets are encrypted."""
    copy = deepcopy(data)
    for path in _secret_paths(config_type, dialect.name):
        for keys, parent in _places(copy, path):
            parent[keys[-1]] = parent[keys[-1]] or SEALED_EMPTY
    return copy


def mask(data: Any, config_type: str, dialect: Dialect) -> Any:
    """Return a copy of a type's configuration without its secrets; empty ones stay visible.

    A type that the service no longer has is not masked
    (docs/service/secrets.md#secrets-in-history).
    """
    if config_type not in dialect.config_types:
        return data
    paths = _secret_paths(config_type, dialect.name)
    if not paths:
        return data
    shown = deepcopy(data)
    for path in paths:
        for keys, parent in _places(shown, path):
            if parent[keys[-1]]:
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
    if config_type not in dialect.config_types:
        return
    for path in _secret_paths(config_type, dialect.name):
        for keys, parent in _places(shown, path):
            if parent[keys[-1]] == MASK and changed(keys):
                parent[keys[-1]] = MASK + remark
