"""A service that answers what a test tells it: faults that the embedded service never gives."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.loopback import Request, Server


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int = 200
    body: bytes = b"null"
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})

    def wire(self) -> bytes:
        """The answer as it goes over the connection."""
        headers = {**self.headers, "content-length": str(len(self.body))}
        lines = [f"HTTP/1.1 {self.status} Status"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def json_reply(value: Any, status: int = 200) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(value).encode())


@contextmanager
def answering(
    answer: Callable[[str, str, bytes], Reply], tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """Serve on a free loopback port; `answer` gets method, path with query, and body."""

    def script(request: Request) -> bytes:
        return answer(request.method, request.target, request.body).wire()

    with Server(script, tls) as server:
        yield server
