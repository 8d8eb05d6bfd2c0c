"""The registry of config types."""

from __future__ import annotations

import pytest

from osmo_cli.config.dialects import DIALECTS
from osmo_cli.config.types import BACKEND, CONFIG_TYPES, WORKFLOW, config_type
from osmo_cli.errors import UsageError


@pytest.mark.parametrize("name", ["BACKEND", "backend", "Backend"])
def test_a_type_is_found_in_any_case(name: str) -> None:
    assert config_type(name) is BACKEND


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("BAKEND", "did you mean BACKEND? known types: BACKEND, WORKFLOW"),
        ("workflows", "did you mean WORKFLOW? known types: BACKEND, WORKFLOW"),
        ("XYZ", "known types: BACKEND, WORKFLOW"),
        ("", "known types: BACKEND, WORKFLOW"),
    ],
)
def test_an_unknown_type_gets_the_nearest_name(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match="is not a config type") as caught:
        config_type(name)
    assert caught.value.hint == hint


def test_each_type_has_a_schema_in_each_dialect() -> None:
    for found in CONFIG_TYPES.values():
        assert set(found.schemas()) == set(DIALECTS)
        for model in found.schemas().values():
            assert found.read_only <= set(model.model_fields)
            assert found.volatile <= found.read_only


def test_only_one_kind_of_update_fits_each_of_these_types() -> None:
    assert (BACKEND.whole, WORKFLOW.named) == (None, None)
    assert BACKEND.named
    assert (BACKEND.named.method, BACKEND.named.body_key) == ("POST", "configs")
    assert WORKFLOW.whole
    assert (WORKFLOW.whole.method, WORKFLOW.whole.body_key) == ("PATCH", "configs_dict")
