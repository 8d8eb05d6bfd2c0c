"""Values files against what real services in ConfigMap mode did with the rendered file.

Each recorded file is written as values of a chart without defaults. What a service refused, or
could not list, is an error; what it loaded is none, and it showed the wanted state.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from osmo_cli.config.checking.helm_values import check_values
from osmo_cli.config.helm.charts import CHARTS, Chart
from osmo_cli.config.helm.inputs import ValuesFiles, values_inputs
from osmo_cli.config.helm.reading import parse_values
from osmo_cli.config.registry.dialects import DIALECTS
from tests.conformance import differences_configmap, differences_helm
from tests.conformance.replay import RECORDINGS
from tests.support.values_compared import different_objects

LOADS = RECORDINGS / "helm-loads.json"
CHART_OF = {"6.3": "service", "6.4": "service-6.4"}


def _records() -> list[Any]:
    if not LOADS.is_file():
        return []
    return [
        pytest.param(record, generation, id=f"{record['id']}-{generation}")
        for record in json.loads(LOADS.read_text())
        if record["id"] not in differences_configmap.NOT_LOADED
        and record["id"] not in differences_helm.NOT_VALUES
        for generation in record["generation"].split("|")
    ]


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def _secret_names(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["secretName"]} if isinstance(value.get("secretName"), str) else set()
        return own.union(*map(_secret_names, value.values()))
    return set()


def _values(record: dict[str, Any], generation: str) -> ValuesFiles:
    chart = CHARTS[CHART_OF[generation]]
    empty: Chart = replace(chart, sections={name: {} for name in chart.sections}, derivations=())
    text = record.get("config_text")
    file = record["config_yaml"] if text is None else parse_values("config.yaml", text).value
    block = {_camel(name): value for name, value in file.items()}
    mounted = {path.split("/")[0] for path in record.get("secrets") or {}}
    block |= {
        "enabled": True,
        "secretRefs": [{"secretName": name} for name in sorted(mounted & _secret_names(file))],
    }
    document = parse_values("values.yaml", json.dumps({"services": {"configs": block}}))
    return values_inputs([document], empty, DIALECTS[generation])


@pytest.mark.skipif(not LOADS.is_file(), reason=f"no recordings: {LOADS} does not exist")
def test_recordings_are_there() -> None:
    assert len(_records()) > 75


def _is_faulty(answer: Any) -> bool:
    return isinstance(answer, dict) and answer.keys() == {"status", "body"}


def _is_missing(answer: Any) -> bool:
    return _is_faulty(answer) and answer["status"] == 404


@pytest.mark.parametrize(("record", "generation"), _records())
def test_validate_refuses_what_the_service_refused(record: dict[str, Any], generation: str) -> None:
    values = _values(record, generation)
    errors = [
        problem
        for problem in check_values(values)
        # Services before the later charts store names of what does not exist.
        if problem.severity == "error" and "not found in the values" not in problem.message
    ]
    answers = record.get("answers") or {}
    # 404: a version without that type.
    answers = {path: answer for path, answer in answers.items() if not _is_missing(answer)}
    is_wrong = record["reload"] != "loaded" or any(map(_is_faulty, answers.values()))
    if (record["id"], generation) in differences_helm.REFUSED_HERE:
        assert errors
        assert not is_wrong
    elif (record["id"], generation) in differences_helm.NOT_REFUSED_HERE:
        assert not errors
        assert is_wrong
    else:
        assert bool(errors) == is_wrong, [str(problem) for problem in errors]


@pytest.mark.parametrize(("record", "generation"), _records())
def test_the_service_shows_what_the_values_say(record: dict[str, Any], generation: str) -> None:
    answers = {
        path.removeprefix("/api/configs/"): answer
        for path, answer in (record.get("answers") or {}).items()
        if not _is_faulty(answer)
    }
    different = list(different_objects(_values(record, generation), answers))
    if (record["id"], generation) in differences_helm.SHOWN_OTHERWISE:
        assert different
    else:
        assert not different
