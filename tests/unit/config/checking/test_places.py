"""Each kind of problem points at the key or value that is meant, to the character."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest

from osmo_cli.config.checking.offline import check_document
from osmo_cli.config.checking.validate import check_input
from osmo_cli.config.problems import Path
from osmo_cli.config.reading.document import Document
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.reading.yaml_text import parse_yaml
from osmo_cli.config.registry.dialects import SEED, V6_0, V6_2, V6_4, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.secrets import MASK
from tests.unit.config.inputs import live_backend, nested

MARK = "here-it-is"


@dataclass(frozen=True)
class Sample:
    """A wrong document, and where it is wrong: at the key or at the value of `path`."""

    what: str
    config_type: str
    value: Any
    path: Path
    at_key: bool = False
    message: str = ""
    dialect: Dialect = V6_0
    name: str | None = None
    new: bool = False


def of(config_type: str, what: str, path: str, value: Any, **more: Any) -> Sample:
    """A sample with one field."""
    steps = tuple(path.split("."))
    name = None if config_type in ("WORKFLOW", "SERVICE", "DATASET") else "a"
    return Sample(what, config_type, nested(path, value), steps, **{"name": name} | more)


RULES = "node_conditions.rules"
POD = "spec.containers"
SAMPLES = [
    of("BACKEND", "number for text", "description", 5, message="must be a string"),
    of("BACKEND", "text for number", "scheduler_settings.scheduler_timeout", "30"),
    of("WORKFLOW", "fraction", "max_num_tasks", 20.7, message="integer"),
    of("WORKFLOW", "limit", "user_workflow_limits.max_num_tasks", 0, message="greater than 0"),
    of("BACKEND", "null", "grafana_url", None, message="null"),
    of("BACKEND", "list for object", "scheduler_settings", [1], message="an object"),
    of("BACKEND", "choice", "scheduler_settings.scheduler_type", "slurm", message="must be"),
    of("BACKEND", "unknown field", "descripton", {"a": 1}, at_key=True, message="unknown"),
    of("BACKEND", "nested unknown", "scheduler_settings.x", 1, at_key=True, message="unknown"),
    of(
        *("BACKEND", "another version's field", "scheduler_settings.coscheduling", True),
        at_key=True,
        dialect=V6_2,
        message="not sent",
    ),
    of(
        "BACKEND",
        "other form",
        RULES,
        {"a": "b"},
        at_key=True,
        dialect=SEED,
        message="would ignore it",
    ),
    of("BACKEND", "read-only", "version", "7", at_key=True, message="set by the service"),
    of("BACKEND", "mask", "description", MASK, message="mask"),
    of("WORKFLOW", "mask of a secret", "workflow_alerts.slack_token", MASK, message="mask"),
    of("WORKFLOW", "missing", "workflow_log.credential", {"endpoint": "s3://b"}, message="missing"),
    of("WORKFLOW", "endpoint", "workflow_log.credential.endpoint", "http://b", message="storage"),
    of("BACKEND", "coscheduling", "scheduler_settings.coscheduling", True, message="one by one"),
    of("POOL", "default platform", "default_platform", "x", message="platforms"),
    of("POOL", "name", "name", "b", at_key=True, message="set by the service"),
    of("ROLE", "another name", "name", "b", message="as the item is called"),
    of("BACKEND_TEST", "cron", "cron_schedule", "61 * * * *", message="within"),
    of("BACKEND_TEST", "test timeout", "test_timeout", "1s", message="duration"),
    of("SERVICE", "version", "cli_config.latest_version", "x", message="version"),
    of("WORKFLOW", "duration", "max_exec_timeout", "1h30m", message="duration"),
    of("BACKEND", "address", "dashboard_url", "x", message="address"),
    of("BACKEND", "prefix", "node_conditions.prefix", "x", message="operator"),
    of("SERVICE", "JWK", "service_auth.keys.k.public_key", "x", message="JWK"),
    of("POOL", "share", "resources.gpu.maximum", -5, message="less than -1"),
    of("DATASET", "bucket", "buckets.b.dataset_path", "b", message="storage"),
    Sample(
        *("regex of a key", "BACKEND", nested(RULES, {"^A$": "True", "(": "True"})),
        *((*RULES.split("."), "("), True, "regular expression"),
        name="a",
    ),
    Sample(
        *("regex of a status", "BACKEND", nested(RULES, {"^A$": "True", "^B$": "("})),
        *((*RULES.split("."), "^B$"), False, "regular expression"),
        name="a",
    ),
    Sample(
        *("duplicate", "BACKEND", {"tests": ["a", "b", "a"]}, ("tests", 2)),
        message="duplicate value",
        name="a",
    ),
    Sample(
        *("in a list", "BACKEND", {"tests": ["a", {"b": 1}]}, ("tests", 1)),
        message="a string",
        name="a",
    ),
    Sample(
        "wildcard",
        "BACKEND",
        nested("node_conditions.additional_node_conditions", ["a", "b*c"]),
        ("node_conditions", "additional_node_conditions", 1),
        message="only at the end",
        dialect=SEED,
        name="a",
    ),
    Sample(
        "guarantee above maximum",
        "POOL",
        nested("resources.gpu", {"maximum": 1, "guarantee": 2}),
        ("resources", "gpu", "guarantee"),
        message="greater than maximum",
        name="a",
    ),
    Sample(
        "default above maximum",
        "WORKFLOW",
        {"max_exec_timeout": "1h", "default_exec_timeout": "2h"},
        ("default_exec_timeout",),
        message="longer",
    ),
    Sample(
        "amount",
        "POD_TEMPLATE",
        nested(POD, [{"name": "b"}, {"name": "a", "resources": {"limits": {"cpu": "2GB"}}}]),
        ("spec", "containers", 1, "resources", "limits", "cpu"),
        message="amount",
        name="a",
    ),
    Sample(
        "label's key",
        "POD_TEMPLATE",
        nested("spec.nodeSelector", {"a": "b", "a b": "c"}),
        ("spec", "nodeSelector", "a b"),
        at_key=True,
        message="key of a label",
        name="a",
    ),
    Sample(
        "placeholder",
        "POD_TEMPLATE",
        nested("metadata.annotations", {"a": "b", "c": "{{USER_CPUS}}"}),
        ("metadata", "annotations", "c"),
        message="variable",
        name="a",
    ),
    Sample(
        "action of a role",
        "ROLE",
        {"name": "a", "description": "", "policies": [{"actions": ["pool:List", "x"]}]},
        ("policies", 0, "actions", 1),
        message="action",
        dialect=V6_2,
        name="a",
    ),
    Sample(
        "label of workflows",
        "WORKFLOW",
        nested("labels_config.policy", [{"key": "a"}, {"key": "b c"}]),
        ("labels_config", "policy", 1, "key"),
        message="label",
        dialect=V6_4,
    ),
    Sample(
        "name of an item",
        "POD_TEMPLATE",
        {"ok": {}, "not ok": {}},
        ("not ok",),
        at_key=True,
        message="invalid name",
    ),
    Sample("shape", "POOL", [5], (), message="must be an object", name="a"),
    Sample(
        "required of a new item",
        "POOL",
        {"description": "x"},
        (),
        message="required",
        name="a",
        new=True,
    ),
]


def json_lines(value: Any) -> str:
    return json.dumps(value, indent=2)


def yaml_blocks(value: Any) -> str:
    """YAML as people write it, with the mark in quotes as JSON has it."""
    import yaml

    text: str = yaml.safe_dump(value, sort_keys=False, width=1000)
    return text.replace(MARK, json.dumps(MARK))


FORMATS: dict[str, tuple[Callable[[str, str], Document], Callable[[Any], str]]] = {
    "json": (parse_json, json_lines),
    "json-line": (parse_json, json.dumps),
    "yaml-flow": (parse_yaml, json.dumps),
    "yaml": (parse_yaml, yaml_blocks),
}
"""How a document is written and read; a place is looked for in what was written."""


def marked(value: Any, path: Path, at_key: bool) -> Any:
    """`value` with a mark in the place of the key or value at `path`."""
    if not path:
        return MARK
    copy = deepcopy(value)
    holder = copy
    for step in path[:-1]:
        holder = holder[step]
    if at_key:
        renamed = {MARK if key == path[-1] else key: inner for key, inner in holder.items()}
        holder.clear()
        holder.update(renamed)
    else:
        holder[path[-1]] = MARK
    return copy


def place_of(sample: Sample, write: Callable[[Any], str]) -> tuple[int, int]:
    """Line and column of the mark, and so of what it stands for."""
    text = write(marked(sample.value, sample.path, sample.at_key))
    before = text[: text.index(json.dumps(MARK))]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def value_at(value: Any, path: Path) -> Any:
    return value_at(value[path[0]], path[1:]) if path else value


def has_one_place(sample: Sample, form: str) -> bool:
    """In blocks, an object begins on another line than what stands in its place would."""
    is_block = isinstance(value_at(sample.value, sample.path), (dict, list))
    return form != "yaml" or sample.at_key or not is_block


@pytest.mark.parametrize(
    ("sample", "form"),
    [
        pytest.param(sample, form, id=f"{sample.what}-{form}")
        for sample in SAMPLES
        for form in FORMATS
        if has_one_place(sample, form)
    ],
)
def test_a_problem_points_at_what_is_wrong(sample: Sample, form: str) -> None:
    parse, write = FORMATS[form]
    shape = Shape(CONFIG_TYPES[sample.config_type], sample.dialect, sample.name)
    document = parse("in", write(sample.value))
    problems_shown = check_document(document, shape, new=sample.new)
    places = {
        (problem.line, problem.column)
        for problem in problems_shown
        if sample.message in problem.message
    }
    assert places == {place_of(sample, write)}, [str(problem) for problem in problems_shown]


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_wrong_with_the_stored_object_has_no_place(form: str) -> None:
    parse, write = FORMATS[form]
    live = live_backend(V6_0) | {"scheduler_settings": {"scheduler_type": "gone"}}
    document = parse("in", write({"scheduler_settings": {"scheduler_timeout": 5}}))
    shape = Shape(CONFIG_TYPES["BACKEND"], V6_0, "a")
    [problem] = check_input(document, shape, live).problems
    assert (problem.line, problem.column) == (None, None)
    assert problem.path == ("scheduler_settings", "scheduler_type")
