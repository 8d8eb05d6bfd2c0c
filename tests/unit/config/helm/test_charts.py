"""The rows of charts, against the types and the dialects."""

from __future__ import annotations

import pytest

from osmo_cli.config.helm.charts import CHARTS, Chart, chart_of
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_sections_are_those_of_types(chart: Chart) -> None:
    of_types = {row.helm_section for row in CONFIG_TYPES.values()}
    assert set(chart.sections) <= of_types
    # What no chart of a dialect has is a type that the dialect does not have.
    for dialect in DIALECTS.values():
        if chart_of(dialect) == chart:
            assert {row.helm_section for row in map(CONFIG_TYPES.get, dialect.config_types) if row}
            missing = of_types - set(chart.sections)
            assert missing == {
                row.helm_section
                for row in CONFIG_TYPES.values()
                if row.name in dialect.history_types
            }


def test_the_chart_of_a_dialect_has_the_configuration_at_its_root() -> None:
    for dialect in DIALECTS.values():
        chart = chart_of(dialect)
        assert (".".join(map(str, chart.block)) if chart else None) == dialect.helm_root
