"""The transport against real sockets: what is repeated, and when it gives up."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from osmo_cli.api import transport as transport_module
from osmo_cli.api.errors import (
    RateLimitedError,
    ServiceError,
    ServiceFailureError,
    UnreachableError,
)
from osmo_cli.api.transport import Transport
from tests.support.loopback import Server, always, answer, dripping, in_turn

OK = answer(200, '{"ok": true}')


@pytest.fixture(autouse=True)
def _no_long_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "_BACKOFF_SECONDS", 0.01)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_repeated(status: int) -> None:
    replies = in_turn(answer(status), answer(status), OK)
    with Server(replies) as server, Transport(server.url) as transport:
        assert transport.send("GET", "/api/x").json() == {"ok": True}
        assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 500])
def test_a_read_that_another_try_would_not_help_is_not_repeated(status: int) -> None:
    with Server(in_turn(answer(status), OK)) as server, Transport(server.url) as transport:
        with pytest.raises(ServiceError):
            transport.send("GET", "/api/x")
        assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_write_is_sent_exactly_once(method: str, status: int) -> None:
    replies = in_turn(answer(status, retry_after="0"), OK)
    with Server(replies) as server, Transport(server.url) as transport:
        with pytest.raises(ServiceError):
            transport.send(method, "/api/x", body={})
        assert len(server.requests) == 1


def test_a_write_whose_connection_breaks_is_sent_once_and_its_outcome_unknown() -> None:
    with Server(always(b"")) as server, Transport(server.url, timeout=0.3) as transport:
        with pytest.raises(UnreachableError) as caught:
            transport.send("POST", "/api/x", body={})
        assert len(server.requests) == 1
    assert caught.value.outcome_unknown


def test_retry_after_is_honoured() -> None:
    replies = in_turn(answer(503, retry_after="1"), OK)
    with Server(replies) as server, Transport(server.url) as transport:
        started = time.monotonic()
        assert transport.send("GET", "/api/x").json() == {"ok": True}
        assert time.monotonic() - started >= 1


def test_retry_after_as_a_date_is_honoured() -> None:
    when = formatdate(time.time() + 2, usegmt=True)
    replies = in_turn(answer(503, retry_after=when), OK)
    with Server(replies) as server, Transport(server.url) as transport:
        started = time.time()
        transport.send("GET", "/api/x")
        assert time.time() - started > 0.9


def test_a_long_wait_is_left_to_the_user() -> None:
    replies = in_turn(answer(429, retry_after="3600"), OK)
    with Server(replies) as server, Transport(server.url) as transport:
        started = time.monotonic()
        with pytest.raises(RateLimitedError) as caught:
            transport.send("GET", "/api/x")
        assert time.monotonic() - started < 60
        assert len(server.requests) == 1
    assert caught.value.hint == "try again in 3600 seconds"


@pytest.mark.parametrize("odd", ["soon", "-5", "\u00b2", "1.5", "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_an_odd_retry_after_is_ignored(odd: str) -> None:
    reply = answer(503).replace(b"\r\n", b"\r\nretry-after: " + odd.encode("latin-1") + b"\r\n", 1)
    with Server(in_turn(reply, OK)) as server, Transport(server.url) as transport:
        assert transport.send("GET", "/api/x").json() == {"ok": True}


BODY = b'{"padding": "' + b"x" * 200 + b'"}'


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(answer(200, BODY), id="from-the-first-header"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + BODY, id="body-to-the-end-of-the-connection"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 100,
            id="chunks",
        ),
    ],
)
def test_an_answer_that_drips_ends_at_the_time_limit(reply: bytes, method: str) -> None:
    with (
        Server(dripping(reply, 0.02)) as server,
        Transport(server.url, timeout=0.3) as transport,
    ):
        started = time.monotonic()
        with pytest.raises(UnreachableError, match=r"no complete answer within 0\.3 s") as caught:
            transport.send(method, "/api/x").json()
        assert time.monotonic() - started < 3  # the whole answer takes 5
    assert caught.value.outcome_unknown
    assert "--timeout" in (caught.value.hint or "")


def test_a_body_that_drips_behind_quick_headers_ends_at_the_time_limit() -> None:
    def pieces() -> Iterator[bytes]:
        head, body = b"HTTP/1.1 200 OK\r\n\r\n", b" " * 1000
        yield head
        for position in range(len(body)):
            time.sleep(0.02)
            yield body[position : position + 1]

    with (
        Server(lambda request: pieces()) as server,
        Transport(server.url, timeout=0.3) as transport,
        pytest.raises(UnreachableError, match=r"no complete answer within 0\.3 s"),
    ):
        transport.send("GET", "/api/x").json()


def test_the_limit_is_for_a_reused_connection_too() -> None:
    replies = iter([OK, None])

    def script(request: object) -> bytes | Iterator[bytes]:
        return next(replies) or dripping(answer(200, BODY), 0.02)(request)  # type: ignore[arg-type]

    with Server(script) as server, Transport(server.url, timeout=0.3) as transport:
        transport.send("GET", "/api/x")
        started = time.monotonic()
        with pytest.raises(UnreachableError):
            transport.send("POST", "/api/x", body={})
        assert time.monotonic() - started < 3  # the whole answer takes 5
        assert server.connections == 1


def test_a_server_that_never_answers() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Transport(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.4) as transport,
    ):
        started = time.monotonic()
        with pytest.raises(UnreachableError, match=r"no complete answer within 0\.4 seconds"):
            transport.send("GET", "/api/x")
        assert time.monotonic() - started < 20


def test_the_limit_is_for_all_attempts_together() -> None:
    with (
        Server(always(answer(503, retry_after="1"))) as server,
        Transport(server.url, timeout=1.5) as transport,
    ):
        started = time.monotonic()
        with pytest.raises(ServiceFailureError):
            transport.send("GET", "/api/x")
        assert time.monotonic() - started < 20
        assert len(server.requests) == 2  # a third would be after 2 seconds
