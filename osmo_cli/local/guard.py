"""What the service on a port accepts: requests of this machine's programs, within limits.

A page in a browser can send requests to a loopback port too, with the user's rights. It cannot
choose the headers Host, Origin and Referer, and it may only send bodies of the types of HTML forms
without asking first (https://fetch.spec.whatwg.org/#cors-protocol), which is never answered.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_BODY_BYTES = 32 * 1024 * 1024
"""An input file has at most 4 MiB, which JSON's escapes make up to six times as long."""
MAX_HEADER_BYTES = 64 * 1024
HEADER_SECONDS = 10.0
BODY_SECONDS = 30.0

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[^:\[\]@/?#\s]+))(?::\d{1,5})?", re.I)
_JSON_TYPE = re.compile(r"application/([\w.!#$&^-]+\+)?json[ \t]*(;.*)?", re.ASCII | re.I)
_OWN_SITES = ("same-origin", "none")
_LONGEST_QUOTE = 200

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes and times in seconds that a request may take."""

    body: int = MAX_BODY_BYTES
    headers: int = MAX_HEADER_BYTES
    header_seconds: float = HEADER_SECONDS
    body_seconds: float = BODY_SECONDS


class RefusedRequestError(Exception):
    """A request that is not passed on.

    Attributes:
        status: the answer's HTTP status.
        closes: the rest of the request is not read.
    """

    def __init__(self, status: HTTPStatus, message: str, *, closes: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.closes = closes

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Headers of the answer."""
        length = str(len(self.body())).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        return [*headers, (b"connection", b"close")] if self.closes else headers

    def body(self) -> bytes:
        """Body of the answer, in the form of the service's own errors."""
        return json.dumps({"message": str(self), "error_code": "OSMO_ERROR"}).encode()


class Guard:
    """An ASGI application that passes on only what may come in, with the whole body read."""

    def __init__(self, app: Any, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await self._accepted_body(scope["headers"], receive)
        except RefusedRequestError as refusal:
            start = {"status": refusal.status, "headers": refusal.headers()}
            await send({"type": "http.response.start", **start})
            await send({"type": "http.response.body", "body": refusal.body()})
            return
        except _DisconnectedError:
            return
        unread = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_body() -> Any:
            return unread.pop() if unread else await receive()

        await self._app(scope, receive_body, send)

    async def _accepted_body(self, lines: list[tuple[bytes, bytes]], receive: Receive) -> bytes:
        """Return the body of a request that may be passed on.

        Raises:
            RefusedRequestError: it may not. The body is read all the same, since a client that
                still sends may not see the answer.
            _DisconnectedError: the body is incomplete.
        """
        if sum(len(name) + len(value) for name, value in lines) > self._limits.headers:
            raise too_large_headers(self._limits.headers)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in lines}
        try:
            check_sender(headers)
            check_type(headers)
        except RefusedRequestError as refusal:
            await self._read(headers, receive)
            raise refusal from None
        return await self._read(headers, receive)

    async def _read(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        """Return the body; raises RefusedRequestError for one that is too large or too slow."""
        limit = self._limits.body
        if "expect" in headers and int(headers.get("content-length", "0")) > limit:
            raise _too_large_body(limit, closes=True)
        parts, size, more = [], 0, True
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _DisconnectedError
                    part, more = message.get("body", b""), message.get("more_body", False)
                    size += len(part)
                    if size > 2 * limit:
                        raise _too_large_body(limit, closes=True)
                    if size <= limit:
                        parts.append(part)
        except TimeoutError:
            raise _too_slow("body", self._limits.body_seconds) from None
        if size > limit:
            raise _too_large_body(limit, closes=False)
        return b"".join(parts)


class _DisconnectedError(Exception):
    """The client went away before its request was complete."""


def check_sender(headers: Mapping[str, str]) -> None:
    """Check that a program of this machine, or a page of the service itself, asks.

    Args:
        headers: by lower-case name.

    Raises:
        RefusedRequestError: it is a web page, or may be one.
    """
    host = headers.get("host", "")
    if not _is_loopback(host):
        # With DNS rebinding a page's own host name leads here.
        message = f"this service only answers for this machine, not for {_quoted(host)}"
        raise RefusedRequestError(HTTPStatus.MISDIRECTED_REQUEST, message)
    origin, referer = headers.get("origin"), headers.get("referer")
    site = headers.get("sec-fetch-site", "none")
    if origin is not None and origin.lower() != f"http://{host}".lower():
        raise _other_site("Origin", origin)
    if referer is not None and not _is_page_of(referer, host):
        raise _other_site("Referer", referer)
    if site not in _OWN_SITES:
        raise _other_site("Sec-Fetch-Site", site)


def check_type(headers: Mapping[str, str]) -> None:
    """Raise RefusedRequestError for a body that is not JSON; forms of web pages can send others.

    Args:
        headers: by lower-case name.
    """
    has_body = "transfer-encoding" in headers or headers.get("content-length", "0").strip("0")
    content_type = headers.get("content-type", "").strip()
    if (has_body or content_type) and not _JSON_TYPE.fullmatch(content_type):
        kind = _quoted(content_type) if content_type else "without a Content-Type"
        message = f"the body must be application/json, not {kind}"
        raise RefusedRequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)


def _is_loopback(host: str) -> bool:
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match["v6"] or match["name"].lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_page_of(referer: str, host: str) -> bool:
    try:
        page = urlsplit(referer)
    except ValueError:
        return False
    return page.scheme == "http" and page.netloc.lower() == host.lower()


def _other_site(header: str, value: str) -> RefusedRequestError:
    message = f"this service does not answer web pages of other sites ({header} {_quoted(value)})"
    return RefusedRequestError(HTTPStatus.FORBIDDEN, message)


def too_large_headers(limit: int) -> RefusedRequestError:
    """The refusal of headers larger than `limit` bytes."""
    message = f"the headers are larger than {limit >> 10} KiB"
    return RefusedRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, message, closes=True)


def _too_large_body(limit: int, *, closes: bool) -> RefusedRequestError:
    message = f"the body is larger than {limit >> 20} MiB"
    return RefusedRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message, closes=closes)


def _too_slow(part: str, seconds: float) -> RefusedRequestError:
    message = f"the {part} did not arrive within {seconds:g} seconds"
    return RefusedRequestError(HTTPStatus.REQUEST_TIMEOUT, message, closes=True)


def _quoted(value: str) -> str:
    return f'"{value[:_LONGEST_QUOTE]}"'


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with a time limit for headers, and with errors in JSON."""

    limits = Limits()
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the time limit of the first request's headers."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._watch_headers()

    def data_received(self, data: bytes) -> None:
        """Read a part of a request; the time limit runs until its headers are complete."""
        super().data_received(data)
        self._watch_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the time limit."""
        self._stop_watching()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Go on with the next request, part of which may have arrived."""
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._watch_headers()

    def send_400_response(self, msg: str) -> None:
        """Answer to what is not HTTP, or has headers without end."""
        error = sys.exception()
        if getattr(error, "error_status_hint", 400) == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            self._refuse(too_large_headers(self.limits.headers))
        else:
            self._refuse(
                RefusedRequestError(HTTPStatus.BAD_REQUEST, "invalid HTTP request", closes=True)
            )

    def _watch_headers(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._stop_watching()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(self.limits.header_seconds, self._end_headers)

    def _stop_watching(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _end_headers(self) -> None:
        self._refuse(_too_slow("headers", self.limits.header_seconds))

    def _refuse(self, refusal: RefusedRequestError) -> None:
        self._stop_watching()
        if self.transport.is_closing():
            return
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            start = h11.Response(
                status_code=refusal.status, headers=refusal.headers(), reason=refusal.status.phrase
            )
            for event in (start, h11.Data(data=refusal.body()), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
