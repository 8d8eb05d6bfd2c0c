"""`osmo config apply`: what a directory asks for is stored once, and interruptions are resumed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.plan import execution
from tests.support.config_directories import CONFIGS, local_shell, write_configs
from tests.support.processes import Shell, on_terminal


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return local_shell(tmp_path, "6.3")


def revisions(shell: Shell, kind: str) -> list[dict[str, Any]]:
    answer = json.loads(shell.ok("config", "history", kind, "-t", "json"))
    entries: list[dict[str, Any]] = answer["configs"] if isinstance(answer, dict) else answer
    return entries


@pytest.mark.parametrize("dialect", DIALECTS)
def test_afterwards_there_is_nothing_to_do(dialect: str, tmp_path: Path) -> None:
    shell = local_shell(tmp_path, dialect)
    roles = {"role/r.json": {"name": "r", "description": "d", "policies": []}}
    write_configs(shell, {**CONFIGS, **roles})
    result = shell.osmo("config", "apply", "configs", "--yes")
    assert result.code == 0, result
    again = shell.osmo("config", "plan", "configs", "--exit-code")
    assert (again.code, again.out) == (0, "Nothing to do: 5 unchanged.\n"), again


def test_many_templates_are_one_write(shell: Shell) -> None:
    write_configs(shell, {f"pod_template/t{n}.json": {"spec": {"n": n}} for n in range(300)})
    sent = shell.osmo("--debug", "config", "apply", "configs", "--yes").err
    writes = re.findall(r"^debug: (?!GET)([A-Z]+) (\S+)", sent, re.MULTILINE)
    # The rollback asks whether the service is in ConfigMap mode, and changes nothing.
    assert [path for _, path in writes if "rollback" not in path] == ["/api/configs/pod_template"]


def test_on_a_terminal_the_plan_is_shown_and_asked_for_once(shell: Shell) -> None:
    write_configs(shell, CONFIGS)
    declined = on_terminal(shell, "config", "apply", "configs", typed="\n")
    assert declined.code == 3
    assert "Plan: " in declined.out
    assert declined.out.count("[y/N]") == declined.out.count("Apply this plan? [y/N]") == 1
    assert "nothing was sent" in declined.out
    agreed = on_terminal(shell, "config", "apply", "configs", typed="y\n")
    assert agreed.code == 0, agreed
    assert "Successfully applied" in agreed.out


def test_off_a_terminal_yes_or_the_digest_is_needed(shell: Shell) -> None:
    write_configs(shell, CONFIGS)
    refused = shell.osmo("config", "apply", "configs")
    assert refused.code == 2
    assert "--yes or --digest" in refused.err
    digest = json.loads(shell.ok("config", "plan", "configs", "-t", "json"))["digest"]
    shell.ok("config", "update", "POOL", "default", "-f", "-", input='{"description": "x"}')
    moved = shell.osmo("config", "apply", "configs", "--digest", digest)
    assert moved.code == 6
    digest = json.loads(shell.ok("config", "plan", "configs", "-t", "json"))["digest"]
    shell.ok("config", "apply", "configs", "--digest", digest)


def test_too_many_changes_are_refused_before_the_first_write(shell: Shell) -> None:
    items = {f"pod_template/t{n}.json": {"spec": {"n": n}} for n in range(20)}
    write_configs(shell, items)
    shell.ok("config", "apply", "configs", "--yes")
    write_configs(shell, {name: {"spec": {"n": -1}} for name in items})
    before = len(revisions(shell, "POD_TEMPLATE"))
    refused = shell.osmo("config", "apply", "configs", "--yes")
    assert refused.code == 2
    assert "changes 20 of 22 objects of POD_TEMPLATE, more than 30%" in refused.err
    assert len(revisions(shell, "POD_TEMPLATE")) == before
    shell.ok("config", "apply", "configs", "--yes", "--max-changes", "20")


def test_prune_deletes_in_reverse_order(shell: Shell) -> None:
    write_configs(shell, CONFIGS)
    shell.ok("config", "apply", "configs", "--yes")
    write_configs(
        shell,
        {
            "pod_template/x.json": {"spec": {}},
            "pool/p.json": {"backend": "gpu-a", "description": ""},
        },
        "others",
    )
    shell.ok(
        "config", "apply", "others", "--yes", "--prune", "--name", "a100", "research", "x", "p"
    )
    assert "a100" not in json.loads(shell.ok("config", "show", "POD_TEMPLATE"))
    pools = json.loads(shell.ok("config", "show", "POOL"))
    assert set(pools.get("pools", pools)) == {"default", "p"}


@pytest.mark.sample(3)
@pytest.mark.parametrize("point", range(1, 5))
@pytest.mark.parametrize("stored", [False, True])
def test_an_interrupted_apply_is_resumed_and_writes_nothing_twice(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, point: int, stored: bool
) -> None:
    secret = {
        "workflow_log": {
            "credential": {
                "endpoint": "s3://logs",
                "access_key_id": "AKIA",
                "access_key": "canary-91-Secret",
            }
        }
    }
    configs = {
        **CONFIGS,
        "workflow.yaml": secret,
        "role/r.json": {"name": "r", "description": "d", "policies": []},
    }
    write_configs(shell, configs)
    make = execution.Execution._make
    calls = 0

    def interrupted(self: Any, step: Any, base: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == point and not stored:
            raise KeyboardInterrupt
        result = make(self, step, base)
        if calls == point:
            raise KeyboardInterrupt
        return result

    with monkeypatch.context() as patch:
        patch.setattr(execution.Execution, "_make", interrupted)
        assert shell.osmo("config", "apply", "configs", "--yes").code == 3
    resumed = shell.osmo("config", "apply", "--resume")
    assert resumed.code == 0, resumed
    for kind in ("WORKFLOW", "POD_TEMPLATE", "BACKEND", "POOL", "ROLE"):
        own = [e for e in revisions(shell, kind) if any("apply-" in t for t in e["tags"] or ())]
        assert len(own) == 1, kind
    journals = list(shell.home.rglob("apply/*.jsonl"))
    assert [oct(path.stat().st_mode & 0o777) for path in journals] == ["0o600"]
    assert "canary-91" not in journals[0].read_text() + resumed.out + resumed.err
    assert shell.osmo("config", "apply", "--resume").code == 2


def test_of_two_applies_one_stops_before_its_next_write(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_configs(shell, CONFIGS)
    make = execution.Execution._make
    calls = 0

    def interleaved(self: Any, step: Any, base: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            other = '{"spec": {"by": "another"}}'
            done = shell.process(
                *("config", "update", "POD_TEMPLATE", "b", "--create", "-f", "-"), input=other
            )
            assert done.code == 0, done
        return make(self, step, base)

    monkeypatch.setattr(execution.Execution, "_make", interleaved)
    result = shell.osmo("config", "apply", "configs", "--yes")
    assert result.code == 6, result
    assert calls == 2
    assert "a100" not in json.loads(shell.ok("config", "show", "POD_TEMPLATE"))


def test_on_failure_the_touched_types_are_rolled_back(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_configs(shell, CONFIGS)
    before = json.loads(shell.ok("config", "show", "WORKFLOW"))["max_num_tasks"]
    make = execution.Execution._make

    def failing(self: Any, step: Any, base: Any) -> Any:
        if step.config_type.name == "POOL":
            raise execution.OsmoError("the service failed")
        return make(self, step, base)

    monkeypatch.setattr(execution.Execution, "_make", failing)
    result = shell.osmo("config", "apply", "configs", "--yes", "--on-failure", "rollback")
    assert result.code == 2, result
    assert "WORKFLOW is rolled back to revision" in result.err
    assert json.loads(shell.ok("config", "show", "WORKFLOW"))["max_num_tasks"] == before
    assert "a100" not in json.loads(shell.ok("config", "show", "POD_TEMPLATE"))
