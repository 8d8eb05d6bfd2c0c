"""The reference page is what its script makes, and the script leaves no field out."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES
from tests.support.processes import ROOT

FOLDER = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_config_types", FOLDER / "make_config_types.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_script_makes(script: ModuleType) -> None:
    assert (FOLDER / "config-types.md").read_text("utf-8") == script.page(), "run `make reference`"


def test_every_field_of_every_version_has_a_line(script: ModuleType) -> None:
    page = script.page()
    assert page.count("\n## ") == len(CONFIG_TYPES)
    for config_type in CONFIG_TYPES.values():
        table = script.by_version(config_type)
        for dialect in DIALECTS.values():
            if config_type.name in dialect.config_types:
                model = config_type.schema(dialect)
                fields = {field for field in model.model_fields if field != "root"}
                named = {row.path for row, versions in table.items() if dialect.name in versions}
                assert fields <= named
    assert "| `scheduler_settings.scheduler_type` | `kai` |" in page
    assert "| `workflow_data.credential.access_key` | string | *new* |  | *secret*." in page
