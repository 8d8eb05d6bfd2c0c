"""`osmo config plan`: what a directory would change, without changing it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.config_directories import CONFIGS, local_shell, write_configs
from tests.support.processes import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return local_shell(tmp_path, "6.3")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_changes_are_shown_in_the_order_of_what_names_what(dialect: str, tmp_path: Path) -> None:
    shell = local_shell(tmp_path, dialect)
    write_configs(shell, CONFIGS)
    result = shell.osmo("config", "plan", "configs", "--exit-code")
    assert result.code == 5, result
    headings = re.findall(r"^([+~-] .*) \(", result.out, re.MULTILINE)
    assert headings == [
        "~ update WORKFLOW",
        "+ create POD_TEMPLATE a100",
        "~ update BACKEND gpu-a",
        "+ create POOL research",
    ]
    assert "    ~ max_num_tasks: 20 -> 50\n" in result.out
    assert "Plan: 2 to create, 2 to change, 0 to delete; 0 unchanged." in result.out


def test_a_plan_sends_gets_only_and_one_list_request_for_each_type(shell: Shell) -> None:
    write_configs(shell, CONFIGS)
    shell.ok("config", "plan", "configs")  # learns the version
    sent = shell.osmo("--debug", "config", "plan", "configs", "--prune").err
    requests = re.findall(r"^debug: ([A-Z]+) (\S+)", sent, re.MULTILINE)
    assert {method for method, _ in requests} == {"GET"}
    assert len(requests) == len(set(requests)), requests


def test_nothing_to_do_exits_with_0(shell: Shell) -> None:
    write_configs(shell, {"workflow.yaml": {"max_num_tasks": 20}})
    result = shell.osmo("config", "plan", "configs", "--exit-code")
    assert (result.code, result.out) == (0, "Nothing to do: 1 unchanged.\n")


def test_items_without_a_file_are_named_and_deleted_only_with_prune(shell: Shell) -> None:
    for name in ("old-1", "old-2"):
        words = ("config", "update", "POD_TEMPLATE", name, "--create", "-f", "-")
        shell.ok(*words, input='{"spec": {}}')
    write_configs(shell, {"pod_template/new.json": {"spec": {}}})
    kept = shell.osmo("config", "plan", "configs")
    assert "delete" not in kept.out.replace("0 to delete", "")
    assert "on the service, but not in the input: POD_TEMPLATE old-1, old-2" in kept.err
    pruned = json.loads(shell.ok("config", "plan", "configs", "--prune", "-t", "json"))
    deleted = [change["name"] for change in pruned["changes"] if change["action"] == "delete"]
    # What every service has of itself stays.
    assert deleted == ["old-1", "old-2"]


def test_what_is_still_in_use_is_not_deleted(shell: Shell) -> None:
    write_configs(shell, CONFIGS)
    for kind, name, file in (
        ("POD_TEMPLATE", "a100", "pod_template/a100.json"),
        ("POOL", "research", "pool/research.yaml"),
    ):
        shell.ok("config", "update", kind, name, "--create", "-f", f"configs/{file}")
    write_configs(shell, {"pod_template/other.json": {"spec": {}}}, "templates")
    result = shell.osmo("config", "plan", "templates", "--prune")
    assert result.code == 2
    assert "cannot delete POD_TEMPLATE a100: POOL research uses it" in result.err


def test_type_and_name_limit_the_plan(shell: Shell) -> None:
    items = {f"pod_template/team-{n}.json": {"spec": {}} for n in range(3)}
    write_configs(shell, CONFIGS | items)

    def names(*words: str) -> list[str | None]:
        plan = json.loads(shell.ok("config", "plan", "configs", "-t", "json", *words))
        return [change["name"] for change in plan["changes"]]

    assert names("--type", "WORKFLOW", "backend") == [None, "gpu-a"]
    assert names("--name", "team-[01]", "research", "--type", "pod_template") == [
        "team-0",
        "team-1",
    ]


def test_a_file_of_a_whole_type_is_taken_apart(shell: Shell) -> None:
    write_configs(shell, {"pod_template.json": {"a": {"spec": {}}, "b": {"spec": {"x": 1}}}})
    plan = json.loads(shell.ok("config", "plan", "configs", "-t", "json"))
    assert [(item["action"], item["name"]) for item in plan["changes"]] == [
        ("create", "a"),
        ("create", "b"),
    ]


def test_every_problem_is_reported_with_its_place_and_nothing_is_planned(shell: Shell) -> None:
    write_configs(
        shell,
        {
            "workflow.yaml": {"max_num_task": 3},
            "pool/a.json": {"backend": "gpu-a", "description": "", "common_pod_template": ["x"]},
            "pool/b.json": {"backend": "gpu-z", "description": ""},
            "backend/gpu-q.json": {"description": ""},
            "pod_template/9.json": {"spec": {}},
        },
    )
    result = shell.osmo("config", "plan", "configs")
    assert (result.code, result.out) == (2, "")
    for place in (
        "configs/workflow.yaml:1:1: max_num_task: unknown field",
        ": common_pod_template[0]: POD_TEMPLATE not found on the service",
        "configs/pool/b.json:1:13: backend: BACKEND not found on the service",
        "configs/backend/gpu-q.json:1:1: BACKEND gpu-q not found on the service",
        'configs/pod_template/9.json:1:1: invalid name "9"',
    ):
        assert place in result.err


def test_the_digest_names_the_wanted_state_and_what_it_is_based_on(shell: Shell) -> None:
    def digest() -> str:
        return str(json.loads(shell.ok("config", "plan", "configs", "-t", "json"))["digest"])

    write_configs(shell, CONFIGS)
    first = digest()
    assert digest() == first
    write_configs(shell, {"workflow.yaml": {"max_num_tasks": 51}})
    assert digest() != first
    write_configs(shell, CONFIGS)
    assert digest() == first
    shell.ok("config", "update", "POOL", "default", "-f", "-", input='{"description": "x"}')
    assert digest() != first


def test_markdown_fits_a_comment_and_nothing_breaks_out_of_its_fence(shell: Shell) -> None:
    values = {f"k{n}": "```\n</details><script>" for n in range(40)}
    items = {f"pod_template/t{n}.json": {"spec": values} for n in range(100)}
    write_configs(shell, items)
    text = shell.ok("config", "plan", "configs", "-t", "markdown")
    assert len(text) < 60_000
    assert "more changes do not fit here" in text
    assert "Digest: `" in text
    fences = re.findall(r"^(`{3,})", text, re.MULTILINE)
    # Each block is opened and closed by a fence longer than any run of backticks in it.
    assert fences[::2] == fences[1::2]
    assert "````" in fences
