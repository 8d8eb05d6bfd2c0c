"""A service that is upgraded, or downgraded, at the same address between two commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.between import UPDATE
from tests.support.faulty import Reply, answering, json_reply
from tests.support.processes import Shell, serving

NAMES = list(DIALECTS)
STEPS = [*pairwise(NAMES), *pairwise(reversed(NAMES)), (NAMES[0], NAMES[-1])]


class Upgrades:
    """Serves one dialect after another on the same port."""

    def __init__(self, shell: Shell, folder: Path) -> None:
        self._shell, self._folder, self._port = shell, folder, 0

    def run(self, dialect: str, action: Callable[[], None]) -> None:
        """Serve `dialect` while `action` runs."""
        database = ("--db", str(self._folder / "service.db"))
        if self._port:
            self._shell.ok("local", "reset", *database, "--dialect", dialect)
        with serving(self._folder, dialect=dialect, port=self._port) as service:
            self._port = int(service.url.rpartition(":")[2])
            action()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"


@pytest.mark.parametrize(("old", "new"), STEPS)
def test_the_version_command_is_always_right(
    old: str, new: str, shell: Shell, tmp_path: Path
) -> None:
    upgrades = Upgrades(shell, tmp_path / "service")

    def first() -> None:
        shell.ok("login", upgrades.url, "--method", "dev", "--username", "admin")
        assert json.loads(shell.ok("version", "-t", "json"))["dialect"] == old

    def then() -> None:
        version = json.loads(shell.ok("version", "-t", "json"))
        assert (version["dialect"], version["service"]) == (new, DIALECTS[new].version)

    upgrades.run(old, first)
    upgrades.run(new, then)


@pytest.mark.parametrize(("old", "new"), [("6.0", "6.2"), ("6.2", "6.0"), ("seed", "6.4")])
@pytest.mark.parametrize(
    "words",
    [
        ("token", "list"),
        ("token", "list", "--service"),
        ("token", "set", "laptop", "--service", "--roles", "osmo-backend", "--no-store"),
    ],
)
def test_a_route_that_moved_is_found(
    old: str, new: str, words: tuple[str, ...], shell: Shell, tmp_path: Path
) -> None:
    """Both versions report the same number, or the command does not ask for it."""
    upgrades = Upgrades(shell, tmp_path / "service")

    def first() -> None:
        shell.ok("login", upgrades.url, "--method", "dev", "--username", "admin")
        shell.ok("token", "list")

    upgrades.run(old, first)
    upgrades.run(new, lambda: shell.ok(*words) and None)


def test_a_newer_service_is_used_with_one_note(shell: Shell) -> None:
    newest = next(reversed(DIALECTS))

    def answer(method: str, path: str, body: bytes) -> Reply:
        if path == "/api/version":
            return json_reply({"major": "7", "minor": "1", "revision": "0", "hash": ""})
        if path == "/api/auth/access_token":
            return json_reply([])
        return Reply(403, b"access denied", {"content-type": "text/plain"})

    note = f"the service's version 7.1.0 is newer than this osmo knows; it is used as {newest}"
    with answering(answer) as server:
        shell.ok("login", server.url, "--method", "dev", "--username", "admin")
        for _ in range(2):
            listed = shell.osmo("token", "list")
            assert (listed.code, listed.out) == (0, "No tokens found\n")
            assert listed.err.count(note) == 1


def test_an_upgrade_from_seed_to_6_0_is_noticed(shell: Shell) -> None:
    """Both call themselves 6.0.0; only the stored object shows the change."""
    shell.ok("login", "local")
    shell.ok("local", "add-backend", "gpu-a")
    shell.file("new.json", '{"node_conditions": {"additional_node_conditions": ["GpuHealthy"]}}')
    assert shell.ok(*UPDATE) == "Successfully updated BACKEND config\n"
    shell.ok("local", "reset", "--dialect", "6.0")
    shell.ok("local", "add-backend", "gpu-a")
    result = shell.osmo(*UPDATE)
    assert (result.code, result.out) == (2, "")
    assert "6.0 does not have this field and would ignore it" in result.err


def test_an_upgrade_to_6_2_is_noticed(shell: Shell) -> None:
    """It calls itself 6.0.0, too."""
    shell.ok("local", "reset", "--dialect", "6.0")
    shell.ok("login", "local")
    shell.file("group.json", '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}}')
    shell.file("new.json", '{"scheduler_settings": {"coscheduling": true}}')
    shell.ok("local", "add-backend", "gpu-a")
    words = ("config", "update", "GROUP_TEMPLATE", "m", "--create", "--file", "group.json")
    assert "this service has no GROUP_TEMPLATE" in shell.osmo(*words).err
    shell.ok("local", "reset", "--dialect", "6.2")
    shell.ok("local", "add-backend", "gpu-a")
    assert "coscheduling: not sent: 6.2 does not have this field" in shell.osmo(*UPDATE).err
    shell.ok("local", "reset", "--dialect", "6.0")
    assert "this service has no GROUP_TEMPLATE" in shell.osmo("config", "show", words[2]).err
    shell.ok("local", "reset", "--dialect", "6.2")
    assert shell.ok(*words) == "Successfully updated GROUP_TEMPLATE config\n"
