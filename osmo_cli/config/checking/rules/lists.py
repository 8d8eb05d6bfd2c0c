"""Lists in which nothing may stand twice, and names of one thing among others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osmo_cli.config.checking.rules.rule import Finding, warning
from osmo_cli.config.registry.types import NAME_RULE, POOL


def no_duplicates(value: Any) -> Iterator[Finding]:
    """Each text once: the service refuses or drops the second one."""
    seen = set()
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, str):
            if item in seen:
                yield Finding("stands in the list twice", at=(index,))
            seen.add(item)


def default_bucket(value: Any) -> Iterator[Finding]:
    """DATASET's `default_bucket` is one of its `buckets`; empty is none."""
    if not isinstance(value, dict):
        return
    name, buckets = value.get("default_bucket"), value.get("buckets")
    if isinstance(name, str) and name and isinstance(buckets, dict) and name not in buckets:
        yield warning("is not one of buckets", at=("default_bucket",), beside=(("buckets",),))


def one_key_each(value: Any) -> Iterator[Finding]:
    """POOL's `topology_keys` and the like: objects of which each has its own `key`."""
    seen = set()
    for index, item in enumerate(value if isinstance(value, list) else ()):
        key = item.get("key") if isinstance(item, dict) else None
        if isinstance(key, str):
            if key in seen:
                yield Finding("this key stands in the list twice", at=(index, "key"))
            seen.add(key)


def platform_names(value: Any) -> Iterator[Finding]:
    """POOL's `platforms` have names as pools have; in a pool the service may not look at them."""
    for name in value if isinstance(value, dict) else ():
        if not POOL.is_name(name):
            yield warning("cannot be the name of a platform", NAME_RULE, at=(name,), at_key=True)
