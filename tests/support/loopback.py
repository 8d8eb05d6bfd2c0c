"""A real HTTP server on a loopback port for one test, with every answer written by the test."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

_CLOSE_SECONDS = 10.0


@dataclass
class Request:
    """What came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def answer(
    status: int, body: bytes | str = b"", content_type: str = "application/json", **headers: str
) -> bytes:
    """A whole answer as bytes; `_` in a header's name is written as `-`."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Status", f"content-type: {content_type}"]
    lines += [f"content-length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


Script = Callable[["Request"], "bytes | Iterator[bytes]"]


@dataclass
class Server:
    """Accepts connections until it is closed and answers each request by `script`.

    The script gives an answer's bytes, or pieces of it that are sent as they come. Behind pieces,
    and for no bytes at all, the connection is closed.
    """

    script: Script
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self.listener = socket.create_server(("127.0.0.1", 0))
        scheme = "https" if self.tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.listener.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.closing = threading.Event()
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + _CLOSE_SECONDS
        for thread in list(self._threads):
            thread.join(max(deadline - time.monotonic(), 0))
            assert not thread.is_alive(), "a thread of the test's server hangs"
        self.listener.close()

    def settle(self) -> None:
        """Wait until every request of clients that have ended is answered."""
        time.sleep(0.01)  # a connection that is not accepted yet
        for thread in self._threads[1:]:
            thread.join(_CLOSE_SECONDS)
            assert not thread.is_alive(), "a request of an ended client is not answered"

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        # What is no HTTP at all ends the connection too.
        faults = contextlib.suppress(OSError, ValueError)
        if self.tls:
            try:
                connection = self.tls.wrap_socket(connection, server_side=True)
            except OSError:
                return  # the client does not trust the certificate
            self._open.append(connection)
        with connection, connection.makefile("rb") as stream, faults:
            while (first := stream.readline()) and not self.closing.is_set():
                method, target, _ = first.decode("latin-1").split(" ")
                headers = {}
                while (line := stream.readline().decode("latin-1").strip()) != "":
                    name, value = line.split(":", 1)
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", "0")))
                request = Request(method, target, headers, body)
                self.requests.append(request)
                reply = self.script(request)
                for piece in [reply] if isinstance(reply, bytes) else reply:
                    connection.sendall(piece)
                    if self.closing.is_set():
                        return
                if not reply or not isinstance(reply, bytes):
                    return


def always(reply: bytes) -> Script:
    """The same answer to every request."""
    return lambda request: reply


def in_turn(*replies: bytes) -> Script:
    """One answer after the other; a request too many gets none."""
    remaining = iter(replies)
    return lambda request: next(remaining, b"")


def dripping(reply: bytes, seconds: float) -> Script:
    """The answer a byte at a time; then the connection is closed."""

    def pieces() -> Iterator[bytes]:
        for position in range(len(reply)):
            yield reply[position : position + 1]
            time.sleep(seconds)

    return lambda request: pieces()
