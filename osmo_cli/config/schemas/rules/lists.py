"""Lists in which each entry may occur once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osmo_cli.config.registry.definition import Finding


def no_duplicates(value: Any) -> Iterator[Finding]:
    """Check that a string occurs once: the service refuses or drops the second one."""
    seen = set()
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, str):
            if item in seen:
                yield Finding("duplicate value", at=(index,))
            seen.add(item)


def unique_keys(value: Any) -> Iterator[Finding]:
    """Check that each object of a list has a `key` of its own."""
    seen = set()
    for index, item in enumerate(value if isinstance(value, list) else ()):
        key = item.get("key") if isinstance(item, dict) else None
        if isinstance(key, str):
            if key in seen:
                yield Finding("duplicate key", at=(index, "key"))
            seen.add(key)
