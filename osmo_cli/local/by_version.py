"""Values that differ by version of the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from osmo_cli.config.registry.dialects import DIALECTS, Dialect

_Value = TypeVar("_Value")


def newest(dialect: Dialect, by_version: Mapping[str, _Value]) -> _Value:
    """Return the newest of several values that is not later than a dialect.

    Args:
        by_version: values by the name of the version that they came with.
    """
    names = list(DIALECTS)
    last = names.index(dialect.name) if dialect.name in names else len(names)
    known = [name for name in by_version if names.index(name) <= last]
    return by_version[max(known, key=names.index)]
