"""A sample of the tests, so that `make test` stays short.

Most tests of the program run once for each version of the service. An ordinary run takes
`VERSIONS` of these for each test, chosen by a seed that changes from run to run, and of a test
with the marker `sample(n)` it takes n cases. `OSMO_TEST_ALL=1`, as CI sets it, takes everything,
also the long tests with the marker `thorough`. The seed is printed at the head of a run, and
`OSMO_TEST_SEED` repeats the choice. A run of named files is never sampled.
"""

from __future__ import annotations

import os
import random
import secrets
import zlib
from collections.abc import Iterable
from typing import TypeVar

import pytest

from osmo_cli.config.registry.dialects import Dialect
from tests.support.worlds import WORLDS

T = TypeVar("T")

ALL = bool(os.environ.get("OSMO_TEST_ALL"))
VERSIONS = 1
"""Number of versions of the service that a test runs for in an ordinary run."""


def seed() -> str:
    """Seed of this run, the same in each process of a parallel one."""
    return os.environ.setdefault("OSMO_TEST_SEED", secrets.token_hex(3))


def examples(number: int) -> int:
    """Return how many examples hypothesis tries: `number`, or an eighth in an ordinary run."""
    return number if ALL else max(number // 8, 4)


def some(values: Iterable[T], number: int) -> list[T]:
    """Return all values, or in an ordinary run `number` of them, by the seed and in their order."""
    everything = list(values)
    if ALL or len(everything) <= number:
        return everything
    chosen = set(random.Random(seed()).sample(range(len(everything)), number))
    return [value for index, value in enumerate(everything) if index in chosen]


def split(items: list[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests to run and those that only `OSMO_TEST_ALL=1` runs, each in its order."""
    groups: dict[tuple[str, int], list[pytest.Item]] = {}
    left = {item for item in items if item.get_closest_marker("thorough")}
    for item in items:
        if (group := _group(item)) is not None:
            groups.setdefault(group, []).append(item)
    for (_, number), members in groups.items():
        left.update(sorted(members, key=_rank)[number:])
    return [item for item in items if item not in left], [item for item in items if item in left]


def _rank(item: pytest.Item) -> int:
    """Return a number by which to choose; the tests of a file choose the same versions.

    They share a service of each version, and may build on one another.
    """
    what, versions = item.nodeid, _versions(item)
    if versions and not item.get_closest_marker("sample"):
        what = " ".join((item.nodeid.partition("::")[0], *versions))
    return zlib.crc32(f"{seed()} {what}".encode())


def _group(item: pytest.Item) -> tuple[str, int] | None:
    """Return what a test has in common with others, and how many of them to run; None: all."""
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return None
    if marker := item.get_closest_marker("sample"):
        return item.nodeid.partition("[")[0], marker.args[0]
    versions = _versions(item)
    key = item.nodeid
    for name in versions:
        key = key.replace(name, "*", 1)
    return (key, VERSIONS) if versions else None


def _versions(item: pytest.Item) -> list[str]:
    """Return the versions that a test runs for."""
    callspec = getattr(item, "callspec", None)
    values = callspec.params.values() if callspec else ()
    return [name for value in values if (name := _version(value))]


def _version(value: object) -> str | None:
    name = value.name if isinstance(value, Dialect) else value
    return name if isinstance(name, str) and name in WORLDS else None
