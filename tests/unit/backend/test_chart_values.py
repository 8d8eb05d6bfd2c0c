from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from osmo_cli.backend.chart_values import chart_values, control_values
from osmo_cli.backend.readme import readme
from osmo_cli.backend.registration import chart_version
from osmo_cli.config.reading.yaml_text import write_yaml
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.errors import UsageError
from tests.unit.backend.registrations import registration_for

BY_NAME = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)


def renders(recordings: Path, chart: str) -> list[dict[str, Any]]:
    listed = json.loads((recordings / "operator-renders.json").read_text("utf-8"))
    return [render for render in listed if render["chart_version"] == chart]


@BY_NAME
def test_the_keys_are_those_of_the_chart(recordings: Path, dialect: Dialect) -> None:
    registration = registration_for(dialect)
    values = chart_values(registration)
    recorded = renders(recordings, registration.chart_version)
    if not recorded:
        assert dialect.operator_chart.image_tag is None  # of the seed generation, not recorded
        return
    known = {key for render in recorded for key in render["values"].get("global", {})}
    assert set(values["global"]) <= known
    [minimal] = [render for render in recorded if render["id"].endswith("-minimal")]
    assert set(minimal["values"]["global"]) <= set(values["global"])
    fixed = ("loginMethod", "accountTokenSecretKey")
    assert [values["global"][key] for key in fixed] == ["token", "token"]
    monitored = any(
        "PodMonitor" in str(item) for render in recorded for item in render.get("objects", ())
    )
    assert ("podMonitor" in values) is monitored


@BY_NAME
def test_values_are_read_as_they_were_written(dialect: Dialect) -> None:
    registration = registration_for(dialect, image_tag="6.0", backend="gpu-1")
    values = chart_values(registration)
    assert yaml.safe_load(write_yaml(values)) == values
    assert values["global"]["osmoImageTag"] == "6.0"
    credentials = control_values(registration)["services"]["backendApiTokens"]["credentials"]
    assert credentials[0]["existingSecret"] == {"name": registration.token_secret}


@BY_NAME
def test_the_readme_has_the_commands_of_its_version(dialect: Dialect) -> None:
    registration = registration_for(dialect, kube_context="gpu cluster")
    text = readme(registration)
    assert f"--version {registration.chart_version}" in text
    assert "--kube-context 'gpu cluster'" in text
    assert ("control-values.yaml" in text) is dialect.bootstrap_secrets
    assert ("rollout restart" in text) is not dialect.operator_chart.rereads_token


def test_a_version_without_a_known_tag_needs_one() -> None:
    without = [row for row in DIALECTS.values() if row.operator_chart.image_tag is None]
    for dialect in without:
        with pytest.raises(UsageError, match="version of the operator"):
            chart_version(dialect.operator_chart, None, None)
        assert chart_version(dialect.operator_chart, None, "6.0.1") == ("0.1.0-6.0.1", "6.0.1")
