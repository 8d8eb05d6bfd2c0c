"""`osmo local serve` on a port: closed to web pages, and bounded."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import pytest

from osmo_cli.local.admin import add_backend
from osmo_cli.local.database import open_database
from osmo_cli.local.guard import Limits
from osmo_cli.local.server import listen, new_server
from osmo_cli.local.transport import in_process_transport
from tests.support.processes import serving

RECORDED = json.loads(Path(__file__).with_name("browser-requests.json").read_text())
PAGE_PORT = 9
_LENGTH = (b"content-length", b"6")
SMALL = Limits(body=1 << 20, headers=1 << 13, header_seconds=0.4, body_seconds=0.4)


@dataclass
class Inner:
    """An application that keeps what reaches it."""

    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for event in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{event}.complete"})
            return
        self.bodies.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": [_LENGTH]})
        await send({"type": "http.response.body", "body": b"passed"})


@contextlib.contextmanager
def _guarded(limits: Limits | None = None) -> Iterator[Inner]:
    inner = Inner()
    with contextlib.closing(listen(0)) as listener:
        inner.port = listener.getsockname()[1]
        server = new_server(inner, limits)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield inner
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(scope="module")
def usual() -> Iterator[Inner]:
    """A guarded application with the usual limits."""
    with _guarded() as inner:
        yield inner


@pytest.fixture(scope="module")
def small() -> Iterator[Inner]:
    """A guarded application with limits that a test can reach."""
    with _guarded(SMALL) as inner:
        yield inner


def _request(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the next answer."""
    with connection.makefile("rb") as stream:
        return _read_answer(stream)


def _read_answer(stream: BinaryIO) -> tuple[int, dict[str, str], bytes]:
    status = int(stream.readline().split()[1])
    headers = {}
    while line := stream.readline().decode().strip():
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    length = headers.get("content-length")
    return status, headers, stream.read(int(length) if length else -1)


def _exchange(port: int, *parts: bytes) -> tuple[int, dict[str, str], bytes]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        return _answer(connection)


def _assert_refused(answer: tuple[int, dict[str, str], bytes], status: int, word: str) -> None:
    actual, headers, body = answer
    assert actual == status
    assert headers["content-type"] == "application/json"
    assert not [name for name in headers if name.startswith("access-control")]
    error = json.loads(body)
    assert set(error) == {"message", "error_code"}
    assert word in error["message"]


def _recorded_request(entry: dict[str, Any], port: int) -> bytes:
    headers = {
        name: text.format(service=port, page=PAGE_PORT) for name, text in entry["headers"].items()
    }
    return _request(entry["method"], entry["target"], headers, entry["body"].encode())


def test_no_request_of_a_web_page_is_carried_out(tmp_path: Path) -> None:
    db = tmp_path / "service.db"
    open_database(db, "6.4").close()
    add_backend(db, "gpu-a", offline=False)
    with serving(tmp_path, dialect="6.4") as service:
        port = int(service.url.rpartition(":")[2])
        before = httpx.get(f"{service.url}/api/configs/history").json()
        for entry in RECORDED:
            own_name = "attacker" not in entry["headers"]["host"]
            answer = _exchange(port, _recorded_request(entry, port))
            _assert_refused(answer, 403 if own_name else 421, "pages" if own_name else "attacker")
        assert httpx.get(f"{service.url}/api/configs/history").json() == before


def test_the_same_requests_would_do_harm_without_the_guard(tmp_path: Path) -> None:
    # So the test above is not about requests that fail by themselves.
    db = tmp_path / "service.db"
    open_database(db, "6.4").close()
    add_backend(db, "gpu-a", offline=False)
    done = set()
    with httpx.Client(transport=in_process_transport(db), base_url="http://127.0.0.1") as client:
        for entry in RECORDED:
            answer = client.request(
                entry["method"], entry["target"], headers=entry["headers"], content=entry["body"]
            )
            if answer.is_success:
                done.add((entry["method"], entry["target"].partition("?")[0]))
    assert done == {
        ("GET", "/api/configs/backend/gpu-a"),
        ("POST", "/api/configs/backend/gpu-a"),
        ("POST", "/api/configs/service/clean"),
    }


def test_the_recording_holds_each_way_of_a_page() -> None:
    sites = {entry["headers"].get("sec-fetch-site") for entry in RECORDED}
    assert sites == {"cross-site", "same-site", None}
    assert {entry["headers"].get("origin") for entry in RECORDED} >= {"null", None}
    assert {entry["method"] for entry in RECORDED} == {"GET", "POST", "OPTIONS", "DELETE"}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:{port}", "127.0.0.1", "127.8.9.10:1", "localhost:{port}", "LocalHost", "[::1]:2"],
)
def test_loopback_hosts_are_answered(usual: Inner, host: str) -> None:
    request = _request("GET", "/", {"Host": host.format(port=usual.port)})
    assert _exchange(usual.port, request)[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "127.0.0.1.example.com",
        "localhost.example.com:8470",
        "0.0.0.0:8470",
        "[::]:8470",
        "128.0.0.1",
        "2130706433",
        "user@127.0.0.1",
        "127.0.0.1:8470/x",
        "127.0.0.1:8470:1",
        "",
    ],
)
def test_other_hosts_are_refused(usual: Inner, host: str) -> None:
    _assert_refused(_exchange(usual.port, _request("GET", "/", {"Host": host})), 421, f'"{host}"')


def test_a_request_without_a_host_is_refused(usual: Inner) -> None:
    _assert_refused(_exchange(usual.port, b"GET / HTTP/1.0\r\n\r\n"), 421, "this machine")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Origin", "http://example.com"),
        ("Origin", "null"),
        ("Origin", ""),
        ("Origin", "https://127.0.0.1:{port}"),
        ("Origin", "http://127.0.0.1"),
        ("Origin", "http://127.0.0.1:{port}.example.com"),
        ("Origin", "chrome-extension://abcdef"),
        ("Referer", "http://example.com/127.0.0.1:{port}"),
        ("Referer", "http://127.0.0.1:{port}@example.com/"),
        ("Referer", "file:///home/user/page.html"),
        ("Referer", "http://[bad"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Sec-Fetch-Site", "Something-New"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST", "DELETE"])
def test_foreign_pages_are_refused(usual: Inner, method: str, name: str, value: str) -> None:
    headers = {"Host": f"127.0.0.1:{usual.port}", name: value.format(port=usual.port)}
    _assert_refused(_exchange(usual.port, _request(method, "/", headers)), 403, name)


def test_a_page_of_the_service_itself_is_answered(usual: Inner) -> None:
    own = f"http://127.0.0.1:{usual.port}"
    headers = {
        "Host": own[7:],
        "Origin": own,
        "Referer": f"{own}/x",
        "Sec-Fetch-Site": "same-origin",
    }
    assert _exchange(usual.port, _request("GET", "/", headers))[0] == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/plain; charset=UTF-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain;application/json",
        "text/plain, application/json",
        "application/jsonp",
        "application/x-www-form-urlencoded+json x",
        None,
        "",
    ],
)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_body_that_is_not_json_is_refused(
    usual: Inner, content_type: str | None, framing: str
) -> None:
    headers = {"Host": "localhost"}
    headers |= {} if content_type is None else {"Content-Type": content_type}
    headers |= {"Content-Length": "2"} if framing == "length" else {"Transfer-Encoding": "chunked"}
    body = b"{}" if framing == "length" else b"2\r\n{}\r\n0\r\n\r\n"
    before = len(usual.bodies)
    _assert_refused(_exchange(usual.port, _request("POST", "/", headers, body)), 415, "json")
    assert len(usual.bodies) == before


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"],
)
def test_a_json_body_is_passed_on(usual: Inner, content_type: str) -> None:
    headers = {"Host": "localhost", "Content-Type": content_type, "Content-Length": "7"}
    assert _exchange(usual.port, _request("POST", "/", headers, b'{"a":1}'))[0] == 200
    assert usual.bodies[-1] == b'{"a":1}'


_JSON = {"Host": "localhost", "Content-Type": "application/json"}


def _chunks(count: int, size: int = 1 << 18) -> list[bytes]:
    chunk = f"{size:x}\r\n".encode() + b"x" * size + b"\r\n"
    return [chunk] * count + [b"0\r\n\r\n"]


def test_a_body_up_to_the_limit_is_passed_on(small: Inner) -> None:
    head = _request("POST", "/", _JSON | {"Transfer-Encoding": "chunked"})
    assert _exchange(small.port, head, *_chunks(4))[0] == 200
    assert len(small.bodies[-1]) == SMALL.body


@pytest.mark.parametrize("chunks", [5, 8])
def test_a_larger_chunked_body_is_refused(small: Inner, chunks: int) -> None:
    before = len(small.bodies)
    head = _request("POST", "/", _JSON | {"Transfer-Encoding": "chunked"})
    _assert_refused(_exchange(small.port, head, *_chunks(chunks)), 413, "1 MiB")
    assert len(small.bodies) == before


def test_a_larger_body_of_known_length_is_refused_and_the_connection_stays(small: Inner) -> None:
    body = b"x" * (SMALL.body + 1)
    large = _request("POST", "/", _JSON | {"Content-Length": str(len(body))}, body)
    with socket.create_connection(("127.0.0.1", small.port), timeout=10) as connection:
        connection.sendall(large)
        _assert_refused(_answer(connection), 413, "1 MiB")
        connection.sendall(_request("GET", "/", {"Host": "localhost"}))
        assert _answer(connection)[0] == 200


def test_a_client_that_asks_first_need_not_send_a_large_body(small: Inner) -> None:
    headers = {"Content-Length": str(1 << 40), "Expect": "100-continue"}
    _assert_refused(_exchange(small.port, _request("POST", "/", _JSON | headers)), 413, "1 MiB")


def test_a_body_without_end_is_cut_off(small: Inner) -> None:
    head = _request("POST", "/", _JSON | {"Transfer-Encoding": "chunked"})
    sent = 0
    with socket.create_connection(("127.0.0.1", small.port), timeout=10) as connection:
        connection.sendall(head)
        chunk = _chunks(1)[0]
        with contextlib.suppress(OSError):
            while sent < 64 * SMALL.body:
                connection.sendall(chunk)
                sent += len(chunk)
    assert sent < 32 * SMALL.body  # what the sockets' buffers hold


def test_the_usual_limit_of_a_body_is_32_mib(usual: Inner) -> None:
    headers = _JSON | {"Content-Length": str((32 << 20) + 1), "Expect": "100-continue"}
    _assert_refused(_exchange(usual.port, _request("POST", "/", headers)), 413, "32 MiB")


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("second", "start"),
    [
        (False, b""),  # an idle connection that is kept is closed without an answer
        *(
            (second, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Padding: "[:length])
            for second in (False, True)
            for length in (3, 33, None)
        ),
    ],
)
def test_headers_must_arrive_in_time(small: Inner, start: bytes, second: bool) -> None:
    with socket.create_connection(("127.0.0.1", small.port), timeout=10) as connection:
        if second:
            connection.sendall(_request("GET", "/", {"Host": "localhost"}))
            assert _answer(connection)[0] == 200
        started = time.monotonic()
        connection.sendall(start)
        _assert_refused(_answer(connection), 408, "headers")
        assert time.monotonic() - started < 3


def test_headers_that_drip_in_do_not_extend_the_time(small: Inner) -> None:
    with socket.create_connection(("127.0.0.1", small.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        started = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - started < 5:
                connection.sendall(b"x: y\r\n")
                time.sleep(0.05)
        assert time.monotonic() - started < 3


@pytest.mark.parametrize("sent", [b"", b'{"a":'])
@pytest.mark.parametrize("framing", ["Content-Length", "Transfer-Encoding"])
def test_a_body_must_arrive_in_time(small: Inner, sent: bytes, framing: str) -> None:
    value = "7" if framing == "Content-Length" else "chunked"
    body = sent if framing == "Content-Length" else b"%x\r\n" % (len(sent) or 5) + sent
    before = len(small.bodies)
    request = _request("POST", "/", _JSON | {framing: value}, body)
    _assert_refused(_exchange(small.port, request), 408, "body")
    assert len(small.bodies) == before


def test_a_body_that_is_cut_off_is_not_carried_out(small: Inner) -> None:
    before = len(small.bodies)
    request = _request("POST", "/", _JSON | {"Content-Length": "7"}, b'{"a":')
    with socket.create_connection(("127.0.0.1", small.port), timeout=10) as connection:
        connection.sendall(request)
    assert _exchange(small.port, _request("GET", "/", {"Host": "localhost"}))[0] == 200
    assert small.bodies[before:] == [b""]


@pytest.mark.parametrize(
    "padding",
    [
        b"X-Padding: " + b"x" * SMALL.headers + b"\r\n",
        b"".join(b"X-%d: y\r\n" % number for number in range(2000)),
        b"X-Padding: " + b"x" * 4 * SMALL.headers,
    ],
    ids=["one", "many", "without end"],
)
def test_headers_have_a_size_limit(small: Inner, padding: bytes) -> None:
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + padding + b"\r\n"
    _assert_refused(_exchange(small.port, request), 431, "8 KiB")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=["TLS", "nonsense", "no host"],
)
def test_what_is_not_http_is_refused_in_json(usual: Inner, request_bytes: bytes) -> None:
    _assert_refused(_exchange(usual.port, request_bytes), 400, "invalid HTTP request")


def test_an_upgrade_to_another_protocol_is_an_ordinary_request(usual: Inner) -> None:
    headers = {"Host": "localhost", "Connection": "Upgrade", "Upgrade": "websocket"}
    assert _exchange(usual.port, _request("GET", "/", headers))[0] == 200
