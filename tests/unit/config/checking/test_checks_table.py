"""The table of rules itself, and its page in the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from osmo_cli.config.checking.rules.table import CHECKS
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES


def test_every_row_of_the_table_is_about_a_field_of_the_schema() -> None:
    from osmo_cli.config.schemas.base import field_path, model_at

    free = {"POD_TEMPLATE", "GROUP_TEMPLATE", "RESOURCE_VALIDATION"}
    for row in CHECKS:
        config_type = CONFIG_TYPES[row.config_type]
        dialects = [one for one in DIALECTS.values() if config_type.name in one.config_types]
        models = [config_type.schema(one) for one in dialects if row.applies(one)]
        if config_type.name in free or not row.path:
            continue
        path = tuple(0 if step == "*" else step for step in row.path)
        last = path[-1] if path[-1] != 0 else path[-2]
        parent = path[: path.index(last)]
        assert any(
            (found := model_at(model, parent)) is not None and last in found.model_fields
            for model in models
        ), row
        assert field_path(models[-1], path)


@pytest.mark.parametrize("row", CHECKS, ids=lambda row: ".".join((row.config_type, *row.path)))
@pytest.mark.parametrize(
    "value",
    [None, True, -1, 1e308, "", "\x00\u202e*{{", [], [[]], {}, {"": []}, {"a": {"b": None}}],
)
def test_no_rule_fails_on_a_value_that_it_is_not_about(row: Any, value: Any) -> None:
    for found in row.rule(value):
        assert found.message


def documented() -> str:
    """The table of docs/checks.md: a line for each rule of a type, with its fields."""
    fields: dict[tuple[str, str], list[str]] = {}
    for row in CHECKS:
        names = fields.setdefault((row.config_type, row.summary), [])
        names.append(f"`{'.'.join(row.path)}`" if row.path else "the whole")
    table = [
        f"| {config_type} | {', '.join(dict.fromkeys(names))} | {summary} |"
        for (config_type, summary), names in fields.items()
    ]
    return "\n".join(("| type | field | what it has to be |", "|---|---|---|", *table)) + "\n"


def test_the_documentation_has_the_table() -> None:
    page = Path(__file__).parents[4] / "docs" / "checks.md"
    assert documented() in page.read_text("utf-8")
