"""A new service version is one row, and a new config type one module and two rows.

The rows are added as a developer would add them, but from outside: Python imports a module called
sitecustomize when it starts.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.processes import ROOT, Shell, serving

NEWEST = list(DIALECTS.values())[-1]
NEXT = re.sub(r"\d+$", lambda minor: str(int(minor[0]) + 1), NEWEST.name)
VERSION_ROW = f"""
from dataclasses import replace
from osmo_cli.config.registry.dialects import DIALECTS
newest = list(DIALECTS.values())[-1]
DIALECTS["{NEXT}"] = replace(newest, name="{NEXT}", version="{NEXT}.0")
"""
SCHEMA_MODULE = """
from osmo_cli.config.registry.definition import Definition, checks, warning
from osmo_cli.config.schemas.base import ConfigModel


class Widget(ConfigModel):
    '''A widget.'''

    size: int
    colour: str = "grey"


def _small(value):
    if isinstance(value, int) and value > 100:
        yield warning("is large")


DEFINITION = Definition(
    models={"seed": Widget},
    helm_section="widgets",
    checks=(*checks(_small, "a size is at most 100", "size"),),
    descriptions={"size": "Size in millimetres.", "colour": "Colour, e.g. grey."},
)
"""
TYPE_ROWS = """
from dataclasses import replace
from osmo_cli.config.registry.types import CONFIG_TYPES, POD_TEMPLATE
from osmo_cli.local.item_types import ITEM_TYPES, ItemType
CONFIG_TYPES["WIDGET"] = replace(POD_TEMPLATE, name="WIDGET", path="widget", module="widget")
ITEM_TYPES["WIDGET"] = ItemType(
    name="WIDGET",
    noun="widget",
    put_all="Put complete widget",
    unknown="Widget {name} does not exist.",
)
"""
LIMIT_SECONDS = 300


@pytest.fixture
def with_version(tmp_path: Path) -> Shell:
    """A shell whose osmo has one version more."""
    return shell_with(tmp_path, sitecustomize=VERSION_ROW)


def shell_with(folder: Path, **modules: str) -> Shell:
    """A shell whose Python finds these modules."""
    (folder / "modules").mkdir()
    for name, text in modules.items():
        (folder / "modules" / f"{name}.py").write_text(text)
    return Shell.at(folder / "home", PYTHONPATH=str(folder / "modules"))


@pytest.mark.thorough
def test_a_version_is_a_row(with_version: Shell, tmp_path: Path) -> None:
    shell = with_version
    shell.ok("config", "schema", "--output-dir", "schemas", "--dialect", NEXT)
    schemas = [json.loads(path.read_text()) for path in (shell.home / "schemas").glob("*.json")]
    assert len(schemas) >= len(NEWEST.config_types)
    assert [schema["$id"] for schema in schemas if f":{NEXT}:" not in schema["$id"]] == []
    shell.file("workflow.json", '{"max_num_tasks": 30}')
    assert NEXT in shell.osmo("config", "validate", "workflow.json", "--dialect", NEXT).err
    env = {"PYTHONPATH": shell.env["PYTHONPATH"]}
    with serving(tmp_path / "service", dialect=NEXT, env=env) as service:
        shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        assert json.loads(shell.ok("version", "-t", "json"))["dialect"] == NEXT
        shell.ok("config", "export", "--helm", "values.yaml")
        shell.ok("config", "update", "WORKFLOW", "--file", "workflow.json")
        shell.ok("config", "validate", "workflow.json", "--online")
        history = json.loads(shell.ok("config", "history", "WORKFLOW", "-t", "json"))
        assert len(history["configs"]) == 2


@pytest.mark.thorough
def test_a_type_is_a_module_and_two_rows(tmp_path: Path) -> None:
    shell = shell_with(tmp_path, sitecustomize=TYPE_ROWS, widget=SCHEMA_MODULE)
    schema = json.loads(shell.ok("config", "schema", "WIDGET", "--item"))
    assert schema["properties"]["size"]["description"] == "Size in millimetres."
    shell.file("WIDGET.json", '{"size": "big"}')
    wrong = shell.osmo("config", "validate", "WIDGET.json", "--type", "WIDGET", "--name", "a")
    assert wrong.code == 2
    assert "WIDGET.json:1:10: size: must be an integer" in wrong.out
    shell.file("WIDGET.json", '{"size": 101}')
    env = {"PYTHONPATH": shell.env["PYTHONPATH"]}
    with serving(tmp_path / "service", dialect=NEWEST.name, env=env) as service:
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        assert json.loads(shell.ok("config", "show", "WIDGET")) == {}
        update = ("config", "update", "WIDGET", "a", "--file", "WIDGET.json")
        created = shell.osmo(*update, "--create")
        assert created.code == 0, created
        assert "size: is large" in created.err
        stored = {"size": 101, "colour": "grey"}
        assert json.loads(shell.ok("config", "show", "WIDGET", "a")) == stored
        assert "No changes" in shell.ok(*update)
        history = json.loads(shell.ok("config", "history", "WIDGET", "-t", "json"))["configs"]
        # The service's own first revision, and that of the update.
        assert [revision["name"] for revision in history] == ["", "a"]
        shell.ok("config", "validate", "WIDGET.json", "--type", "WIDGET", "--name", "a", "--online")
        shell.ok("config", "delete", "WIDGET", "a")
        assert json.loads(shell.ok("config", "show", "WIDGET:2")) == {"a": stored}
        shell.ok("config", "rollback", "WIDGET:2")
        assert json.loads(shell.ok("config", "show", "WIDGET", "a")) == stored


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("words", "fewest"),
    [
        pytest.param(
            ["-k", NEXT, "tests/unit/config/schemas", "tests/unit/config/changes"], 30, id="schemas"
        ),
        pytest.param(["tests/unit"], 3000, id="all"),
    ],
)
def test_the_unit_tests_run_with_a_version_more(
    with_version: Shell, words: list[str], fewest: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
        cwd=ROOT,
        env=with_version.env,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > fewest
