"""Answers that no service gives: each node of each right answer, replaced or missing.

`OSMO_FAULTS=all` (`make faults`) tries all of them, an ordinary run a sample.
"""

from __future__ import annotations

import copy
import json
import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from osmo_cli.errors import ExitCode
from osmo_cli.local import transport as local_transport
from osmo_cli.local.admin import add_backend
from osmo_cli.local.database import open_database
from tests.support import sampling
from tests.support.processes import Shell

ALL = os.environ.get("OSMO_FAULTS") == "all"
SAMPLE = 12
"""Changed answers of each command in an ordinary run."""
FORGED = "error: forged"
_MISSING = object()
_RAW = {"@inf": "1e999", "@nan": "NaN", "@deep": "[" * 500 + "]" * 500, "@digits": "9" * 5000}
_MUTATIONS: dict[str, Any] = {
    "missing": _MISSING,
    "null": None,
    "true": True,
    "number": 7,
    "milliseconds": 1795601727000,
    "negative": -1,
    "fraction": 0.5,
    "string": "text",
    "digits": "12",
    "list": [],
    "list of null": [None],
    "list of lists": [[1]],
    "object": {},
    "object of null": {"a": None},
    "surrogate": "\ud800",
    "lines": f"x\n{FORGED}\r{FORGED}\u2028{FORGED}\x85{FORGED}\x0b{FORGED}\t",
    "empty": "",
    "huge": 10**300,
    "wide": "w" * 5000,
    **{name: name for name in _RAW},
}
_COMMANDS: dict[str, tuple[str, ...]] = {
    "version": ("version",),
    "whoami": ("whoami",),
    "types": ("config", "list"),
    "show": ("config", "show", "BACKEND", "-t", "text"),
    "show item": ("config", "show", "POOL", "default", "-t", "yaml"),
    "show revision": ("config", "show", "SERVICE:1"),
    "history": ("config", "history", "-t", "text"),
    "history as data": ("config", "history", "SERVICE", "-t", "json"),
    "diff": ("config", "diff", "SERVICE:1", "SERVICE:2"),
    "update": ("config", "update", "SERVICE", "--file", "service.json"),
    "update item": ("config", "update", "BACKEND", "gpu-a", "--file", "backend.json"),
    "create": ("config", "update", "POD_TEMPLATE", "new", "--create", "--file", "template.json"),
    "preview": ("config", "update", "SERVICE", "--file", "service.json", "--dry-run"),
    "delete": ("config", "delete", "POD_TEMPLATE", "old"),
    "rollback": ("config", "rollback", "SERVICE:1"),
    "tag": ("config", "tag", "SERVICE:1", "--set", "a"),
    "role": ("config", "set", "ROLE", "osmo-backend-gpu-a", "backend", "--field", "gpu-a"),
    "validate": ("config", "validate", "--online", "service.json", "--type", "SERVICE"),
    "backends": ("backend", "list", "-t", "text"),
    "users": ("user", "list", "-t", "text"),
    "user": ("user", "get", "ada", "-t", "text"),
    "new user": ("user", "create", "eve", "--roles", "osmo-user"),
    "roles of a user": ("user", "update", "ada", "--add-roles", "osmo-admin"),
    "delete user": ("user", "delete", "ada", "--force"),
    "tokens": ("token", "list", "-t", "text"),
    "service tokens": ("token", "list", "--service", "-t", "text"),
    "new token": ("token", "set", "ci", "--user", "ada", "--roles", "osmo-user"),
    "delete token": ("token", "delete", "nightly", "--user", "ada"),
    "roles of a token": ("token", "roles", "nightly"),
}
_FILES = {
    "service.json": {"service_base_url": "https://osmo.example"},
    "backend.json": {"description": "new"},
    "template.json": {"spec": {"containers": []}},
}


@dataclass
class Change:
    """What the transport does to the answers of one command.

    Attributes:
        number: the answer that is changed.
        make: returns the changed body; None changes nothing.
        bodies: the answers so far.
    """

    number: int
    make: Callable[[bytes], bytes] | None
    bodies: list[bytes]


class Changed(httpx.BaseTransport):
    """The embedded service, one of whose answers is changed."""

    def __init__(self, inner: httpx.BaseTransport, change: Change) -> None:
        self._inner, self._change = inner, change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        body, number = response.read(), len(self._change.bodies)
        self._change.bodies.append(body)
        if self._change.make is not None and number == self._change.number:
            body = self._change.make(body)
        headers = {"content-type": response.headers.get("content-type", "")}
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)

    def close(self) -> None:
        self._inner.close()


class World:
    """A service with one of everything, put back before each command."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.db = folder / "service.db"
        self.shell = Shell.at(folder / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(self.db))
        for name, value in _FILES.items():
            self.shell.file(name, json.dumps(value))
        open_database(self.db, "6.4").close()
        add_backend(self.db, "gpu-a", offline=False)
        self._prepare()
        self._before = self.db.read_bytes()
        self._change = Change(0, None, [])
        real = local_transport.in_process_transport
        monkeypatch.setattr(
            local_transport,
            "in_process_transport",
            lambda *args, **kwargs: Changed(real(*args, **kwargs), self._change),
        )

    def _prepare(self) -> None:
        osmo = self.shell.ok
        osmo("config", "update", "SERVICE", "--file", "service.json")
        osmo("config", "update", "POD_TEMPLATE", "old", "--create", "--file", "template.json")
        osmo("user", "create", "ada", "--roles", "osmo-user")
        osmo("user", "create", "admin", "--roles", "osmo-user")
        osmo("token", "set", "nightly", "--user", "ada", "--roles", "osmo-user")
        osmo("token", "set", "nightly", "--roles", "osmo-user")
        osmo("token", "set", "agent", "--service", "--roles", "osmo-user")

    def run(self, words: tuple[str, ...], change: Change) -> Any:
        """Run a command on the service as it was at first."""
        for suffix in ("-wal", "-shm"):
            self.db.with_name(self.db.name + suffix).unlink(missing_ok=True)
        self.db.write_bytes(self._before)
        self._change = change
        return self.shell.osmo(*words)


def _nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of a value's nodes; of lists and large objects only the first entries."""
    yield path
    if isinstance(value, dict):
        for key in list(value)[:12]:
            yield from _nodes(value[key], (*path, key))
    elif isinstance(value, list):
        for index in range(min(len(value), 2)):
            yield from _nodes(value[index], (*path, index))


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return None if new is _MISSING else new
    changed = copy.deepcopy(value)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    if new is _MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return changed


def _text(value: Any) -> bytes:
    text = json.dumps(value)
    for name, raw in _RAW.items():
        text = text.replace(f'"{name}"', raw)
    return text.encode()


def _cases(bodies: list[bytes]) -> list[tuple[int, tuple[Any, ...], str]]:
    cases = []
    for number, body in enumerate(bodies):
        try:
            value = json.loads(body)
        except ValueError:
            continue
        if number and "openapi" in (value if isinstance(value, dict) else {}):
            paths = [path for path in _nodes(value) if len(path) < 4]
        else:
            paths = list(_nodes(value))
        cases += [(number, path, name) for path in paths for name in _MUTATIONS]
    return cases


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The service that every command is tried on."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield World(tmp_path_factory.mktemp("world"), monkeypatch)


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", _COMMANDS)
def test_no_answer_is_an_internal_error(name: str, world: World) -> None:
    words = _COMMANDS[name]
    right = Change(0, None, [])
    result = world.run(words, right)
    assert result.code == 0, result
    cases = _cases(right.bodies)
    if not ALL:
        chosen = random.Random(f"{sampling.seed()} {name}")
        cases = chosen.sample(cases, min(SAMPLE, len(cases)))
    failed = []
    for number, path, mutation in cases:

        def make(body: bytes, path: tuple[Any, ...] = path, mutation: str = mutation) -> bytes:
            try:
                return _text(_with(json.loads(body), path, _MUTATIONS[mutation]))
            except (KeyError, IndexError, TypeError):
                return body  # the state differs, as the time of a heartbeat does

        result = world.run(words, Change(number, make, []))
        if problem := _problem(result):
            failed.append(f"{problem}: answer {number} at {path}: {mutation}: {result}")
    assert not failed, f"{len(failed)} of {len(cases)}:\n" + "\n".join(failed[:20])


def _problem(result: Any) -> str:
    if "internal error" in result.err:
        return "internal error"
    if "Traceback" in result.err:
        return "traceback"
    if result.code not in set(ExitCode):
        return "unknown exit code"
    lines = re.split(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", result.out + result.err)
    if any(line.startswith(FORGED) for line in lines):
        return "forged line"
    return ""
