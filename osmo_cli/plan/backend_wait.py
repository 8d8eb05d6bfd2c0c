"""Waiting until a backend is online, offline, or gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from osmo_cli.api.backends import find_backend
from osmo_cli.api.errors import RateLimitedError, ServiceFailureError, UnreachableError
from osmo_cli.backend.status import BackendStatus
from osmo_cli.errors import ExitCode, OsmoError

if TYPE_CHECKING:
    from osmo_cli.api.service import Service

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 5.0


class Condition(StrEnum):
    """What to wait for."""

    ONLINE = "online"
    OFFLINE = "offline"
    GONE = "gone"

    def holds(self, backend: BackendStatus | None) -> bool:
        """Whether it holds for a backend; None is one that is not registered."""
        if backend is None:
            return self is Condition.GONE
        return {
            Condition.ONLINE: backend.connected,
            Condition.OFFLINE: not backend.online,
            Condition.GONE: False,
        }[self]


class WaitTimeoutError(OsmoError):
    """The time limit ended before the condition held (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE


def wait_for(
    service: Service,
    name: str,
    condition: Condition,
    seconds: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> BackendStatus | None:
    """Look at a backend until the condition holds, at least once; return its status.

    A service that fails or does not answer is asked again.

    Args:
        service: the service.
        name: the backend.
        condition: what to wait for.
        seconds: time limit.
        sleep: waits between looks.
        clock: the time in seconds.

    Raises:
        WaitTimeoutError: the time limit ended; says what was seen last.
        OsmoError: the service refused to answer.
    """
    end = clock() + seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        seen = ""
        try:
            backend = find_backend(service.configs, name)
            if condition.holds(backend):
                return backend
            seen = _state(backend)
        except (UnreachableError, ServiceFailureError, RateLimitedError) as error:
            seen = error.message
        left = end - clock()
        if left <= 0:
            raise WaitTimeoutError(
                f"backend {name} is not {condition.value} after {_length(seconds)}: {seen}",
                hint=_HINTS[condition],
            )
        sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


_HINTS = {
    Condition.ONLINE: "look at the logs of the operator's pods: `kubectl logs --namespace "
    "NAMESPACE deployment/osmo-operator-osmo-backend-listener`",
    Condition.OFFLINE: "a backend goes offline two minutes after its operator's last heartbeat",
    Condition.GONE: "`osmo backend deregister NAME` deletes it",
}


def _state(backend: BackendStatus | None) -> str:
    if backend is None:
        return "it is not registered"
    if backend.online and not backend.connected:
        return "it is configured, but its operator has never connected"
    return "it is online" if backend.online else "it is offline"


def _length(seconds: float) -> str:
    whole = int(seconds)
    if whole >= 60 and whole % 60 == 0:
        return f"{whole // 60} min"
    return f"{seconds:g} s"
