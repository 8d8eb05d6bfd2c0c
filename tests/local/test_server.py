"""The embedded service as processes: shared by writers, killed, asked over HTTP, locked down."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from osmo_cli.errors import OsmoError, UsageError
from osmo_cli.local import tokens
from osmo_cli.local.admin import add_backend, reset
from osmo_cli.local.clock import utc_now
from osmo_cli.local.database import default_database, open_database
from osmo_cli.local.jwts import Signer
from osmo_cli.local.records import whole
from osmo_cli.local.server import serve
from osmo_cli.local.transport import in_process_transport

_SERVE = """
import sys
from pathlib import Path
from osmo_cli.local.server import serve
serve(port=0, db=Path(sys.argv[1]), dialect=None, auth=sys.argv[2],
      admin_token_file=Path(sys.argv[3]) if sys.argv[3:] else None,
      ready=lambda url: print(url, flush=True))
"""
_WRITE = """
import sys
from pathlib import Path
import httpx
from osmo_cli.local.transport import in_process_transport
transport = in_process_transport(Path(sys.argv[1]))
with httpx.Client(transport=transport, base_url="http://local") as client:
    for number in range(int(sys.argv[3])):
        answer = client.post("/api/configs/backend/gpu-a",
                             json={"configs": {"description": f"{sys.argv[2]} {number}"}})
        assert answer.status_code == 200, answer.text
        print(number, flush=True)
"""


@contextlib.contextmanager
def _process(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _lines(process: subprocess.Popen[str]) -> list[str]:
    """What the process prints until it ends."""
    assert process.stdout is not None
    return process.stdout.read().splitlines()


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@contextlib.contextmanager
def _serving(*arguments: object) -> Iterator[str]:
    with _process(_SERVE, *arguments) as process:
        yield _first_line(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "local.db"
    add_backend(path, "gpu-a")
    return path


def _history(path: Path, config_type: str = "BACKEND") -> list[dict[str, Any]]:
    query = {"config_types": config_type, "limit": 1000}
    with httpx.Client(transport=in_process_transport(path), base_url="http://local") as client:
        revisions_of: list[dict[str, Any]] = client.get(
            "/api/configs/history", params=query
        ).json()["configs"]
    return revisions_of


def test_writers_in_two_processes_lose_nothing(database: Path) -> None:
    with (
        _process(_WRITE, database, "a", 40) as revision_entry,
        _process(_WRITE, database, "b", 40) as two,
    ):
        assert [revision_entry.wait(60), two.wait(60)] == [0, 0]
    revisions = _history(database)[2:]
    assert [entry["revision"] for entry in revisions] == list(range(3, 83))
    written = {entry["data"][0]["description"] for entry in revisions}
    assert written == {f"{name} {number}" for name in "ab" for number in range(40)}


@pytest.mark.thorough
def test_killed_writers_leave_a_whole_database(database: Path) -> None:
    confirmed = 0
    for _ in range(4):
        with (
            _process(_WRITE, database, "a", 10_000) as revision_entry,
            _process(_WRITE, database, "b", 10_000) as two,
        ):
            _first_line(revision_entry), _first_line(two)
            time.sleep(random.uniform(0.02, 0.15))
            revision_entry.kill(), two.kill()
            confirmed += 2 + len(_lines(revision_entry)) + len(_lines(two))
        with contextlib.closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT revision, data FROM history WHERE config_type = 'BACKEND' ORDER BY revision"
        ).fetchall()
        stored = json.loads(
            connection.execute("SELECT data FROM configs WHERE name = 'gpu-a'").fetchone()[0]
        )
    assert [revision for revision, _ in rows] == list(range(1, len(rows) + 1))
    # What was answered is there; a write that was killed before its answer may be.
    assert confirmed <= len(rows) - 2 <= confirmed + 8
    assert json.loads(rows[-1][1])[0]["description"] == stored["description"]


def test_a_database_whose_making_was_killed_is_made_again(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from osmo_cli.local.admin import reset\n"
    code += "print(flush=True); reset(Path(sys.argv[1]))"
    for number in range(6):
        path = tmp_path / f"{number}.db"
        with _process(code, path) as process:
            _first_line(process)
            time.sleep(number * 0.03)
        add_backend(path, "gpu-a")
        assert [entry["revision"] for entry in _history(path)] == [1, 2]


@pytest.mark.thorough
def test_several_processes_may_make_the_database(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from osmo_cli.local.admin import add_backend\n"
    code += "add_backend(Path(sys.argv[1]), sys.argv[2])"
    path = tmp_path / "local.db"
    with contextlib.ExitStack() as stack:
        makers = [stack.enter_context(_process(code, path, f"gpu-{n}")) for n in range(4)]
        assert [maker.wait(60) for maker in makers] == [0, 0, 0, 0]
    assert [entry["revision"] for entry in _history(path)] == [1, 2, 3, 4, 5]
    assert len(_history(path, "ROLE")) == 1


@pytest.mark.thorough
def test_eight_clients_write_at_once(database: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with _serving(database, "none") as url:

        def write(number: int) -> int:
            body = {"configs": {"description": str(number)}}
            return httpx.post(f"{url}/api/configs/backend/gpu-a", json=body).status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(write, range(40))) == {200}
    descriptions = [entry["data"][0]["description"] for entry in _history(database)[2:]]
    assert sorted(map(int, descriptions)) == list(range(40))


def test_only_the_owner_may_read_the_database(database: Path) -> None:
    with open_database(database) as store, store.read():
        modes = {file.name: file.stat().st_mode & 0o777 for file in database.parent.iterdir()}
        assert set(modes.values()) == {0o600}, modes
    assert database.parent.stat().st_mode & 0o777 == 0o700


def test_a_database_speaks_the_dialect_it_was_made_for(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    open_database(path, "6.0").close()
    open_database(path).close()
    with pytest.raises(UsageError, match=r"dialect 6\.0, not seed") as caught:
        open_database(path, "seed")
    assert "osmo local reset" in (caught.value.hint or "")
    assert reset(path, "seed") is True
    with open_database(path) as store:
        assert store.dialect.name == "seed"


def test_a_database_in_use_is_not_deleted(database: Path) -> None:
    with _serving(database, "none") as url:
        with pytest.raises(OsmoError, match="in use"):
            reset(database)
        assert httpx.get(f"{url}/api/configs/backend/gpu-a").status_code == 200
    assert reset(database) is True
    assert reset(database.with_name("new.db")) is False
    assert len(_history(database)) == 1
    assert sorted(file.name for file in database.parent.iterdir()) == ["local.db", "new.db"]


def test_the_modules_are_cheap_to_import() -> None:
    code = """
import sys
import osmo_cli.local.admin, osmo_cli.local.app, osmo_cli.local.database
import osmo_cli.local.server, osmo_cli.local.transport
print(*sorted({"httpx", "jwt", "keyring", "pydantic", "starlette", "uvicorn"} & set(sys.modules)))
"""
    with _process(code) as process:
        assert _first_line(process) == ""
        assert process.wait(10) == 0


def test_an_unknown_dialect_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a dialect"):
        open_database(tmp_path / "local.db", "7.0")
    assert not (tmp_path / "local.db").exists()


def _text(path: Path) -> None:
    path.write_text("not a database, but long enough to look into it " * 20)


def _foreign(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text)")


def _newer(path: Path) -> None:
    open_database(path).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("make", "message"),
    [(_text, "not a database"), (_foreign, "another program"), (_newer, "newer version")],
)
def test_other_files_are_refused_and_left_alone(make: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    make(path)
    before = path.read_bytes()
    for action in (open_database, reset, lambda path: add_backend(path, "gpu-a")):
        with pytest.raises(OsmoError, match=message):
            action(path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OsmoError, match="cannot use the database"):
        open_database(tmp_path / "file" / "local.db")


def test_a_database_that_stays_locked_is_an_error(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("osmo_cli.local.database.BUSY_SECONDS", 0.1)
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(OsmoError, match="database is locked"):
            add_backend(database, "gpu-b")
        with httpx.Client(
            transport=in_process_transport(database), base_url="http://local"
        ) as client:
            assert client.get("/api/configs/backend/gpu-a").status_code == 200
            answer = client.post("/api/configs/backend/gpu-a", json={"configs": {}})
        assert (answer.status_code, answer.json()["error_code"]) == (400, "DATABASE")


def test_the_database_can_be_named_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("OSMO_LOCAL_DB", raising=False)
    assert default_database() == tmp_path / "osmo" / "local.db"
    monkeypatch.setenv("OSMO_LOCAL_DB", str(tmp_path / "other.db"))
    assert default_database() == tmp_path / "other.db"


def test_a_port_in_use_is_named(database: Path) -> None:
    with _serving(database, "none") as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OsmoError, match=f"port {port} .* in use"):
            serve(
                port=port,
                db=database,
                dialect=None,
                auth="none",
                admin_token_file=None,
                ready=lambda _: pytest.fail("it must not start"),
            )


def test_a_token_file_is_never_overwritten(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "admin.token"
    file.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        serve(
            port=0,
            db=database,
            dialect=None,
            auth="token",
            admin_token_file=file,
            ready=lambda _: pytest.fail("it must not start"),
        )
    assert file.read_text() == "mine"
    with open_database(database) as store, store.read() as connection:
        assert tokens.list_tokens(connection, "USER", "admin") == []


def _jwt(client: httpx.Client, token: str) -> str:
    answer = client.get("/api/auth/jwt/access_token", params={"access_token": token})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


def _statuses(client: httpx.Client, headers: dict[str, str]) -> list[int]:
    asked = [
        ("GET", "/api/configs/backend"),
        ("GET", "/api/configs/backend/gpu-a"),
        ("POST", "/api/configs/backend/gpu-a"),
        ("GET", "/api/configs/workflow"),
        ("GET", "/api/auth/access_token/user"),
        ("GET", "/api/auth/access_token/service"),
    ]
    body = {"configs": {}}
    return [
        client.request(
            method, path, headers=headers, json=body if method == "POST" else None
        ).status_code
        for method, path in asked
    ]


def test_token_mode_asks_who_and_what(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "admin.token"
    with (
        _serving(database, "token", file) as url,
        httpx.Client(base_url=url) as client,
    ):
        assert file.stat().st_mode & 0o777 == 0o600
        open_paths = ("/api/version", "/api/auth/login", "/api/auth/keys", "/client/version")
        assert [client.get(path).status_code for path in open_paths] == [200] * 4

        refused = client.get("/api/configs/backend", headers={"x-osmo-user": "admin"})
        assert (refused.status_code, refused.text) == (401, "Jwt is missing")
        assert refused.headers["content-type"].startswith("text/plain")

        token = file.read_text().strip()
        direct = client.get("/api/configs/backend", headers={"x-osmo-auth": token})
        assert direct.status_code == 401, "an access token is no JWT"
        admin = {"Authorization": f"Bearer {_jwt(client, token)}"}
        assert _statuses(client, admin) == [200] * 6

        made = client.post(
            "/api/auth/access_token/service/agent",
            params={"expires_at": str(utc_now().date() + timedelta(2)), "roles": "osmo-backend"},
            headers=admin,
        )
        backend = {"x-osmo-auth": _jwt(client, made.json())}
        assert _statuses(client, backend) == [200, 200, 403, 403, 403, 403]
        forbidden = client.get("/api/configs/workflow", headers=backend)
        assert forbidden.json() == {"message": "Forbidden", "error_code": 403}

        mine = client.post(
            "/api/auth/access_token/user/mine",
            params={"expires_at": str(utc_now().date() + timedelta(2))},
            headers=admin,
        )
        user = {"x-osmo-auth": _jwt(client, mine.json())}
        assert _statuses(client, user) == [403, 403, 403, 403, 200, 403]

        # A change is made in the name of the token's owner, whatever the header claims.
        client.post(
            "/api/configs/backend/gpu-a",
            json={"configs": {}},
            headers={**admin, "x-osmo-user": "someone-else"},
        )
    assert _history(database)[-1]["username"] == "admin"


def test_expired_and_foreign_tokens_are_refused(database: Path, tmp_path: Path) -> None:
    with open_database(database) as store:
        today = utc_now().date()
        with store.write() as connection:
            last = tokens.insert(connection, "SERVICE", "t", "t", today, "", ["osmo-admin"])
            auth = whole(connection, "SERVICE")["service_auth"]
        expired, _ = Signer(auth, lambda: utc_now() - timedelta(seconds=301)).sign("a", [])
        with open_database(tmp_path / "other.db") as other, other.read() as connection:
            foreign_auth = whole(connection, "SERVICE")["service_auth"]
        foreign, _ = Signer(foreign_auth, utc_now).sign("a", ["osmo-admin"])
    with _serving(database, "token") as url, httpx.Client(base_url=url) as client:
        answer = client.get("/api/auth/jwt/access_token", params={"access_token": last})
        assert (answer.status_code, answer.json()["message"]) == (400, "Access Token has expired")
        for jwt, text in ((expired, "Jwt is expired"), (foreign, "Jwt verification fails")):
            answer = client.get("/api/configs/backend", headers={"x-osmo-auth": jwt})
            assert (answer.status_code, answer.text) == (401, text)
        assert client.post("/api/auth/jwt/access_token", json={"token": last}).status_code == 405


def test_tokens_are_kept_as_hashes_only(database: Path) -> None:
    with open_database(database) as store, store.write() as connection:
        text = tokens.insert(connection, "SERVICE", "t", "t", utc_now().date(), "", [])
    assert text.encode() not in database.read_bytes()
