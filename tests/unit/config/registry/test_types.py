"""The registry of config types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from osmo_cli.config.problems import Path
from osmo_cli.config.registry.dialects import DIALECTS, V6_4
from osmo_cli.config.registry.types import BACKEND, CONFIG_TYPES, WORKFLOW, ConfigType, find_type
from osmo_cli.config.schemas.base import model_at
from osmo_cli.errors import UsageError


@pytest.mark.parametrize("name", ["BACKEND", "backend", "Backend"])
def test_a_type_is_found_in_any_case(name: str) -> None:
    assert find_type(name) is BACKEND


KNOWN = (
    "known types: BACKEND, BACKEND_TEST, DATASET, GROUP_TEMPLATE, POD_TEMPLATE, POOL, "
    "RESOURCE_VALIDATION, ROLE, SERVICE, WORKFLOW"
)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("BAKEND", "did you mean BACKEND? " + KNOWN),
        ("workflows", "did you mean WORKFLOW? " + KNOWN),
        ("XYZ", KNOWN),
        ("", KNOWN),
    ],
)
def test_an_unknown_type_gets_the_nearest_name(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match="unknown config type") as caught:
        find_type(name)
    assert caught.value.hint == hint


def marked_read_only(schema: Any, at: Path = ()) -> Iterator[Path]:
    model = model_at(schema, at)
    for name, field in (
        model.model_fields.items() if model and "root" not in model.model_fields else ()
    ):
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("readOnly"):
            yield (*at, name)
        else:
            yield from marked_read_only(schema, (*at, name))
            yield from marked_read_only(schema, (*at, name, "*"))


@pytest.mark.parametrize(
    "config_type", CONFIG_TYPES.values(), ids=lambda config_type: config_type.name
)
def test_the_registry_and_the_schemas_agree_on_what_is_read_only(config_type: ConfigType) -> None:
    marked = {
        name: set(marked_read_only(config_type.item_schema(dialect)))
        for name, dialect in DIALECTS.items()
        if config_type.name in dialect.config_types
    }
    assert set().union(*marked.values()) == config_type.read_only
    assert config_type.volatile <= config_type.read_only
    # Only what a version does not have is missing there.
    for name, paths in marked.items():
        for missing in config_type.read_only - paths:
            assert missing[-1] not in fields_at(config_type, name, missing[:-1])


def fields_at(config_type: ConfigType, dialect: str, path: Path) -> set[str]:
    model = model_at(config_type.item_schema(DIALECTS[dialect]), path)
    return set(model.model_fields) if model else set()


def test_a_type_has_a_schema_from_its_first_version_on() -> None:
    for row in CONFIG_TYPES.values():
        for dialect in DIALECTS.values():
            if dialect.order >= DIALECTS[row.since].order:
                # Also where it is gone: its old revisions are still shown.
                assert row.schema(dialect)
            else:
                with pytest.raises(KeyError):
                    row.schema(dialect)


def test_models_are_named_by_versions_that_exist() -> None:
    for row in CONFIG_TYPES.values():
        definition = row.definition
        for models in (definition.models, definition.item_models or {}):
            assert models.keys() <= DIALECTS.keys()
            assert row.since in models or not models


def test_a_version_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    later = replace(V6_4, name="6.5", version="6.5.0")
    monkeypatch.setitem(DIALECTS, "6.5", later)
    assert later.order == V6_4.order + 1
    assert (later.config_types, later.history_types) == (V6_4.config_types, V6_4.history_types)
    for name in later.config_types | later.history_types:
        row = CONFIG_TYPES[name]
        assert row.schema(later) is row.schema(V6_4)
        assert row.item_schema(later) is row.item_schema(V6_4)


def test_every_type_can_be_updated_and_what_can_be_made_has_a_name() -> None:
    for config_type in CONFIG_TYPES.values():
        assert config_type.whole or config_type.named
        assert config_type.named or not config_type.create


def test_only_one_kind_of_update_fits_each_of_these_types() -> None:
    assert (BACKEND.whole, BACKEND.create, WORKFLOW.named) == (None, None, None)
    assert BACKEND.named
    assert (BACKEND.named.method, BACKEND.named.body_key) == ("POST", "configs")
    assert WORKFLOW.whole
    assert (WORKFLOW.whole.method, WORKFLOW.whole.body_key) == ("PATCH", "configs_dict")
