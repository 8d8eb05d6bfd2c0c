"""docs/compatibility.md says what the registry says, and what the program does."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from typing import Any

import pytest

from osmo_cli.config.registry.types import CONFIG_TYPES
from tests.support.processes import ROOT
from tests.support.worlds import WORLDS, World, world


def load() -> Any:
    spec = importlib.util.spec_from_file_location(
        "make_compatibility", ROOT / "docs" / "make_compatibility.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


MAKER = load()


@pytest.fixture(scope="module", params=WORLDS)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with world(request.param, tmp_path_factory.mktemp("world")) as place:
        shell = place.shell
        shell.file("workflow.json", '{"max_num_tasks": 21}')
        shell.file("nodes.json", '{"items": []}')
        (shell.home / "configs").mkdir()
        shell.file("configs/workflow.json", '{"max_num_tasks": 22}')
        shell.file("pool.json", '{"backend": "gpu-a"}')
        shell.file("template.json", '{"spec": {"containers": []}}')
        place.change(
            *("config", "update", "POOL", "first", "-f", "pool.json", "--create"),
            until=lambda: place.shown("POOL", "first") is not None,
        )
        place.change(
            *("config", "update", "POD_TEMPLATE", "spare", "-f", "template.json", "--create"),
            until=lambda: place.shown("POD_TEMPLATE", "spare") is not None,
        )
        if place.dialect.token_routes.users:
            shell.ok("user", "create", "admin", "--roles", "osmo-user")
        shell.ok("token", "set", "mine", "-t", "json")
        yield place


def test_the_page_is_what_the_script_makes() -> None:
    made = MAKER.page()
    assert made == MAKER.PAGE.read_text("utf-8"), "run python docs/make_compatibility.py"


@pytest.mark.parametrize("row", MAKER.COMMANDS, ids=lambda row: row.command)
def test_each_command_does_what_the_page_says(place: World, row: Any) -> None:
    cell = row.cell(place.dialect, managed=place.configmap is not None)
    done = place.shell.osmo(*row.example)
    code = {MAKER.YES: 0, MAKER.VALUES: 6, MAKER.NO: 2}[cell]
    assert done.code == code, done
    if cell == MAKER.VALUES:
        assert f"{place.dialect.helm_root}." in done.err or "--helm values.yaml" in done.err
        root = str(place.dialect.helm_root).split(".")[0]
        is_printed = done.out.startswith(f"{root}:")
        assert is_printed or "delete this key" in done.err or "helm upgrade" in done.err


def test_each_type_is_there_where_the_page_says(place: World) -> None:
    for name in CONFIG_TYPES:
        done = place.shell.osmo("config", "show", name)
        if name in place.dialect.config_types:
            assert done.code == 0, done
            assert isinstance(json.loads(done.out), dict | list)
        else:
            assert (done.code, done.out) == (2, "")
            assert f"this service has no {name}" in done.err
