"""`osmo config drift`: what a service has that the files do not, and which revision brought it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES
from tests.support.config_directories import local_shell, write_configs
from tests.support.processes import Shell

FILES = {
    "workflow.yaml": {"max_num_tasks": 50},
    "pod_template/a.json": {"spec": {"nodeSelector": {"gpu": "a"}}},
    "pod_template/b.json": {"spec": {"nodeSelector": {"gpu": "b"}}},
    "role/r.json": {"name": "r", "description": "R", "policies": []},
}
TYPES = ("--type", "WORKFLOW", "POD_TEMPLATE", "ROLE", "--name", "a", "b", "c", "r")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = local_shell(tmp_path, "6.3")
    write_configs(shell, FILES)
    shell.ok("config", "apply", "configs", "--yes")
    return shell


def update(shell: Shell, kind: str, name: str | None, content: Any, *words: str) -> None:
    item = () if name is None else (name,)
    text = json.dumps(content)
    shell.ok("config", "update", kind, *item, "--create", "-f", "-", *words, input=text)


def drift(shell: Shell, *words: str) -> dict[tuple[str, str | None], dict[str, Any]]:
    data = json.loads(shell.ok("config", "drift", "configs", "-t", "json", *words))
    return {(item["type"], item["name"]): item for item in data["drift"]}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_difference_has_the_revision_that_brought_it(dialect: str, tmp_path: Path) -> None:
    shell = local_shell(tmp_path, dialect)
    write_configs(shell, FILES)
    shell.ok("config", "apply", "configs", "--yes")
    names = ("--name", "a", "b", "c", "r")
    same = shell.osmo("config", "drift", "configs", *names, "--exit-code")
    assert (same.code, same.out) == (0, "No drift: 3 unchanged.\n"), same
    wanted = {"spec": {"nodeSelector": {"gpu": "x"}}}
    update(shell, "POD_TEMPLATE", "a", wanted, "-d", "hot fix\nat night")
    update(shell, "POD_TEMPLATE", "c", {"spec": {"hostNetwork": True}}, "-d", "trial")
    shell.ok("config", "delete", "POD_TEMPLATE", "b", "-d", "tidied")
    update(shell, "ROLE", "r", {"name": "r", "description": "Changed", "policies": []})
    result = shell.osmo("config", "drift", "configs", *names, "--exit-code")
    assert result.code == 5, result
    text = result.out
    for line in (
        "~ changed on the service: POD_TEMPLATE a (configs/pod_template/a.json)\n"
        '    spec.nodeSelector.gpu: "x" (in the file: "a")\n'
        "      changed in revision ",
        ": hot fix at night\n",
        "- missing on the service: POD_TEMPLATE b (configs/pod_template/b.json)\n"
        "    deleted in revision ",
        ": tidied\n",
        "+ only on the service: POD_TEMPLATE c\n    created in revision ",
        ": trial\n",
        "~ changed on the service: ROLE r (configs/role/r.json)\n"
        '    description: "Changed" (in the file: "R")\n      changed in revision ',
        "Drift: 2 changed, 1 only on the service, 1 missing on the service; 0 unchanged.",
    ):
        assert line in text
    assert "unknown revision" not in text


def test_the_newest_revision_with_todays_value_counts(shell: Shell) -> None:
    for number in (60, 70, 60):
        update(shell, "WORKFLOW", None, {"max_num_tasks": number}, "-d", f"to {number}")
    update(shell, "WORKFLOW", None, {"max_num_ports_per_task": 7}, "-d", "ports")
    [fields] = [item["fields"] for item in drift(shell, "--type", "WORKFLOW").values()]
    [field] = [field for field in fields if field["path"] == "max_num_tasks"]
    assert (field["in_file"], field["on_service"]) == (50, 60)
    origin = field["revision"]
    revisions = json.loads(shell.ok("config", "history", "WORKFLOW", "-t", "json"))["configs"]
    assert origin["description"] == "to 60"
    assert origin["number"] == revisions[-2]["revision"]
    assert origin["created_at"] == revisions[-2]["created_at"]


def test_the_revision_is_unknown_where_it_was_deleted(shell: Shell) -> None:
    update(shell, "POD_TEMPLATE", "a", {"spec": {"hostNetwork": True}}, "-d", "hidden")
    update(shell, "POD_TEMPLATE", "c", {"spec": {}})
    revisions = json.loads(shell.ok("config", "history", "POD_TEMPLATE", "-t", "json"))["configs"]
    shell.ok("config", "delete", f"POD_TEMPLATE:{revisions[-2]['revision']}")
    deviations = drift(shell, *TYPES)
    assert {field["revision"] for field in deviations["POD_TEMPLATE", "a"]["fields"]} == {None}
    assert deviations["POD_TEMPLATE", "c"]["revision"]["number"] == revisions[-1]["revision"]
    assert "changed in an unknown revision" in shell.ok("config", "drift", "configs", *TYPES)


def test_the_history_is_read_only_of_types_that_differ(shell: Shell) -> None:
    update(shell, "POD_TEMPLATE", "a", {"spec": {"hostNetwork": True}})
    debug = shell.osmo("--debug", "config", "drift", "configs", *TYPES).err
    # The newest revisions of all types, the list of one type, and three states of it.
    assert debug.count("/api/configs/history ->") <= 5
    shell.ok("config", "apply", "configs", "--yes", "--max-changes", "5")
    debug = shell.osmo("--debug", "config", "drift", "configs", *TYPES).err
    assert debug.count("/api/configs/history ->") == 1


def test_what_a_plan_refuses_is_drift(shell: Shell) -> None:
    pool = {"description": "P", "backend": "gpu-q", "common_pod_template": ["a"]}
    write_configs(shell, {"backend/gpu-q.json": {"description": "Q"}, "pool/p.json": pool})
    assert shell.osmo("config", "plan", "configs").code == 2
    deviations = drift(shell, "--name", "gpu-q", "p")
    assert {key: item["deviation"] for key, item in deviations.items()} == {
        ("BACKEND", "gpu-q"): "missing",
        ("POOL", "p"): "missing",
    }
    # An item that something uses is not deleted by a plan.
    write_configs(shell, {"pod_template/a.json": {"spec": {}}}, "templates")
    used = {"description": "", "backend": "gpu-a", "common_pod_template": ["b"]}
    update(shell, "POOL", "uses-b", used)
    assert shell.osmo("config", "plan", "templates", "--prune").code == 2
    assert "only on the service: POD_TEMPLATE b" in shell.ok("config", "drift", "templates")


def test_secrets_are_not_compared_where_nothing_is_known_of_them(shell: Shell) -> None:
    credential = {
        "access_key": "${env:KEY}",
        "access_key_id": "id",
        "endpoint": "s3://logs",
        "region": "eu",
    }
    workflow = {"max_num_tasks": 50, "workflow_log": {"credential": credential}}
    write_configs(shell, {"workflow.yaml": workflow})
    only_workflow = ("--type", "WORKFLOW")
    words = ("config", "apply", "configs", *only_workflow, "--yes")
    shell.env["KEY"] = "very-secret-key"
    shell.ok(*words)
    # Another machine has no fingerprint of what was sent.
    for state in shell.home.rglob("fingerprints*"):
        state.unlink()
    for _ in range(2):
        result = shell.osmo("config", "drift", "configs", *only_workflow, "--exit-code")
        assert (result.code, result.out) == (0, "No drift: 1 unchanged.\n"), result
        assert "very-secret" not in result.out + result.err
        shell.env.pop("KEY", None)


@pytest.mark.parametrize("dialect", [row.name for row in DIALECTS.values() if row.helm_root])
def test_a_service_in_configmap_mode_has_no_history(dialect: str, tmp_path: Path) -> None:
    shell = local_shell(tmp_path, dialect)
    configmap = tmp_path / "configmap.yaml"
    configmap.write_text('{"workflow": {"max_num_tasks": 70}, "service": {}, "pools": {}}')
    shell.env["OSMO_LOCAL_CONFIGMAP"] = str(configmap)
    write_configs(shell, {"workflow.yaml": {"max_num_tasks": 50}})
    result = shell.osmo("config", "drift", "configs", "--exit-code")
    assert result.code == 5
    assert "max_num_tasks: 70 (in the file: 50)\n" in result.out
    assert "revision" not in result.out
    assert "no revisions are shown: the configuration comes from Helm values" in result.err
    data = json.loads(shell.ok("config", "drift", "configs", "-t", "json"))
    assert data["has_history"] is False
    text = shell.ok("config", "drift", "configs", "-t", "markdown")
    assert "does not record them" in text


def test_markdown_shows_text_of_the_service_in_code_blocks_only(shell: Shell) -> None:
    evil = "```\n</details> @everyone <script>"
    update(shell, "ROLE", "r", {"name": "r", "description": evil, "policies": []}, "-d", evil)
    text = shell.ok("config", "drift", "configs", *TYPES, "-t", "markdown")
    outside = "".join(text.split("````")[0::2])
    assert "@everyone" in text
    assert "@everyone" not in outside
    assert "<script>" not in outside


def test_every_type_can_be_compared(tmp_path: Path) -> None:
    """Types without a file are not read."""
    shell = local_shell(tmp_path, next(reversed(DIALECTS)))
    write_configs(shell, {"workflow.yaml": {}})
    debug = shell.osmo("--debug", "config", "drift", "configs", "--partial").err
    others = [row.path for row in CONFIG_TYPES.values() if row.name != "WORKFLOW"]
    assert [path for path in others if f"/api/configs/{path} ->" in debug] == []
