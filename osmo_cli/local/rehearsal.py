"""Faults of real services under load, for rehearsal: `osmo local serve --fault NAME`.

A new fault is a row of `FAULTS` and the class that its row makes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.errors import UsageError
from osmo_cli.local.request import Response

_OVERLAP_SECONDS = 0.1
"""How long a write takes at least, so that writes that are sent at once do overlap."""
_POOL_CLOSED = {
    "message": "Error: connection pool is closed",
    "error_code": "DATABASE",
    "workflow_id": None,
}


class Interceptor(Protocol):
    """Runs between requests and their handlers; called from several threads at once."""

    def __call__(self, method: str, respond: Callable[[], Response]) -> Response:
        """Answer a request, with or without calling its handler."""


class ParallelWrites:
    """Of writes that overlap only the first succeeds; every second of the others is stored.

    Source: docs/service/parallel-writes.md#failures-under-load.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writes = 0
        self._failures = 0

    def __call__(self, method: str, respond: Callable[[], Response]) -> Response:
        """Answer a request; 400 `DATABASE` while another write runs."""
        if method == "GET":
            response = respond()
            return self._failure() if self._writes > 1 else response
        with self._lock:
            self._writes += 1
            fails = self._writes > 1
            self._failures += fails
            is_stored = not fails or self._failures % 2 == 0
        try:
            response = respond() if is_stored else self._failure()
            time.sleep(_OVERLAP_SECONDS)
        finally:
            with self._lock:
                self._writes -= 1
        return self._failure() if fails else response

    @staticmethod
    def _failure() -> Response:
        return Response(_POOL_CLOSED, 400)


@dataclass(frozen=True)
class RehearsedFault:
    """A fault that the embedded service can have.

    Attributes:
        summary: what fails, in a few words.
        make: makes the interceptor of one service.
        is_of: whether services of a dialect have it.
    """

    summary: str
    make: Callable[[], Interceptor]
    is_of: Callable[[Dialect], bool]


FAULTS: dict[str, RehearsedFault] = {
    "parallel-writes": RehearsedFault(
        summary="writes that overlap fail with DATABASE, some after they were stored",
        make=ParallelWrites,
        is_of=lambda dialect: dialect.parallel_writes_fail,
    ),
}
"""Faults by the name that --fault takes."""


def find_fault(name: str, dialect: Dialect) -> RehearsedFault:
    """The fault of that name, for a service of `dialect`.

    Raises:
        UsageError: there is no such fault, or services of that dialect do not have it.
    """
    fault = FAULTS.get(name)
    if fault is None:
        known = ", ".join(f"{known} ({row.summary})" for known, row in FAULTS.items())
        raise UsageError(f'unknown fault "{name}"', hint=f"faults: {known}")
    if not fault.is_of(dialect):
        having = ", ".join(row.name for row in DIALECTS.values() if fault.is_of(row))
        raise UsageError(
            f'a service of version {dialect.name} does not have the fault "{name}"',
            hint=f"versions that have it: {having}",
        )
    return fault
