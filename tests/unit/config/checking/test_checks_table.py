"""The checks of all types, and their page in the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from osmo_cli.config.registry.definition import Check
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES

CHECKS = [(row, check) for row in CONFIG_TYPES.values() for check in row.definition.checks]


def test_every_check_is_of_a_field_of_the_schema() -> None:
    from osmo_cli.config.schemas.base import field_path, model_at

    free = {"POD_TEMPLATE", "GROUP_TEMPLATE", "RESOURCE_VALIDATION"}
    for config_type, row in CHECKS:
        dialects = [
            version for version in DIALECTS.values() if config_type.name in version.config_types
        ]
        models = [config_type.schema(version) for version in dialects if row.applies(version)]
        if config_type.name in free or not row.path:
            continue
        path = tuple(0 if step == "*" else step for step in row.path)
        last = path[-1] if path[-1] != 0 else path[-2]
        parent = path[: path.index(last)]
        assert any(
            (messages := model_at(model, parent)) is not None and last in messages.model_fields
            for model in models
        ), row
        assert field_path(models[-1], path)


@pytest.mark.sample(200)
@pytest.mark.parametrize(
    "check",
    [pytest.param(check, id=".".join((row.name, *map(str, check.path)))) for row, check in CHECKS],
)
@pytest.mark.parametrize(
    "value",
    [None, True, -1, 1e308, "", "\x00\u202e*{{", [], [[]], {}, {"": []}, {"a": {"b": None}}],
)
def test_no_rule_fails_on_a_value_that_it_is_not_for(check: Check, value: Any) -> None:
    for finding in check.rule(value):
        assert finding.message


def documented() -> str:
    """The table of docs/checks.md: a line for each rule of a type, with its fields."""
    fields: dict[tuple[str, str], list[str]] = {}
    for row, check in CHECKS:
        names = fields.setdefault((row.name, check.summary), [])
        names.append(f"`{'.'.join(map(str, check.path))}`" if check.path else "the whole object")
    table = [
        f"| {config_type} | {', '.join(dict.fromkeys(names))} | {summary} |"
        for (config_type, summary), names in fields.items()
    ]
    return "\n".join(("| type | field | must be |", "|---|---|---|", *table)) + "\n"


def test_the_documentation_has_the_table() -> None:
    page = Path(__file__).parents[4] / "docs" / "checks.md"
    assert documented() in page.read_text("utf-8")
