"""The transport against real sockets: answers, errors, redirects, and what it never does."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from osmo_cli import __version__
from osmo_cli.api import bodies
from osmo_cli.api.errors import (
    ForbiddenError,
    ManagedElsewhereError,
    RateLimitedError,
    RefusedError,
    RouteNotFoundError,
    ServiceError,
    ServiceFailureError,
    SubmissionRefusedError,
    UnauthorizedError,
    UnexpectedAnswerError,
    UnreachableError,
)
from osmo_cli.api.transport import Exchange, Transport
from osmo_cli.api.urls import build_path
from osmo_cli.credentials.network import Network
from osmo_cli.errors import ExitCode, OsmoError, UsageError
from tests.support.loopback import Server, always, answer, dripping, in_turn

OK = answer(200, '{"ok": true}')


def refused(path: str = "/api/x", method: str = "GET", *, reply: bytes) -> OsmoError:
    with (
        Server(always(reply)) as server,
        Transport(server.url, timeout=5) as transport,
        pytest.raises(OsmoError) as caught,
    ):
        transport.send(method, path).json()
    return caught.value


def test_a_redirect_names_its_target_and_is_not_followed() -> None:
    with Server(always(OK)) as other:
        target = f"{other.url}/login?state=s3cret#part"
        reply = answer(302, location=target)
        with Server(always(reply)) as server, Transport(server.url) as transport:
            with pytest.raises(UnexpectedAnswerError) as caught:
                transport.send("GET", "/api/x", query=[("access_token", "s3cret")])
            assert len(server.requests) == 1
        assert other.connections == 0
    message = str(caught.value)
    assert message == (
        f"GET /api/x was redirected to {other.url}/login; redirects are not followed"
    )
    assert caught.value.exit_code is ExitCode.SERVICE_FAILURE


def test_a_redirect_s_password_is_not_shown() -> None:
    error = refused(reply=answer(307, location="https://user:s3cret@idp.example/x"))
    assert "redirected to https://idp.example/x;" in error.message


@pytest.mark.parametrize("location", [None, "", "/login", "http://[bad", "//"])
def test_an_odd_redirect_is_an_error_too(location: str | None) -> None:
    headers = {} if location is None else {"location": location}
    assert "redirects are not followed" in refused(reply=answer(301, **headers)).message


@pytest.mark.parametrize("body", ["<html>log in</html>", "", "not json", '{"cut": ', b"\xff\xfe"])
def test_an_answer_that_is_no_json(body: str | bytes) -> None:
    error = refused(reply=answer(200, body, "text/html; charset=utf-8"))
    assert isinstance(error, UnexpectedAnswerError)
    assert error.message == "GET /api/x answered 200 with text/html, not JSON"
    assert error.exit_code is ExitCode.SERVICE_FAILURE
    assert error.hint


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("[" * 100_000, "100 levels of nesting"),
        ("[" * 101 + "]" * 101, "100 levels of nesting"),
        ('{"a":' * 300 + "1" + "}" * 300, "100 levels of nesting"),
        ("[" + "0," * 2_000_000 + "0]", "2,000,000 values"),
        ("[" + "{}," * 1_000_001 + "0]", "2,000,000 values"),
        ('{"a": NaN}', "not JSON: NaN"),
        ("[-Infinity]", "not JSON: -Infinity"),
        ('{"a": 1e400}', "a number that is too large"),
        ("[" + "9" * 5000 + "]", "not JSON"),
        (r'{"a": "\ud800"}', "not JSON"),
        (r'{"\udfff": 1}', "not JSON"),
        (b'{"a": "\xed\xa0\x80"}', "not JSON"),
        ('{"a": 1}'.encode("utf-16"), "not JSON"),
    ],
)
def test_json_that_no_service_sends(body: str | bytes, reason: str) -> None:
    error = refused(reply=answer(200, body))
    assert isinstance(error, UnexpectedAnswerError)
    assert reason in error.message


def test_json_up_to_the_limits_is_read() -> None:
    texts = ["[" * 100 + "]" * 100, r'["\ud83d\ude00 \u00e4"]', '\ufeff{"a": -1.5e300}']
    replies = in_turn(*(answer(200, text) for text in texts))
    with Server(replies) as server, Transport(server.url) as transport:
        read = [transport.send("GET", "/api/x").json() for _ in texts]
    assert read[1:] == [["\U0001f600 \u00e4"], {"a": -1.5e300}]


def _packed(*encodings: str, size: int = 200 << 20) -> bytes:
    """Zeros of the size, encoded in turn."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    zeros = bytes(1 << 20)
    body = b"".join(packer.compress(zeros) for _ in range(size >> 20)) + packer.flush()
    for _ in encodings[1:]:
        body = gzip.compress(body)
    return answer(200, body, content_encoding=", ".join(encodings))


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (partial(_packed, "gzip"), "more than 64 MiB"),
        (partial(_packed, "gzip", "gzip"), 'content-encoding "gzip, gzip"'),
        (partial(_packed, "gzip", "gzip", "gzip"), "which was not asked for"),
        (answer(200, zlib.compress(b"{}"), content_encoding="deflate"), '"deflate"'),
        (answer(200, b"{}", content_encoding="br"), '"br"'),
        (answer(200, b"{}", content_encoding="identity, gzip"), '"identity, gzip"'),
        (answer(200, b"{}", content_encoding="gzip"), "broken gzip"),
        (answer(200, gzip.compress(b"{}")[:-4], content_encoding="gzip"), "incomplete gzip"),
    ],
)
def test_packed_answers_are_bounded(reply: bytes | Callable[[], bytes], reason: str) -> None:
    content = reply if isinstance(reply, bytes) else reply()
    tracemalloc.start()
    try:
        error = refused(reply=content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(error, UnexpectedAnswerError)
    assert reason in error.message
    assert peak < 200 << 20


@pytest.mark.parametrize("name", ["gzip", "GZIP", " x-gzip "])
def test_a_packed_answer_is_unpacked(name: str) -> None:
    reply = answer(200, gzip.compress(b'{"a": 1}'), content_encoding=name)
    with Server(always(reply)) as server, Transport(server.url) as transport:
        assert transport.send("GET", "/api/x").json() == {"a": 1}
    assert server.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("value", ["9" * 5000, "99999999999", "Fri, 31 Dec 99999 23:59:59 GMT"])
def test_a_wait_without_end_is_not_advised(value: str) -> None:
    error = refused(reply=answer(429, "{}", retry_after=value))
    assert error.hint == "try again"


USER_ERROR = '{"message": "told why", "error_code": "%s", "workflow_id": null}'


@pytest.mark.parametrize(
    ("status", "body", "kind", "exit_code"),
    [
        (400, USER_ERROR % "USER", RefusedError, 2),
        (400, USER_ERROR % "USAGE", SubmissionRefusedError, 1),
        (400, USER_ERROR % "RESOURCE", SubmissionRefusedError, 1),
        (400, USER_ERROR % "DATABASE", ServiceFailureError, 10),
        (401, "Jwt is expired", UnauthorizedError, 4),
        (403, '{"message":"Forbidden","error_code":403}', ForbiddenError, 4),
        (403, "access denied", ForbiddenError, 4),
        (404, '{"detail":"Not Found"}', RouteNotFoundError, 2),
        (405, '{"detail":"Method Not Allowed"}', RouteNotFoundError, 2),
        (409, USER_ERROR % "USER", ManagedElsewhereError, 6),
        (422, '{"detail":[]}', RefusedError, 2),
        (429, "", RateLimitedError, 75),
        (500, '{"message":"Internal server error: x"}', ServiceFailureError, 10),
        (503, "<html>no healthy upstream</html>", ServiceFailureError, 10),
    ],
)
def test_an_error_status_has_its_type_and_exit_code(
    status: int, body: str, kind: type[ServiceError], exit_code: int
) -> None:
    error = refused(method="POST", reply=answer(status, body, "text/plain"))
    assert type(error) is kind
    assert error.exit_code == exit_code
    assert error.code == status
    assert error.message.endswith(f"(HTTP {status})")
    assert "<html" not in error.message


def test_an_accepted_status_is_returned() -> None:
    with (
        Server(always(answer(400, '{"error": "slow_down"}'))) as server,
        Transport(server.url) as transport,
    ):
        got = transport.send("POST", "/token", form={"a": "b c"}, accept=frozenset({400}))
        assert (got.status, got.json()) == (400, {"error": "slow_down"})
        (request,) = server.requests
        assert request.body == b"a=b+c"
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_refused_connection() -> None:
    port = closed_port()
    with Transport(f"http://127.0.0.1:{port}") as transport:
        with pytest.raises(UnreachableError, match=f"cannot connect to http://127.0.0.1:{port}: "):
            transport.send("GET", "/api/x")
        with pytest.raises(UnreachableError) as caught:
            transport.send("POST", "/api/x", body={})
    assert not caught.value.outcome_unknown, "nothing can have been sent"
    assert caught.value.exit_code is ExitCode.SERVICE_FAILURE


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    monkeypatch.setattr(bodies, "MAX_BYTES", 100_000)
    whole = answer(200, b" " * 100_000)
    body = b" " * 100_001
    headers = {"content_encoding": "gzip"} if packed else {}
    large = answer(200, gzip.compress(body) if packed else body, **headers)
    with Server(in_turn(whole, large)) as server, Transport(server.url) as transport:
        assert len(transport.send("GET", "/api/x").body) == 100_000
        with pytest.raises(UnexpectedAnswerError, match="answered with more than"):
            transport.send("GET", "/api/x")


def test_requests_share_one_connection() -> None:
    with Server(always(OK)) as server, Transport(server.url) as transport:
        for method in ("GET", "POST", "GET"):
            transport.send(method, "/api/x", body=None if method == "GET" else {})
        assert (server.connections, len(server.requests)) == (1, 3)


def test_what_is_sent() -> None:
    with Server(always(OK)) as server, Transport(server.url) as transport:
        path = build_path(["api", "configs", "ä b?#%2F"])
        query = [("tags", "a"), ("tags", "b&c")]
        transport.send("POST", path, query=query, headers={"x-osmo-user": "u"}, body={"a": "ü"})
        (request,) = server.requests
    assert request.target == "/api/configs/%C3%A4%20b%3F%23%252F?tags=a&tags=b%26c"
    assert request.headers["user-agent"] == f"osmo-cli/{__version__}"
    assert request.headers["x-osmo-user"] == "u"
    assert request.headers["content-type"] == "application/json"
    assert request.body == b'{"a": "\\u00fc"}'


def test_no_netrc_is_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = home / ".netrc"
    netrc.write_text("default login u password s3cret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Server(always(OK)) as server, Transport(server.url) as transport:
        transport.send("GET", "/api/x")
        assert "authorization" not in server.requests[0].headers


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(always(OK)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with Transport("http://osmo.example", network=Network(allow_http=True)) as transport:
            transport.send("GET", "/api/x")
        assert proxy.requests[0].target == "http://osmo.example/api/x"


def test_debug_is_told_no_query_and_every_attempt() -> None:
    seen: list[Exchange] = []
    replies = in_turn(answer(503), OK)
    with Server(replies) as server, Transport(server.url, on_exchange=seen.append) as transport:
        transport.send("GET", "/api/x", query=[("access_token", "s3cret")])
        assert "s3cret" in server.requests[0].target
    assert [(e.method, e.path, e.status, e.received) for e in seen] == [
        ("GET", "/api/x", 503, 0),
        ("GET", "/api/x", 200, len(b'{"ok": true}')),
    ]
    assert "s3cret" not in repr(seen)


def test_no_secret_of_a_request_is_in_its_errors() -> None:
    query = [("access_token", "s3cret")]
    with Transport(f"http://127.0.0.1:{closed_port()}", timeout=1) as transport:
        with pytest.raises(UnreachableError) as caught:
            transport.send("GET", "/api/x", query=query)
        assert "s3cret" not in f"{caught.value} {caught.value.hint}"
    for reply in (answer(500), answer(404), answer(200, "<html>"), b"", b"junk\r\n\r\n"):
        with (
            Server(in_turn(*[reply] * 3)) as server,
            Transport(server.url, timeout=0.4) as transport,
            pytest.raises(OsmoError) as failed,
        ):
            transport.send("GET", "/api/x", query=query, headers={"x-osmo-auth": "s3cret"}).json()
        assert "s3cret" not in f"{failed.value} {failed.value.hint} {failed.value.details}"


@pytest.mark.parametrize("url", ["http://[bad/token", "http://a b/", "http://x:port/", "ftp://x/"])
def test_an_address_that_the_service_got_wrong(url: str) -> None:
    with (
        Transport("http://127.0.0.1:1") as transport,
        pytest.raises((UsageError, UnreachableError)) as caught,
    ):
        transport.send("POST", url)
    assert caught.value.message


def test_a_server_that_speaks_another_protocol() -> None:
    greeting = dripping(b"SSH-2.0-OpenSSH_9.2\r\n", 0)
    with (
        Server(greeting) as server,
        Transport(server.url) as transport,
        pytest.raises(UnreachableError, match=f"POST /api/x at {server.url} failed: "),
    ):
        transport.send("POST", "/api/x")


def test_tls_to_a_server_that_speaks_none() -> None:
    with Server(always(OK)) as server:
        address = server.url.replace("http:", "https:")
        with (
            Transport(address, timeout=5) as transport,
            pytest.raises(UnreachableError, match=f"cannot connect to {address}"),
        ):
            transport.send("POST", "/api/x")


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_ca_file_that_is_none(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError, match="not a readable file of PEM certificates"):
        Transport("https://127.0.0.1:1", network=Network(ca_file=str(file)))


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    with Server(always(OK)) as server, Transport(server.url) as transport:
        for _ in range(5):
            transport.send("GET", "/api/x")
    time.sleep(0.05)
    assert threading.active_count() == before
