"""`osmo config export --helm --from DIR`: files become values, as the service's own do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from osmo_cli.config.changes.merge import differences
from osmo_cli.config.helm.charts import CHARTS, Chart
from osmo_cli.config.helm.reading import parse_values
from osmo_cli.config.helm.render import render
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.config.values import value_at
from osmo_cli.local.admin import add_backend
from tests.support.databases import new_database
from tests.support.processes import Shell
from tests.support.worlds import WORLDS, world

SECRET = "the-secret-value"
MANAGED = [name for name in WORLDS if " " in name]


def _shell(folder: Path, dialect: Dialect) -> Shell:
    db = folder / "local.db"
    new_database(db, dialect.name)
    for backend in ("default", "gpu-a"):
        add_backend(db, backend)
    shell = Shell.at(folder / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(db))
    for words, value in (
        (("WORKFLOW",), {"max_num_tasks": 250, "workflow_alerts": {"slack_token": SECRET}}),
        (("POD_TEMPLATE", "y", "--create"), {"spec": {"nodeSelector": {"on": "1e3"}}}),
        (("POOL", "p", "--create"), {"backend": "gpu-a", "common_pod_template": ["y"]}),
    ):
        shell.ok("config", "update", *words, "-f", "-", input=json.dumps(value))
    return shell


def _without_namespaces(values: Any, chart: Chart) -> Any:
    for backend in (value_at(values, (*chart.writes_to, "backends")) or {}).values():
        if backend:
            backend.pop("k8s_namespace", None)
    return values


@pytest.mark.sample(2)
@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_files_give_the_values_of_the_service(
    dialect: Dialect, chart: Chart, tmp_path: Path
) -> None:
    shell = _shell(tmp_path, dialect)
    shell.ok("config", "export", "configs")
    of_service = shell.osmo("config", "export", "--helm", "-", "--chart", chart.name)
    words = ("--chart", chart.name, "--from", "configs", "--prune", "--dialect", dialect.name)
    of_files = shell.osmo("config", "export", "--helm", "-", *words)
    assert (of_service.code, of_files.code) == (0, 0), (of_service, of_files)
    texts = [of_service.out, of_files.out]
    assert SECRET not in "".join(texts)
    both = [_without_namespaces(yaml.safe_load(text), chart) for text in texts]
    assert list(differences(*both)) == []
    # What has no place in the values is said of both.
    lost = [
        [line for line in result.err.splitlines() if line.startswith("  ")]
        for result in (of_service, of_files)
    ]
    assert lost[0] == lost[1]


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_a_part_of_the_configuration_changes_only_that_part(chart: Chart, tmp_path: Path) -> None:
    shell = Shell.at(tmp_path / "home")
    block: dict[str, Any] = {
        "podTemplates": {"a": {"spec": {"x": 1}}, "b": {"spec": {}}},
        "pools": {"p": {"backend": "gpu-a", "description": "Old"}},
        "backends": {"gpu-a": {"k8s_namespace": "ns", "description": "Old"}},
        "workflow": {"max_log_lines": 5},
    }
    values: Any = block
    for step in reversed(chart.writes_to):
        values = {step: values}
    refs = [{"secretName": "mine"}]
    if chart.secret_refs is not None:
        value_at(values, chart.block)[chart.secret_refs] = refs
    text = "# Ours\n" + yaml.safe_dump(values)
    shell.file("values.yaml", text)
    for name, content in {
        "pod_template/a.yaml": "spec: {y: 2}",
        "backend/gpu-a.yaml": "description: New",
        "workflow.yaml": "workflow_alerts: {slack_token: '${env:NOT_SET}'}",
    }.items():
        path = shell.home / "configs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    words = ("config", "export", "--helm", "values.yaml", "--from", "configs")
    result = shell.osmo(*words, "--chart", chart.name)
    assert result.code == 0, result
    after = (shell.home / "values.yaml").read_text()
    assert after.startswith("# Ours\n")
    made = value_at(yaml.safe_load(after), chart.writes_to)
    assert made["podTemplates"] == {"a": {"spec": {"y": 2}}, "b": {"spec": {}}}
    assert made["pools"] == block["pools"]
    assert made["backends"]["gpu-a"] == {"k8s_namespace": "ns", "description": "New"}
    assert "max_log_lines" not in made["workflow"]
    if chart.secret_refs is not None:
        mounted = value_at(yaml.safe_load(after), (*chart.block, chart.secret_refs))
        assert mounted[0] == refs[0]
        assert len(mounted) == 2
    # What only the chart has stays: nothing is set to null but in what the directory has.
    sections = render(chart, parse_values("v", after).value).sections
    assert chart.snapshot or "default_user" in sections["podTemplates"]
    # Again, nothing changes.
    assert shell.osmo(*words, "--chart", chart.name).code == 0
    assert (shell.home / "values.yaml").read_text() == after


def test_a_secret_in_a_file_is_not_written(tmp_path: Path) -> None:
    shell = Shell.at(tmp_path / "home")
    (shell.home / "configs").mkdir()
    shell.file("configs/workflow.json", json.dumps({"workflow_alerts": {"slack_token": SECRET}}))
    result = shell.osmo("config", "export", "--helm", "values.yaml", "--from", "configs")
    assert result.code == 0, result
    texts = [path.read_text() for path in shell.home.glob("*.yaml")]
    assert len(texts) == 2
    assert SECRET not in "".join(texts) + result.out + result.err


@pytest.mark.parametrize("name", MANAGED)
def test_apply_shows_the_commands_that_do_it_where_a_configmap_rules(
    name: str, tmp_path: Path
) -> None:
    with world(name, tmp_path) as place:
        shell = place.shell
        (shell.home / "configs/pod_template").mkdir(parents=True)
        shell.file("configs/pod_template/t.yaml", "spec: {nodeSelector: {a: b}}\n")
        result = shell.osmo("config", "apply", "configs", "--yes")
        assert result.code == 6, result
        export, _, upgrade = result.err.rpartition("hint: ")[2].partition(", then: ")
        assert upgrade.startswith("helm upgrade ")
        assert upgrade.strip().endswith("-f values.yaml")
        # The command makes values in which the service finds what the directory has.
        done = shell.osmo(*export.split()[1:])
        assert done.code == 0, done
        values = yaml.safe_load((shell.home / "values.yaml").read_text())
        chart = CHARTS[str(place.dialect.helm_chart)]
        sections = render(chart, values).sections
        assert sections["podTemplates"]["t"] == {"spec": {"nodeSelector": {"a": "b"}}}


@pytest.mark.sample(1)
@pytest.mark.parametrize("size", [1000, 8000])
def test_a_configuration_near_the_limit_of_a_configmap_is_said(size: int, tmp_path: Path) -> None:
    shell = Shell.at(tmp_path / "home")
    folder = shell.home / "configs/pod_template"
    folder.mkdir(parents=True)
    for number in range(115):
        template = {"spec": {"nodeSelector": {"n": "x"}, "hostname": "h"}}
        annotations = {"metadata": {"annotations": {"a": "b" * size}}}
        (folder / f"t{number}.json").write_text(json.dumps(template | annotations))
    result = shell.osmo("config", "export", "--helm", "values.yaml", "--from", "configs")
    plan = "a ConfigMap holds 1,024 KiB"
    assert (plan in result.err) is (size == 8000), result
    assert result.code == 0, result
    # A plan of the values says it too.
    new_database(tmp_path / "local.db", next(reversed(DIALECTS)))
    login = {"OSMO_URL": "local", "OSMO_LOCAL_DB": str(tmp_path / "local.db")}
    planned = shell.osmo("config", "plan", "--helm", "values.yaml", env=login)
    assert (plan in planned.err) is (size == 8000), planned.err[-500:]
