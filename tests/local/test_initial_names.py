"""The items that every service creates are those of the embedded service."""

from __future__ import annotations

import pytest

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.local.item_types import ITEM_TYPES


@pytest.mark.parametrize("name", CONFIG_TYPES)
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_new_service_has_the_initial_names(dialect: Dialect, name: str) -> None:
    created = ITEM_TYPES[name].first(dialect) if name in ITEM_TYPES else {}
    if name in dialect.config_types:
        assert CONFIG_TYPES[name].initial_names(dialect) == created.keys()
