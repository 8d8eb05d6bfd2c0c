"""Every command with a standard stream that is closed or full.

A command is a row of `COMMANDS`; a new one without a row fails here. These are processes, so only
some pairs run by default, others on other days; `make faults` (or OSMO_FAULTS=all) runs all, and
OSMO_FAULTS_COMMANDS="config show,token list" those of these commands.
"""

from __future__ import annotations

import os
import random
import shlex
import time
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.local.admin import add_backend
from tests.support.command_tree import commands
from tests.support.databases import new_database
from tests.support.processes import OSMO, Shell

ALL = os.environ.get("OSMO_FAULTS") == "all"
SAMPLE = 8
NEWEST = next(reversed(DIALECTS))

COMMANDS: dict[str, str] = {
    "backend deregister": "gpu-a --yes",
    "backend list": "",
    "backend nodes": "gpu-a --nodes nodes.json",
    "backend open": "gpu-a",
    "backend register": "gpu-c --out out --image-tag 6.2.10",
    "backend wait": "gpu-a --timeout 5s",
    "config apply": "configs --yes",
    "config delete": "POD_TEMPLATE gone --ignore-missing",
    "config diff": "POD_TEMPLATE",
    "config drift": "configs",
    "config export": "--helm -",
    "config history": "",
    "config list": "",
    "config plan": "configs",
    "config rename": "POOL default default",
    "config rollback": "POD_TEMPLATE:1",
    "config schema": "BACKEND",
    "config set": "ROLE agent-gpu-a backend --field gpu-a",
    "config show": "BACKEND",
    "config tag": "BACKEND:1 --set stable",
    "config update": "BACKEND gpu-a --file update.json",
    "config validate": "BACKEND --file update.json",
    "help": "",
    "local add-backend": "gpu-b --db other.db",
    "local reset": "--db other.db",
    "local serve": "--port 70000",
    "login": "local",
    "logout": "",
    "token delete": "old",
    "token get": "old",
    "token list": "",
    "token roles": "old",
    "token set": "new --no-store",
    "user create": "bob",
    "user delete": "ada --force",
    "user get": "ada",
    "user list": "",
    "user update": "ada --add-roles osmo-user",
    "version": "",
    "whoami": "",
}
"""Arguments by command."""
NO_STDOUT = {">&-": "it is closed", ">/dev/full": "No space left on device"}
STREAMS = ["<&-", *NO_STDOUT, "2>&-", "2>/dev/full"]


def test_every_command_has_a_row() -> None:
    assert {words for words, _ in commands()} == set(COMMANDS)


def pairs() -> list[tuple[str, str]]:
    every = [(words, stream) for words in COMMANDS for stream in STREAMS]
    if only := os.environ.get("OSMO_FAULTS_COMMANDS"):
        return [pair for pair in every if pair[0] in only.split(",")]
    day = time.time_ns() // 10**9 // 86400
    return every if ALL else random.Random(day).sample(every, SAMPLE)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded service, with what the commands need."""
    folder = tmp_path_factory.mktemp("streams")
    db = folder / "service.db"
    new_database(db, NEWEST)
    add_backend(db, "gpu-a")
    shell = Shell.at(folder / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(db))
    shell.ok("user", "create", "admin", "--roles", "osmo-admin")
    shell.ok("user", "create", "ada")
    pool = '{"backend": "gpu-a", "description": "x"}'
    shell.ok("config", "update", "POOL", "default", "--create", "-f", "-", input=pool)
    shell.ok("token", "set", "old", "--no-store")
    return db


def run(words: str, stream: str, folder: Path, database: Path) -> tuple[int, str, str]:
    """Exit code and output of a command with a broken stream, in a home of its own."""
    folder.mkdir()
    db = folder / "local.db"
    db.write_bytes(database.read_bytes())
    shell = Shell.at(folder / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(db))
    shell.file("update.json", '{"description": "new"}')
    shell.file("nodes.json", '{"items": []}')
    (shell.home / "configs" / "backend").mkdir(parents=True)
    shell.file("configs/backend/gpu-a.json", '{"description": "new"}')
    line = f"{shlex.quote(OSMO)} {words} {COMMANDS[words]} {stream}"
    done = shell.run("bash", "-c", line)
    return done.code, done.out, done.err


@pytest.mark.parametrize(("words", "stream"), pairs(), ids=str)
def test_a_broken_stream_is_ordinary(
    words: str, stream: str, tmp_path: Path, database: Path
) -> None:
    code, out, err = run(words, stream, tmp_path / "broken", database)
    usual_code, usual_out, usual_err = run(words, "", tmp_path / "usual", database)
    assert "internal error" not in err
    assert "Traceback" not in err
    if stream in NO_STDOUT and usual_out:
        assert code == 10
        if words != "config validate":  # its problems are a result
            assert f"error: cannot write standard output: {NO_STDOUT[stream]}" in err
        return
    assert code == usual_code
    if not stream.startswith("2"):
        assert len(err.splitlines()) == len(usual_err.splitlines())
    assert len(out.splitlines()) == len(usual_out.splitlines())
