"""The order in which config types are written."""

from __future__ import annotations

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.order import write_order


@pytest.mark.parametrize("name", DIALECTS)
def test_a_type_comes_after_those_that_its_items_name(name: str) -> None:
    dialect = DIALECTS[name]
    order = [row.name for row in write_order(dialect)]
    assert set(order) == dialect.config_types
    for row in write_order(dialect):
        for reference in row.definition.references:
            if reference.target in order:
                assert order.index(reference.target) < order.index(row.name), row.name
