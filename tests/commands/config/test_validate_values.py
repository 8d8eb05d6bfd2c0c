"""`osmo config validate` of Helm values files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from osmo_cli.commands.arguments import CHART_NAMES
from osmo_cli.config.helm.charts import CHARTS
from tests.support.processes import Shell

VALUES = """\
externalUrl: https://osmo.example.com
configuration:
  enabled: true
  pod_templates: {}
  workflow:
    max_num_tasks: many
  backends:
    gpu-a: {description: A}
  pools:
    p:
      backend: gpu-b
  roles:
    osmo-user: null
    ops: {name: ops, description: o, policies: []}
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell.at(tmp_path / "home")


def test_problems_have_places_in_the_values(tmp_path: Path, shell: Shell) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(VALUES)
    done = shell.osmo("config", "validate", str(file), "-t", "json")
    assert done.code == 2
    problems = {
        (problem["line"], problem["path"]): (problem["severity"], problem["message"])
        for problem in json.loads(done.out)
    }
    assert [key for key, (severity, _) in problems.items() if severity == "error"] == [
        (6, "configuration.workflow.max_num_tasks"),
        (11, "configuration.pools.p.backend"),
        (14, "configuration.roles.ops.name"),
    ]
    assert "ignores it" in problems[4, "configuration.pod_templates"][1]
    assert "no k8s_namespace" in problems[8, "configuration.backends.gpu-a"][1]
    assert "also requires externalDependencies.postgresql.host" in problems[1, ""][1]
    assert "the unified osmo chart" in done.err


def test_several_files_are_merged_as_helm_does(tmp_path: Path, shell: Shell) -> None:
    first, second = tmp_path / "values.yaml", tmp_path / "prod.yaml"
    first.write_text(
        "services: {configs: {enabled: true, pools: {p: {backend: b}}, "
        "backends: {b: {description: d}}}}"
    )
    second.write_text("services: {configs: {backends: {b: null}}}")
    assert shell.osmo("config", "validate", str(first)).code == 0
    done = shell.osmo("config", "validate", str(first), str(second))
    assert done.code == 2
    assert "prod.yaml:1:36: services.configs.backends.b: must not be null" in done.out


def test_a_field_of_another_version_refuses_the_file(tmp_path: Path, shell: Shell) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("services: {configs: {enabled: true, workflow: {labels_config: {policy: []}}}}")
    assert shell.osmo("config", "validate", str(file), "--dialect", "6.4").code == 0
    done = shell.osmo("config", "validate", str(file))
    assert done.code == 2
    assert "services of 6.3 do not have this field, and refuse the file" in done.out


@pytest.mark.thorough
def test_the_size_is_said_before_helm_fails(tmp_path: Path, shell: Shell) -> None:
    templates = {f"t{index}": {"spec": {"note": "x" * 1000}} for index in range(880)}

    def check(count: int) -> tuple[int, str]:
        chosen = dict(list(templates.items())[:count])
        values = {"services": {"configs": {"enabled": True, "podTemplates": chosen}}}
        (tmp_path / "values.yaml").write_text(json.dumps(values))
        done = shell.osmo("config", "validate", str(tmp_path / "values.yaml"))
        return done.code, done.out

    templates |= {f"u{index}": {"spec": {"note": "x" * 1000}} for index in range(200)}
    assert "KiB" not in check(100)[1]
    code, text = check(900)
    assert (code, "warning: the configuration has" in text) == (0, True)
    code, text = check(1080)
    assert (code, "a ConfigMap holds 1,024 KiB" in text) == (2, True)


def test_the_names_of_charts_are_those_of_the_rows(shell: Shell) -> None:
    assert list(CHARTS) == list(CHART_NAMES)
    done = shell.osmo("config", "validate", "x.yaml", "--chart", "nope")
    assert (done.code, "known charts: service," in done.err) == (2, True)
