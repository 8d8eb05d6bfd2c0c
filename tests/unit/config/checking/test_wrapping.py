"""Files that are wrapped in one level too many: an error that says how to unwrap them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osmo_cli.config.registry.dialects import DIALECTS, V6_4
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType
from tests.unit.config.inputs import said

BY_NAME = [row for row in CONFIG_TYPES.values() if row.named is not None]
WHOLE = [row for row in CONFIG_TYPES.values() if row.whole is not None]


def content(row: ConfigType) -> Any:
    """Something that an item of a type may be."""
    if row.items_are_lists:
        return []
    return {"spec": {}} if row.name == "POD_TEMPLATE" else {"description": "x"}


def newest(row: ConfigType) -> Any:
    return [version for version in DIALECTS.values() if row.name in version.config_types][-1]


@pytest.mark.parametrize("row", BY_NAME, ids=lambda row: row.name)
def test_an_item_in_its_own_name(row: ConfigType) -> None:
    (line,) = said(row.name, {"l40s": content(row)}, newest(row), name="l40s")
    assert line == (
        f"in.json:1:2: l40s: {row.name} l40s is wrapped in its own name (keep only the content of "
        "l40s, for example with jq '.l40s' in.json)"
    )


@pytest.mark.parametrize("row", BY_NAME, ids=lambda row: row.name)
def test_an_item_in_configs_and_in_the_name_of_its_type(row: ConfigType) -> None:
    keys = ["configs", "configs_dict", row.name, row.path, row.definition.helm_section]
    for key in keys:
        (line,) = said(row.name, {key: content(row)}, newest(row), name="l40s")
        assert f'{row.name} l40s is wrapped in "{key}"' in line
        (line,) = said(row.name, {key: {"l40s": content(row)}}, newest(row), name="l40s")
        assert f"jq '.{key}.l40s' in.json" in line
    body = {"configs": content(row), "description": "why", "tags": ["a"]}
    (line,) = said(row.name, body, newest(row), name="l40s")
    assert 'is wrapped in "configs"' in line


@pytest.mark.parametrize("row", WHOLE, ids=lambda row: row.name)
def test_a_whole_type_in_configs_and_in_its_name(row: ConfigType) -> None:
    inner = {"a": content(row)} if row.is_by_item else {}
    for key in ("configs", "configs_dict", row.name, row.path):
        (line,) = said(row.name, {key: inner}, newest(row))
        assert f'{row.name} is wrapped in "{key}"' in line


@pytest.mark.parametrize(
    ("kind", "text", "name"),
    [
        # Templates with the names of their own fields, and of the API's.
        ("POD_TEMPLATE", {"spec": {"hostNetwork": True}}, "spec"),
        ("POD_TEMPLATE", {"configs": {"spec": {}}}, None),
        ("POD_TEMPLATE", {"pod_template": {"spec": {}}}, None),
        ("POOL", {"pools": {"a": {"backend": "b"}}}, None),
        ("POOL", {"backend": "b"}, "backend"),
        ("SERVICE", {"service_base_url": ""}, None),
    ],
)
def test_what_is_not_wrapped(kind: str, text: Any, name: str | None) -> None:
    assert said(kind, json.dumps(text), V6_4, name=name) == []
