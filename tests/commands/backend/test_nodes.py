"""`osmo backend nodes` and `osmo config update --check-nodes`, in every dialect."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.local.admin import add_backend
from tests.support.databases import new_database
from tests.support.processes import Shell

OK = {"type": "Ready", "status": "True"}


def node(name: str, status: str, **rest: Any) -> dict[str, Any]:
    conditions = [OK, {"type": "Gpu", "status": status}]
    return {
        "kind": "Node",
        "metadata": {"name": name},
        "status": {"conditions": conditions},
        **rest,
    }


NODES = {
    "kind": "List",
    "items": [
        node("good", "True"),
        node("bad", "False"),
        node("cordoned", "False", spec={"unschedulable": True}),
    ],
}


def proposal(dialect: Dialect) -> dict[str, Any]:
    """Node conditions under which Gpu must be True."""
    if "rules" in dialect.node_condition_fields:
        return {"node_conditions": {"rules": {"^Gpu$": "True"}}}
    return {
        "node_conditions": {"additional_node_conditions": ["Gpu"], "ignore_node_conditions": []}
    }


def start(dialect: Dialect) -> dict[str, Any]:
    """Node conditions under which Gpu does not count."""
    if "rules" in dialect.node_condition_fields:
        return {}
    return {"node_conditions": {"ignore_node_conditions": ["Gpu"]}}


@pytest.fixture(params=DIALECTS.values(), ids=lambda row: row.name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    row: Dialect = request.param
    return row


@pytest.fixture
def local(shell: Shell, dialect: Dialect, tmp_path: Path) -> Shell:
    """A shell with a backend gpu-a in the embedded service, and the files."""
    db = tmp_path / "osmo.db"
    new_database(db, dialect.name)
    add_backend(db, "gpu-a")
    shell.env |= {"OSMO_URL": "local", "OSMO_LOCAL_DB": str(db)}
    shell.file("nodes.json", json.dumps(NODES))
    shell.file("file.json", json.dumps(proposal(dialect)))
    if start(dialect):
        shell.file("start.json", json.dumps(start(dialect)))
        shell.ok("config", "update", "BACKEND", "gpu-a", "--file", "start.json")
    return shell


def test_both_sides(local: Shell) -> None:
    words = ("backend", "nodes", "gpu-a", "--nodes", "nodes.json", "--file", "file.json")
    result = local.osmo(*words, "-t", "json", "--exit-code")
    assert result.code == 5
    shown = json.loads(result.out)["nodes"]
    assert [entry["name"] for entry in shown] == ["bad", "good", "cordoned"]
    assert all(entry.keys() == {"name", "live", "proposed"} for entry in shown)
    assert shown[0]["live"] == {"available": True, "reason": ""}
    assert shown[0]["proposed"]["available"] is False
    assert "Gpu is False" in shown[0]["proposed"]["reason"]
    assert shown[1]["proposed"] == {"available": True, "reason": ""}
    assert shown[2]["live"] == {"available": False, "reason": "cordoned"}
    assert "cordoned" in shown[2]["proposed"]["reason"]
    assert local.osmo(*words).out.splitlines()[2].startswith("bad ")


def test_one_side(local: Shell, dialect: Dialect) -> None:
    words = ("backend", "nodes", "--nodes", "nodes.json", "-t", "json", "--exit-code")
    live = local.osmo(*words[:2], "gpu-a", *words[2:])
    assert live.code == 0
    assert [entry["proposed"] for entry in json.loads(live.out)["nodes"]] == [None] * 3
    local.env["OSMO_URL"] = "https://unused.invalid"
    alone = local.osmo(*words, "--file", "file.json", "--dialect", dialect.name)
    assert alone.code == 5
    assert [entry["live"] for entry in json.loads(alone.out)["nodes"]] == [None] * 3


def test_an_update_that_takes_nodes_out_is_refused(local: Shell) -> None:
    words = ("config", "update", "BACKEND", "gpu-a", "--file", "file.json")
    before = local.ok("config", "show", "BACKEND", "gpu-a")
    for more in ((), ("--dry-run",)):
        result = local.osmo(*words, "--check-nodes", "nodes.json", *more)
        assert result.code == 2
        assert "makes 1 of 3 nodes unavailable (bad)" in result.err
    after = local.ok("config", "show", "BACKEND", "gpu-a")
    assert json.loads(after)["node_conditions"] == json.loads(before)["node_conditions"]
    local.ok(*words, "--check-nodes", "nodes.json", "--max-unavailable", "1")
    # Done already, so nothing becomes unavailable.
    local.ok(*words, "--check-nodes", "nodes.json")


NEWEST = pytest.mark.parametrize("dialect", [DIALECTS["6.2"]], indirect=True, ids=["6.2"])


@NEWEST
@pytest.mark.parametrize(
    "words",
    [
        "backend nodes",
        "backend nodes gpu-a --dialect 6.2 --nodes nodes.json",
        "backend nodes gpu-a --nodes nodes.json --kube-context x",
        "backend nodes gpu-a --nodes - --file -",
        "backend nodes gpu-a --nodes file.json",
        "backend nodes gpu-a --nodes missing.json",
        "backend nodes gpu-b --nodes nodes.json",
        "backend nodes gpu-a --nodes nodes.json --file nodes.json",
        "config update BACKEND --file file.json --check-nodes nodes.json",
        "config update POOL default --file file.json --check-nodes nodes.json",
        "config update BACKEND gpu-a --file - --check-nodes -",
        "config update BACKEND gpu-a --file file.json --max-unavailable 1",
        "config update BACKEND gpu-a --file file.json --check-nodes file.json",
    ],
)
def test_wrong_usage(local: Shell, words: str) -> None:
    result = local.osmo(*words.split())
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert "Traceback" not in result.err


@NEWEST
def test_kubectl_is_run_without_secrets(local: Shell, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    kubectl = tools / "kubectl"
    kubectl.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/words\n'
        f"cat /proc/$$/cmdline /proc/$$/environ > {tmp_path}/process\n"
        f"cat {tmp_path}/list.json\n"
    )
    kubectl.chmod(kubectl.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "list.json").write_text(json.dumps(NODES))
    secrets = {"OSMO_TOKEN": "the-token-of-osmo", "NGC_API_KEY": "nvapi-the-registry-key"}
    local.env |= {"PATH": f"{tools}:/usr/bin:/bin", "KUBECONFIG": "its-own", **secrets}
    assert "cordoned" in local.ok("backend", "nodes", "gpu-a", "--kube-context", "gpu")
    words = (tmp_path / "words").read_text()
    assert words.startswith("--context gpu get nodes -o json")
    process = (tmp_path / "process").read_text()
    assert "KUBECONFIG=its-own" in process
    assert [text for text in secrets.values() if text in process] == []
    kubectl.write_text('#!/bin/sh\necho "attempt" >&2\necho "connection refused" >&2\nexit 1\n')
    result = local.osmo("backend", "nodes", "gpu-a")
    assert result.code == 10
    assert result.err.startswith("error: `kubectl get` failed: connection refused\n")
    local.env |= {"PATH": str(tmp_path)}
    result = local.osmo("backend", "nodes", "gpu-a")
    assert result.code == 2
    assert "kubectl is not on PATH" in result.err


@NEWEST
def test_stored_rules_that_the_operator_refuses(local: Shell) -> None:
    local.file("any.json", '{"node_conditions": {"rules": {"^Disk$": ".*"}}}')
    local.ok("config", "update", "BACKEND", "gpu-a", "--file", "any.json")
    import sqlite3

    with sqlite3.connect(local.env["OSMO_LOCAL_DB"]) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            for row in database.execute(f'PRAGMA table_info("{table}")').fetchall():
                database.execute(
                    f'UPDATE "{table}" SET "{row[1]}" = replace("{row[1]}", ?, ?) '
                    f'WHERE instr("{row[1]}", ?)',
                    ("^Disk$", "", "^Disk$"),
                )
    result = local.osmo("backend", "nodes", "gpu-a", "--nodes", "nodes.json", "-t", "json")
    assert [entry["live"] for entry in json.loads(result.out)["nodes"]] == [None] * 3
    assert "the operator refuses the rule" in result.err
