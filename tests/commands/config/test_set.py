"""`osmo config set ROLE`: the standard role of a backend or a pool."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.processes import Shell, serving

SEMANTIC = [name for name, dialect in DIALECTS.items() if dialect.semantic_roles]


def role(shell: Shell, name: str) -> set[tuple[str, str]]:
    policies = json.loads(shell.ok("config", "show", "ROLE", name, "policies"))
    return {(action_row["path"], action_row["method"]) for action_row in policies[0]["actions"]}


def test_a_backends_role_is_stored_and_read_back(admin: Shell) -> None:
    words = ("config", "set", "role", "agent-a", "backend", "--field", "gpu-a", "-d", "agents")
    assert admin.ok(*words, "-t", "one", "two") == 'Successfully set ROLE config "agent-a"\n'
    assert ("/api/agent/listener/*/*/gpu-a", "*") in role(admin, "agent-a")
    entry = json.loads(admin.ok("config", "history", "ROLE", "-n", "agent-a", "-t", "json"))
    assert entry["configs"][0]["description"] == "agents"
    assert set(entry["configs"][0]["tags"]) == {"one", "two"}


@pytest.mark.parametrize("dialect", SEMANTIC)
def test_where_roles_are_actions_on_resources(dialect: str, shell: Shell, tmp_path: Path) -> None:
    with serving(tmp_path / "service", dialect=dialect) as service:
        shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        words = ("config", "set", "ROLE", "agent-a", "backend", "--field", "gpu-a")
        assert shell.ok(*words) == 'Successfully set ROLE config "agent-a"\n'
        role_now = json.loads(shell.ok("config", "show", "ROLE", "agent-a"))
        assert role_now["policies"][0]["resources"] == ["backend/gpu-a"]
        assert role_now["external_roles"] == ["agent-a"]
        # What the identity provider calls the role is not the generator's to change.
        shell.file("role.json", json.dumps(role_now | {"external_roles": ["of-idp"]}))
        shell.ok("config", "update", "ROLE", "agent-a", "--file", "role.json")
        again = shell.osmo("--debug", *words)
        assert (again.code, again.out) == (0, 'Successfully set ROLE config "agent-a"\n')
        assert "PUT" not in again.err
        shell.ok("config", "set", "ROLE", "osmo-default", "pool")
        pool = json.loads(shell.ok("config", "show", "ROLE", "osmo-default", "policies"))
        assert pool[0]["actions"] == ["workflow:*"]
        # The generated role can be given to a user, whose token has it.
        shell.ok("user", "create", "agent", "--roles", "agent-a")
        shell.ok("token", "set", "t", "--user", "agent")
        listed = json.loads(shell.ok("token", "list", "--user", "agent", "-t", "json"))
        assert listed[0]["roles"] == ["agent-a"]


def test_the_same_role_again_is_not_sent(admin: Shell) -> None:
    words = ("config", "set", "ROLE", "osmo-default", "pool")
    admin.ok(*words)
    done = admin.osmo("--debug", *words)
    assert (done.code, done.out) == (0, 'Successfully set ROLE config "osmo-default"\n')
    assert "PUT" not in done.err
    changed = admin.osmo("config", "set", "ROLE", "osmo-default", "backend", "--field", "gpu-a")
    assert changed.code == 0
    assert "policies" in changed.err


def test_a_role_for_what_does_not_exist_yet_is_stored_and_told(admin: Shell) -> None:
    done = admin.osmo("config", "set", "ROLE", "agent-z", "backend", "--field", "gpu-z")
    assert done.code == 0
    assert "gpu-z does not exist yet" in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ROLE", "a", "backend"), "--field"),
        (("ROLE", "a", "pool"), "osmo-a"),
        (("ROLE", "osmo-a", "pool", "--field", "b"), "without --field"),
        (("ROLE", "a", "user"), "backend or a pool"),
        (("ROLE", "a/../b", "backend", "--field", "gpu-a"), "cannot be part of a role"),
        (("ROLE", "a", "backend", "--field", "*"), "cannot be part of a role"),
        (("BACKEND", "a", "pool"), "creates a ROLE"),
    ],
    ids=" ".join,
)
def test_a_role_that_cannot_be_is_refused(
    admin: Shell, words: tuple[str, ...], message: str
) -> None:
    done = admin.osmo("config", "set", *words)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
