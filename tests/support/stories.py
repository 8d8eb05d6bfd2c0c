"""A service with a history, and how commands show it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.faulty import Reply, answering
from tests.support.processes import Service, Shell

NAMES = ("first", "second", "third")


def prepared(service: Service, home: Path) -> Shell:
    """Log an administrator in, who changes gpu-a three times: revisions 3, 4 and 5."""
    shell = Shell.at(home, SERVICE=service.url, DB=str(service.db))
    shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
    shell.ok("login", service.url, "--method", "dev", "--username", "admin")
    for name in NAMES:
        shell.file("new.json", json.dumps({"description": name}))
        words = ("config", "update", "BACKEND", "gpu-a", "-f", "new.json", "-d", f"{name} change")
        shell.ok(*words, "--tags", name, "all")
    return shell


def rows(text: str) -> list[list[str]]:
    """Cells of a table's rows."""
    return [re.split(r" {3,}", line) for line in text.splitlines()[2:]]


def described(text: str) -> list[str]:
    """Descriptions in a table of revisions."""
    return [row[5] for row in rows(text)]


@contextmanager
def meddling(
    shell: Shell, meddle: Callable[[httpx.Client, str, str, Reply], Reply]
) -> Iterator[None]:
    """Log the shell in to what passes on to its service; `meddle` sees each answer."""
    headers = {"x-osmo-user": "admin", "content-type": "application/json"}

    def answer(method: str, path: str, body: bytes) -> Reply:
        got = service.request(method, path, content=body)
        return meddle(service, method, path, Reply(got.status_code, got.content))

    with (
        httpx.Client(base_url=shell.env["SERVICE"], headers=headers) as service,
        answering(answer) as server,
    ):
        shell.ok("login", server.url, "--method", "dev", "--username", "admin")
        yield


@contextmanager
def listening(shell: Shell) -> Iterator[list[str]]:
    """The queries that the shell's commands send."""
    queries: list[str] = []

    def listen(_: httpx.Client, _method: str, path: str, reply: Reply) -> Reply:
        queries.append(path.partition("?")[2])
        return reply

    with meddling(shell, listen):
        yield queries
