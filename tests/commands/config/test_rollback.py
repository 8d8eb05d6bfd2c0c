"""`osmo config rollback`: the state that it stores, what it refuses, and lost answers."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.faulty import Reply, json_reply
from tests.support.processes import OSMO, Service, Shell, serving
from tests.support.stories import meddling, rows


def test_a_rollback_brings_the_old_state_back(author: Shell) -> None:
    words = ("config", "rollback", "backend:3", "--description", "too hot", "--tags", "oops")
    done = author.osmo(*words)
    assert (done.code, done.out) == (0, "Successfully rolled back BACKEND to revision 3.\n")
    assert "stored as revision 6" in done.err
    assert json.loads(author.ok("config", "show", "BACKEND", "gpu-a", "description")) == "first"
    newest = rows(author.ok("config", "history", "BACKEND", "-c", "1"))[0]
    assert newest[5:] == ["Roll back BACKEND to r3: too hot", "oops"]


def test_a_rollback_says_which_backends_it_deletes(author: Shell) -> None:
    done = author.osmo("config", "rollback", "BACKEND:1")
    assert done.code == 0
    assert "gpu-a" in done.err
    assert "comes back only when its operator connects again" in done.err


def test_a_rollback_that_would_end_half_way_is_refused(author: Shell) -> None:
    author.ok("local", "add-backend", "gpu-b", "--db", author.env["DB"])
    author.ok("config", "delete", "BACKEND", "gpu-b")
    done = author.osmo("config", "rollback", "BACKEND:6")
    assert (done.code, done.out) == (6, "")
    assert "gpu-b" in done.err
    assert "--force" in done.err
    forced = author.osmo("config", "rollback", "BACKEND:6", "--force")
    assert (forced.code, forced.out) == (10, "")
    assert "half-way" in forced.err


def test_at_a_terminal_such_a_rollback_is_asked_for(author: Shell) -> None:
    author.ok("local", "add-backend", "gpu-b", "--db", author.env["DB"])
    author.ok("config", "delete", "BACKEND", "gpu-b")
    leader, follower = pty.openpty()
    os.write(leader, b"n\n")
    done = subprocess.run(
        [OSMO, "config", "rollback", "BACKEND:6"],
        env=author.env,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        timeout=60,
    )
    seen = os.read(leader, 65536).decode()
    os.close(leader)
    os.close(follower)
    assert done.returncode == 3
    assert "Go on? [y/N]" in seen


@pytest.mark.parametrize("what", ["BACKEND", "BACKEND:99", "NOPE:1", "BACKEND:x"])
def test_a_rollback_to_nothing_is_refused(stories: tuple[Service, Shell], what: str) -> None:
    done = stories[1].osmo("config", "rollback", what)
    assert (done.code, done.out) == (2, "")


def test_a_rollback_that_the_service_does_not_do_is_no_success(author: Shell) -> None:
    def store_something_else(service: httpx.Client, method: str, path: str, reply: Reply) -> Reply:
        if method == "POST":
            # A fifth revision later, under the name of a rollback, with another content.
            body = {"configs": {"description": "else"}, "description": "Roll back BACKEND to r3"}
            service.post("/api/configs/backend/gpu-a", json=body).raise_for_status()
        return reply

    with meddling(author, store_something_else):
        done = author.osmo("config", "rollback", "BACKEND:3")
    assert (done.code, done.out) == (10, "")
    assert "gpu-a" in done.err
    assert "config diff BACKEND:3 BACKEND" in done.err


def test_a_rollback_with_a_lost_answer_is_looked_up(author: Shell) -> None:
    def fail(_: httpx.Client, method: str, path: str, reply: Reply) -> Reply:
        broken = json_reply({"message": "Internal server error: gone"}, 500)
        return broken if method == "POST" else reply

    with meddling(author, fail):
        done = author.osmo("config", "rollback", "BACKEND:3")
    assert done.code == 0
    assert "but BACKEND is rolled back" in done.err


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
