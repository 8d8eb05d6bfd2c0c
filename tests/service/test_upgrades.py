"""A service that is upgraded, or downgraded, at the same address between two commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.between import UPDATE
from tests.support.databases import new_database
from tests.support.faulty import Reply, answering, json_reply
from tests.support.fronted import Forward, Fronted, fronted
from tests.support.loopback import Request, answer
from tests.support.processes import Result, Shell, serving

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


@pytest.mark.sample(1)
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


@pytest.fixture
def upgraded(shell: Shell, tmp_path: Path) -> Iterator[Fronted]:
    """A service of 6.2 that the shell takes for the 6.0 that it was: a service token's route moved.

    Both call themselves 6.0.0.
    """
    databases = {name: tmp_path / f"{name}.db" for name in ("6.0", "6.2")}
    for name, db in databases.items():
        new_database(db, name)
    with fronted(databases["6.0"]) as service:
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        shell.ok("token", "list")
        service.open(databases["6.2"])
        yield service


def delete(shell: Shell) -> Result:
    return shell.osmo("token", "delete", "bot", "--service")


def new_token(service: Fronted, shell: Shell) -> None:
    other = Shell.at(shell.home / "other", OSMO_URL=service.url, OSMO_TOKEN="e30.e30.e30")
    other.ok("token", "set", "bot", "--service", "--roles", "osmo-backend", "--no-store")


def deletions(service: Fronted) -> list[str]:
    return [ask.target for ask in service.server.requests if ask.method == "DELETE"]


def test_a_deletion_follows_its_route(upgraded: Fronted, shell: Shell) -> None:
    new_token(upgraded, shell)
    done = delete(shell)
    assert done.code == 0, done.err
    assert len(deletions(upgraded)) == 2
    assert upgraded.ask("/api/auth/user/bot/access_token") == []


def test_a_deletion_that_was_done_is_not_sent_again(upgraded: Fronted, shell: Shell) -> None:
    """What is between deletes the token, and answers that there is no such route."""
    new_token(upgraded, shell)

    def delete_at_first(request: Request, forward: Forward) -> bytes:
        if request.method == "DELETE":
            request.target = "/api/auth/user/bot/access_token/bot"
            forward()
            return answer(404, '{"detail": "Not Found"}')
        return forward()

    upgraded.front = delete_at_first
    done = delete(shell)
    assert (done.code, done.out) == (2, "")
    assert "token bot not found" in done.err
    assert len(deletions(upgraded)) == 1


def test_a_deletion_whose_route_moved_and_that_is_missing(upgraded: Fronted, shell: Shell) -> None:
    done = delete(shell)
    assert (done.code, done.out) == (2, "")
    assert "token bot not found" in done.err
    assert len(deletions(upgraded)) == 1


def test_a_missing_route_after_which_nothing_can_be_read(upgraded: Fronted, shell: Shell) -> None:
    new_token(upgraded, shell)

    def fail_behind(request: Request, forward: Forward) -> bytes:
        if request.method == "DELETE" or deletions(upgraded):
            return answer(404 if request.method == "DELETE" else 503, '{"detail": "Not Found"}')
        return forward()

    upgraded.front = fail_behind
    done = delete(shell)
    assert (done.code, done.out) == (2, "")
    assert "what is stored could not be read: check `osmo token list" in done.err
    assert len(deletions(upgraded)) == 1


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
