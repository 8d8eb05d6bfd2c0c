"""The embedded service behind a front that a test can make fail, on a loopback port.

The front is what stands between a client and a service: it may pass a request on or not, and
answer what it likes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from osmo_cli.local.transport import in_process_transport
from tests.support.loopback import Request, Server
from tests.support.loopback import answer as wire

Forward = Callable[[], bytes]
Front = Callable[[Request, Forward], "bytes | Iterator[bytes]"]
"""Answers a request; what it calls passes the request on and returns the service's answer."""


def pass_on(request: Request, forward: Forward) -> bytes:
    """The front that does nothing."""
    return forward()


@dataclass
class Fronted:
    """A service behind a front.

    Attributes:
        front: what answers.
    """

    front: Front = pass_on
    server: Server = field(init=False, repr=False)
    _inner: httpx.Client | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def url(self) -> str:
        return self.server.url

    def open(self, db: Path) -> None:
        """Take another database, after the one before is closed."""
        self.close()
        self._inner = httpx.Client(transport=in_process_transport(db), base_url="http://local")

    def close(self) -> None:
        with self._lock:
            if self._inner is not None:
                self._inner.close()
            self._inner = None

    def script(self, request: Request) -> bytes | Iterator[bytes]:
        return self.front(request, lambda: self._forward(request))

    def _forward(self, request: Request) -> bytes:
        with self._lock:
            if self._inner is None:
                return b""
            answer = self._inner.request(
                request.method, request.target, content=request.body, headers=request.headers
            )
        kind = answer.headers.get("content-type", "application/json")
        return wire(answer.status_code, answer.content, kind)

    def ask(
        self, path: str, query: dict[str, str] | None = None, method: str = "GET", body: Any = None
    ) -> Any:
        """What the service answers to a clean client; None where it has no such thing."""
        assert self._inner is not None
        headers = {"x-osmo-user": "admin"}
        with self._lock:
            answer = self._inner.request(method, path, params=query, headers=headers, json=body)
        return answer.json() if answer.status_code == 200 else None


@contextmanager
def fronted(db: Path, front: Front = pass_on) -> Iterator[Fronted]:
    """The embedded service on `db` behind a front, until the block ends."""
    service = Fronted(front)
    service.open(db)
    try:
        with Server(service.script) as service.server:
            yield service
    finally:
        service.close()
