"""Folders of osmo whatever the umask, files of others, and damaged local databases."""

from __future__ import annotations

import os
import pty
import signal
import sqlite3
import stat
import subprocess
import time
from pathlib import Path

import pytest

from osmo_cli.local.database import open_database
from tests.support.processes import OSMO, Shell, serving

CANARY = "canary-of-a-row"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell.at(tmp_path / "home")


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022])
def test_a_login_leaves_only_private_folders(shell: Shell, umask: int) -> None:
    before = os.umask(umask)
    try:
        shell.ok("login", "local")
        shell.ok("config", "show", "BACKEND")
    finally:
        os.umask(before)
    created = list(shell.home.rglob("*"))
    assert {path.relative_to(shell.home).parts[0] for path in created} >= {".config", ".local"}
    open_to_others = [path for path in created if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_to_others == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize(
    "name",
    [".config/osmo/profiles.json", ".local/share/osmo/local.db"],
)
def test_a_file_of_another_user_is_refused(shell: Shell, name: str) -> None:
    shell.ok("login", "local")
    shell.ok("config", "show", "BACKEND")
    file = shell.home / name
    os.chown(file, 12345, -1)
    result = shell.osmo("config", "show", "BACKEND")
    assert (result.code, result.out) == (2, "")
    assert f"{file} belongs to another user (uid 12345)" in result.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_is_remembered_of_a_service_is_not_taken_from_others(
    shell: Shell, tmp_path: Path
) -> None:
    with serving(tmp_path / "service") as service:
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        shell.ok("token", "list")
        for file in (shell.home / ".cache").rglob("*.json"):
            os.chown(file, 12345, -1)
            assert "belongs to another user" in shell.osmo("token", "list").err


def _tables(db: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(db) as connection:
        names = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        return [
            (name, row[1])
            for name in names
            for row in connection.execute(f"PRAGMA table_info({name})")
        ]


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    "value",
    [CANARY, f'{{"{CANARY}": ', f'["{CANARY}"]', CANARY.encode() + b"\xff", None],
    ids=["text", "cut", "list", "bytes", "null"],
)
def test_a_damaged_database_is_no_internal_error(shell: Shell, value: object) -> None:
    db = shell.home / "local.db"
    open_database(db, "6.4").close()
    whole = db.read_bytes()
    env = {"OSMO_URL": "local", "OSMO_LOCAL_DB": str(db)}
    for table, column in _tables(db):
        db.write_bytes(whole)
        with sqlite3.connect(db) as connection:
            try:
                connection.execute(f"UPDATE {table} SET {column} = CAST(? AS TEXT)", [value])
            except sqlite3.IntegrityError:
                continue
        connection.close()
        for words in (("config", "show", "SERVICE"), ("config", "history"), ("user", "list")):
            result = shell.osmo(*words, env=env)
            assert "internal error" not in result.err, (table, column, result)
            if result.code:
                assert CANARY not in result.err, (table, column, result)


@pytest.mark.parametrize("damage", [b"\0" * 2000, b"SQLite format 3\0" + b"\xff" * 3000, b"text"])
def test_a_file_that_is_no_database(shell: Shell, damage: bytes) -> None:
    db = shell.home / "local.db"
    db.write_bytes(damage)
    result = shell.osmo("config", "list", env={"OSMO_URL": "local", "OSMO_LOCAL_DB": str(db)})
    assert (result.code, result.out) == (2, "")
    assert str(db) in result.err


@pytest.mark.sample(1)
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
@pytest.mark.parametrize("editor_lives", [False, True])
def test_the_file_of_the_editor_is_removed(shell: Shell, name: str, editor_lives: bool) -> None:
    temporary = shell.home / "tmp"
    temporary.mkdir()
    # The editor asks for nothing and stays; an editor that ignores the signal is left alone.
    trap = "trap '' TERM HUP INT\n" if editor_lives else ""
    script = shell.home / "editor.sh"
    script.write_text(f"#!/bin/sh\n{trap}touch {shell.home}/started\nexec sleep 1\n")
    script.chmod(0o755)
    db = shell.home / "local.db"
    open_database(db, "6.0").close()
    env = shell.env | {"OSMO_URL": "local", "OSMO_LOCAL_DB": str(db), "EDITOR": str(script)}
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [OSMO, "config", "update", "SERVICE"],
        env=env | {"TMPDIR": str(temporary)},
        cwd=shell.home,
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    deadline = time.monotonic() + 20
    while not (shell.home / "started").exists() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert [path.stat().st_mode & 0o777 for path in temporary.iterdir()] == [0o700]
    process.send_signal(getattr(signal, name))
    process.wait(20)
    os.close(leader)
    assert list(temporary.iterdir()) == []
