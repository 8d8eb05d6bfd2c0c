"""`osmo config set ROLE`, `osmo config rename POOL`, and what DATASET loses in a rollback."""

from __future__ import annotations

import json
import re
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


def test_a_pool_gets_another_name(admin: Shell) -> None:
    admin.file("pools.json", json.dumps({"old": {"backend": "gpu-a", "description": "H100"}}))
    admin.ok("config", "update", "POOL", "-f", "pools.json")
    out = admin.ok("config", "rename", "pool", "old", "new", "-d", "moved", "-t", "x")
    assert out == 'Successfully renamed POOL config "old" to "new"\n'
    assert json.loads(admin.ok("config", "show", "POOL", "new", "description")) == "H100"
    assert admin.osmo("config", "show", "POOL", "old").code == 2
    for words, message in (
        (("old", "x"), "not found"),
        (("new", "default"), "already"),
        (("new", "a b"), "not a valid pool name"),
    ):
        done = admin.osmo("config", "rename", "POOL", *words)
        assert (done.code, done.out) == (2, "")
        assert message in done.err
    assert admin.osmo("config", "rename", "BACKEND", "gpu-a", "b").code == 2
    admin.ok("config", "delete", "POOL", "new")


def test_a_rollback_that_would_store_masks_is_refused(admin: Shell) -> None:
    credential = {"access_key_id": "AKIAEXAMPLE", "access_key": "an-example-key"}
    buckets = {
        "one": {"dataset_path": "s3://one/d", "default_credential": credential},
        "two": {"dataset_path": "s3://two/d"},
    }
    admin.file("buckets.json", json.dumps({"buckets": buckets}))
    admin.ok("config", "update", "DATASET", "-f", "buckets.json")
    deleted = admin.osmo("config", "delete", "DATASET", "two")
    assert deleted.code == 0
    assert "masks" in deleted.err
    newest = json.loads(admin.ok("config", "history", "DATASET", "-c", "1", "-t", "json"))
    number = newest["configs"][0]["revision"]
    done = admin.osmo("config", "rollback", f"DATASET:{number}")
    assert (done.code, done.out) == (6, "")
    assert "masks in place of secrets" in done.err
    before = admin.osmo("config", "rollback", f"DATASET:{number - 1}")
    assert (before.code, before.err.count("warning")) == (0, 0)
    assert "two" in json.loads(admin.ok("config", "show", "DATASET"))["buckets"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_backend_of_a_pool_is_looked_up_before_it_is_sent(
    dialect: str, shell: Shell, tmp_path: Path
) -> None:
    with serving(tmp_path / "service", dialect=dialect) as service:
        shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        shell.file("pool.json", '{\n  "backend": "gpu-z"\n}')
        words = ("config", "update", "POOL", "research", "--file", "pool.json", "--create")
        refused = shell.osmo(*words)
        assert (refused.code, refused.out) == (2, "")
        assert "pool.json:2:14: backend: BACKEND not found" in refused.err
        assert shell.osmo("config", "show", "POOL", "research").code == 2
        # The service accepts it in the whole type.
        shell.file("pools.json", '{"research": {"backend": "gpu-z"}}')
        done = shell.osmo("config", "update", "POOL", "--file", "pools.json")
        assert done.code == 0
        assert "research.backend: BACKEND not found" in done.err
        # What is stored already is not judged again, and the service's error is explained.
        shell.file("pool.json", '{"backend": "gpu-z", "description": "new"}')
        done = shell.osmo("config", "update", "POOL", "research", "--file", "pool.json")
        assert done.code == 0
        assert "answered with an error, but the change is stored" in done.err
        shell.file("pool.json", '{"backend": "gpu-a"}')
        done = shell.osmo("config", "update", "POOL", "research", "--file", "pool.json")
        assert (done.code, "warning" in done.err) == (0, False)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_rollback_that_needs_a_deleted_template_is_refused(
    dialect: str, shell: Shell, tmp_path: Path
) -> None:
    with serving(tmp_path / "service", dialect=dialect) as service:
        shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        shell.file("template.json", "{}")
        shell.ok("config", "update", "POD_TEMPLATE", "t1", "-f", "template.json", "--create")
        shell.file("pool.json", '{"backend": "gpu-a", "common_pod_template": ["t1"]}')
        done = shell.osmo("config", "update", "POOL", "research", "-f", "pool.json", "--create")
        revision = re.search(r"stored as revision (\d+)", done.err)
        assert revision is not None
        shell.file("pool.json", '{"common_pod_template": []}')
        shell.ok("config", "update", "POOL", "research", "-f", "pool.json")
        shell.ok("config", "delete", "POD_TEMPLATE", "t1")
        words = ("config", "rollback", f"POOL:{revision[1]}")
        refused = shell.osmo(*words)
        assert (refused.code, refused.out) == (6, "")
        assert "POD_TEMPLATE t1 (of research)" in refused.err
        assert "research" in shell.ok("config", "show", "POOL")
        forced = shell.osmo(*words, "--force")
        assert forced.code in (1, 2)
        assert "half-way" in forced.err
        shell.ok("config", "update", "POD_TEMPLATE", "t1", "-f", "template.json", "--create")
        shell.ok(*words)
        shown = shell.ok("config", "show", "POOL", "research", "common_pod_template")
        assert json.loads(shown) == ["t1"]


def test_an_empty_item_is_created(admin: Shell) -> None:
    admin.file("empty.json", "{}")
    words = ("config", "update", "POD_TEMPLATE", "empty", "--file", "empty.json")
    assert admin.ok(*words, "--create") == "Successfully updated POD_TEMPLATE config\n"
    assert json.loads(admin.ok("config", "show", "POD_TEMPLATE", "empty")) == {}
    assert admin.ok(*words) == "No changes were made to the config.\n"
    history = json.loads(admin.ok("config", "history", "POD_TEMPLATE", "-c", "1", "-t", "json"))
    assert history["configs"][0]["description"] == "Create POD_TEMPLATE empty"
