"""Our merge of values and defaults against what real charts rendered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osmo_cli.config.helm.charts import CHARTS
from osmo_cli.config.helm.derived import Release
from osmo_cli.config.helm.merge import merge_files
from osmo_cli.config.helm.reading import parse_values
from osmo_cli.config.helm.render import render
from osmo_cli.config.problems import InvalidInputError
from osmo_cli.config.values import same
from tests.conformance.replay import RECORDINGS

FILES = ("helm-renders.json", "helm-renders-osmo-later.json")
CHART_NAMES = {
    "service-6.3.1": "service",
    "service-head": "service-6.4",
    "osmo-head": "osmo",
    "osmo-2026-09 (reduced)": "osmo-snapshot",
}

REPEATED = {"s631-yaml-unquoted": '      y: {note: "name y"}\n'}
"""Records with two keys that Helm takes for the same, with the first: Helm drops it silently, and
here it is an error."""


def _records() -> list[dict[str, Any]]:
    paths = [RECORDINGS / name for name in FILES]
    return [record for path in paths if path.is_file() for record in json.loads(path.read_text())]


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings: {RECORDINGS} does not exist")
def test_recordings_are_there() -> None:
    assert len(_records()) == 45 + 8


@pytest.mark.parametrize("record", _records(), ids=lambda record: record["id"])
def test_values_render_as_the_chart_rendered_them(record: dict[str, Any]) -> None:
    texts = record.get("values_texts") or [
        record.get("values_text") or json.dumps(record.get("values"))
    ]
    if record["id"] in REPEATED:
        with pytest.raises(InvalidInputError, match="duplicate key"):
            parse_values("values.yaml", texts[0])
        texts = [texts[0].replace(REPEATED[record["id"]], "")]
    files = [parse_values(f"values-{index}.yaml", text) for index, text in enumerate(texts)]
    release = Release(record.get("release", "osmo"), record.get("namespace", "osmo"))
    chart = CHARTS[CHART_NAMES[record["chart"]]]
    rendered = render(chart, merge_files([file.value for file in files]), release)
    if "error" in record:
        assert any(remark.kind != "changed" for remark in rendered.remarks), rendered
        return
    expected = record["config_yaml"]
    assert same(rendered.file, expected), (rendered.file, expected)
    warned = [remark for remark in rendered.remarks if "replaces a map" in remark.message]
    assert len(warned) == sum("cannot overwrite table" in line for line in _stderr(record))


def _stderr(record: dict[str, Any]) -> list[str]:
    lines: list[str] = record.get("helm_stderr", [])
    return lines
