"""external_roles on services that lose the entries that a write keeps: update, set, rollback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.faulty import Reply, answering, json_reply
from tests.support.processes import Shell, serving

WITH_MAPPINGS = [name for name, dialect in DIALECTS.items() if dialect.semantic_roles]
POLICIES = [{"effect": "Allow", "actions": ["pool:List"], "resources": ["*"]}]
FAILURE = json_reply({"message": "Error: connection pool is closed", "error_code": "DATABASE"}, 400)
LIMIT = Reply(429, b"")


@dataclass
class Roles:
    """An administrator in front of a service whose writes may fail.

    Attributes:
        replies: what the next writes are answered with; None passes the service's answer on.
        lost: whether a failed write reaches the service.
        sent: the bodies of the writes.
    """

    shell: Shell
    service: httpx.Client
    replies: list[Reply | None] = field(default_factory=list)
    lost: bool = False
    sent: list[Any] = field(default_factory=list)

    def __call__(self, method: str, path: str, body: bytes) -> Reply:
        reply = None
        if method != "GET":
            self.sent.append(json.loads(body))
            reply = self.replies.pop(0) if self.replies else None
        if reply is None or self.lost:
            answer = self.service.request(method, path, content=body)
            reply = reply or Reply(answer.status_code, answer.content)
        return reply

    def update(self, value: Any, *words: str) -> Any:
        self.sent.clear()
        self.shell.file("role.json", json.dumps(value))
        return self.shell.osmo("config", "update", "ROLE", *words, "--file", "role.json")

    def mapping(self, name: str) -> list[str]:
        mapped = self.service.get(f"/api/configs/role/{name}").json()["external_roles"]
        assert isinstance(mapped, list)
        return mapped


@pytest.fixture(params=WITH_MAPPINGS)
def roles(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Roles]:
    headers = {"x-osmo-user": "admin", "content-type": "application/json"}
    with (
        serving(tmp_path / "service", dialect=request.param) as service,
        httpx.Client(base_url=service.url, headers=headers) as client,
    ):
        mapped = Roles(Shell.at(tmp_path / "user"), client)
        with answering(mapped) as server:
            mapped.shell.ok("login", server.url, "--method", "dev", "--username", "admin")
            yield mapped


def role(name: str, *mapping: str, **fields: Any) -> dict[str, Any]:
    fields = {"description": "d", "policies": POLICIES} | fields
    return {"name": name, **fields, **({"external_roles": list(mapping)} if mapping else {})}


CASES: list[tuple[list[str], list[str], int]] = [
    (["a"], ["a"], 1),
    (["a", "b"], ["b", "a"], 1),
    (["b", "c"], ["c", "d"], 2),
    (["c", "d"], ["c", "d", "e"], 2),
    (["a", "b"], ["a"], 2),
    (["a"], ["b"], 1),
    (["a"], [], 1),
    ([], ["a"], 1),
]


@pytest.mark.sample(3)
@pytest.mark.parametrize(("before", "after", "requests"), CASES)
def test_an_update_keeps_and_changes_mappings(
    roles: Roles, before: list[str], after: list[str], requests: int
) -> None:
    assert roles.update(role("ops") | {"external_roles": before}, "ops", "--create").code == 0
    assert roles.mapping("ops") == before
    wanted = role("ops", description="new") | {"external_roles": after}
    done = roles.update(wanted, "ops")
    assert (done.code, done.out) == (0, "Successfully updated ROLE config\n"), done
    assert roles.mapping("ops") == sorted(after)
    assert len(roles.sent) == requests
    again = roles.update(wanted, "ops")
    assert (again.code, again.out) == (0, "No changes were made to the config.\n"), again
    assert not roles.sent


def test_a_field_that_is_left_out_keeps_the_mapping(roles: Roles) -> None:
    roles.update(role("ops", "team"), "ops", "--create")
    assert roles.update(role("ops", description="new"), "ops").code == 0
    assert roles.mapping("ops") == ["team"]


def test_the_whole_type_keeps_mappings(roles: Roles) -> None:
    listed = roles.service.get("/api/configs/role").json()
    before = {item["name"]: item["external_roles"] for item in listed}
    changed = [item | {"description": "new"} for item in listed]
    assert roles.update([*changed, role("ops", "x", "y")]).code == 0
    assert len(roles.sent) == 1
    for name, mapping in before.items():
        assert roles.mapping(name) == mapping
    assert roles.update([role("ops", "y", "z", sync_mode="import"), role("new")]).code == 0
    assert len(roles.sent) == 2
    assert (roles.mapping("ops"), roles.mapping("new")) == (["y", "z"], ["new"])


def test_a_standard_role_keeps_its_mapping(roles: Roles) -> None:
    roles.update(role("agent", "idp-agents", "more"), "agent", "--create")
    words = ("config", "set", "ROLE", "agent", "backend", "--field", "gpu-a")
    roles.shell.ok(*words)
    assert roles.mapping("agent") == ["idp-agents", "more"]


def test_a_dry_run_shows_both_requests(roles: Roles) -> None:
    roles.update(role("ops", "a", "b"), "ops", "--create")
    done = roles.update(role("ops", "b", "c"), "ops", "--dry-run", "--format-type", "json")
    requests = json.loads(done.out)["requests"]
    mappings = [request["body"]["configs"]["external_roles"] for request in requests]
    assert (mappings, roles.sent) == ([[], ["b", "c"]], [])


@pytest.mark.parametrize("lost", [True, False], ids=["lost answer", "lost request"])
def test_a_second_request_that_fails_is_repaired(roles: Roles, lost: bool) -> None:
    roles.update(role("ops", "a", "b"), "ops", "--create")
    roles.lost, roles.replies = lost, [None, FAILURE]
    done = roles.update(role("ops", "b", "c"), "ops")
    assert (done.code, done.out) == (0, "Successfully updated ROLE config\n"), done
    assert roles.mapping("ops") == ["b", "c"]
    assert len(roles.sent) == (2 if lost else 3)


@pytest.mark.parametrize("reply", [FAILURE, LIMIT], ids=["failure", "limit"])
def test_what_cannot_be_repaired_is_told(roles: Roles, reply: Reply) -> None:
    roles.update(role("ops", "a", "b"), "ops", "--create")
    # Reads are repeated by themselves, writes never.
    roles.replies = [None, reply, reply]
    done = roles.update(role("ops", "b", "c"), "ops")
    assert done.code in (10, 75)
    assert done.out == ""
    assert "half-way, and this is not as wanted: external_roles" in done.err
    assert roles.mapping("ops") == []
    assert roles.update(role("ops", "b", "c"), "ops").code == 0
    assert roles.mapping("ops") == ["b", "c"]


def revision(roles: Roles) -> str:
    query = {"config_types": "ROLE", "order": "DESC", "limit": "1"}
    entries = roles.service.get("/api/configs/history", params=query).json()["configs"]
    return f"ROLE:{entries[0]['revision']}"


Meddle = Callable[[Roles], None]


def change_mapping(roles: Roles) -> None:
    roles.update(role("ops", "c"), "ops")


def change_description(roles: Roles) -> None:
    roles.update(role("ops", description="new"), "ops")


def delete(roles: Roles) -> None:
    roles.shell.ok("config", "delete", "ROLE", "ops")


@pytest.mark.sample(1)
@pytest.mark.parametrize("meddle", [change_mapping, change_description, delete])
def test_a_rollback_restores_the_mappings_of_the_revision(roles: Roles, meddle: Meddle) -> None:
    roles.update(role("ops", "a", "b"), "ops", "--create")
    wanted = revision(roles)
    before = {item["name"]: item for item in roles.service.get("/api/configs/role").json()}
    meddle(roles)
    done = roles.shell.osmo("config", "rollback", wanted)
    assert done.code == 0, done
    after = {item["name"]: item for item in roles.service.get("/api/configs/role").json()}
    assert after == before


def test_a_rollback_whose_mappings_cannot_be_restored_is_told(roles: Roles) -> None:
    roles.update(role("ops", "a", "b"), "ops", "--create")
    wanted = revision(roles)
    change_description(roles)
    roles.replies = [None, FAILURE]
    done = roles.shell.osmo("config", "rollback", wanted)
    assert (done.code, done.out) == (10, "")
    assert "is rolled back" in done.err
    assert "external_roles of" in done.err
    assert f"osmo config rollback {wanted}" in done.err
    assert roles.shell.osmo("config", "rollback", wanted).code == 0
    assert roles.mapping("ops") == ["a", "b"]
