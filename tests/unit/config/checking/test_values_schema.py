"""JSON Schema of values files."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from osmo_cli.config.checking.values_schema import values_schema
from osmo_cli.config.helm.charts import CHARTS, Chart
from osmo_cli.config.helm.detection import dialect_for
from osmo_cli.config.problems import Path


def in_block(chart: Chart, sections: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = sections
    for step in reversed(chart.writes_to):
        values = {str(step): values}
    return values


@pytest.mark.sample(1)
@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_defaults_of_charts_and_references_are_valid(chart: Chart) -> None:
    schema = values_schema(chart, dialect_for(chart))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    reference = {"secretName": "s", "secretKey": "k"}
    own = {
        "workflow": {
            "workflow_log": {"credential": {"endpoint": "s3://a/b", **reference}},
            "workflow_alerts": {"slack_token": reference},
        },
        "roles": {"osmo-user": None, "ops": {"description": "o", "policies": []}},
        "backends": {"a": {"k8s_namespace": "x"}},
        "pools": {"p": {"platforms": {"a": None}}},
    }
    for values in (chart.defaults, in_block(chart, own), {"other": 5}):
        assert list(validator.iter_errors(values)) == []
    if chart.secret_refs:
        refs: Any = {chart.secret_refs: [{"secretName": "s"}]}
        for step in reversed(chart.block):
            refs = {str(step): refs}
        assert validator.is_valid(refs)


@pytest.mark.sample(8)
@pytest.mark.parametrize(
    ("sections", "path"),
    [
        ({"pod_templates": {}}, ()),
        ({"workflow": {"max_num_task": 5}}, ("workflow",)),
        ({"workflow": {"max_num_tasks": "x"}}, ("workflow",)),
        ({"roles": {"ops": {"name": "ops"}}}, ("roles",)),
        ({"backends": {"a": {"online": True}}}, ("backends",)),
        ({"pools": {"p": {"backend": 5}}}, ("pools",)),
    ],
)
@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_mistakes_are_found_at_their_place(
    chart: Chart, sections: dict[str, Any], path: Path
) -> None:
    validator = Draft202012Validator(values_schema(chart, dialect_for(chart)))
    errors = list(validator.iter_errors(in_block(chart, sections)))
    assert errors
    is_below_snapshot = chart.snapshot is not None
    if not is_below_snapshot:
        assert tuple(errors[0].absolute_path) == (*chart.writes_to, *path)
