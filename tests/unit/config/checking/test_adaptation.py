"""An input as a service of its version reads it: fields of other versions, numbers, names."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from osmo_cli.config.checking.validate import Checked, check_input
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.registry.dialects import DIALECTS, SEED, V6_0, V6_2, V6_3, V6_4, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.schemas.base import defaults, model_at
from tests.unit.config.inputs import lines, said
from tests.unit.config.schemas.test_field_coverage import ALL


def checked(kind: str, text: Any, live: Any, dialect: Dialect, name: str | None) -> Checked:
    before = deepcopy(live)
    document = parse_json("in.json", json.dumps(text))
    result = check_input(document, Shape(CONFIG_TYPES[kind], dialect, name), live)
    assert live == before
    return result


def stored(kind: str, dialect: Dialect) -> dict[str, Any]:
    """A stored object with its defaults; what is required is not judged."""
    return deepcopy(defaults(CONFIG_TYPES[kind].item_schema(dialect)))


POOL = {"backend": "gpu-a"}
ELSEWHERE: list[tuple[str, str | None, dict[str, Any], dict[str, Any], str, Dialect]] = [
    (
        "BACKEND",
        "gpu-a",
        {"scheduler_settings": {"coscheduling": True, "scheduler_timeout": 60}},
        {"scheduler_settings": {"scheduler_timeout": 60}},
        "scheduler_settings.coscheduling",
        V6_2,
    ),
    (
        "POOL",
        "p",
        {**POOL, "action_permissions": {"execute": "PUBLIC"}, "description": "x"},
        {**POOL, "description": "x"},
        "action_permissions",
        V6_4,
    ),
    ("POOL", "p", {**POOL, "topology_keys": []}, POOL, "topology_keys", V6_0),
    (
        "DATASET",
        "b",
        {"dataset_path": "s3://b/c", "check_key": True},
        {"dataset_path": "s3://b/c"},
        "check_key",
        V6_3,
    ),
    (
        "WORKFLOW",
        None,
        {"labels_config": {"policy": []}, "max_num_tasks": 7},
        {"max_num_tasks": 7},
        "labels_config",
        V6_3,
    ),
    (
        "SERVICE",
        None,
        {"cli_config": {"latest_version": "6.0.0", "min_supported_version": "6.0.0"}},
        {"cli_config": {"min_supported_version": "6.0.0"}},
        "cli_config.latest_version",
        SEED,
    ),
    (
        "ROLE",
        "r",
        {"name": "r", "description": "", "policies": [], "sync_mode": "force"},
        {"name": "r", "description": "", "policies": []},
        "sync_mode",
        V6_0,
    ),
    (
        "BACKEND",
        "gpu-a",
        {"node_conditions": {"rules": {}, "prefix": "osmo.nvidia.com/"}},
        {"node_conditions": {"prefix": "osmo.nvidia.com/"}},
        "node_conditions.rules",
        SEED,
    ),
]


@pytest.mark.parametrize(("kind", "name", "text", "same", "path", "dialect"), ELSEWHERE)
def test_a_field_of_another_version_is_left_out(
    kind: str,
    name: str | None,
    text: dict[str, Any],
    same: dict[str, Any],
    path: str,
    dialect: Dialect,
) -> None:
    live = stored(kind, dialect)
    result = checked(kind, text, live, dialect, name)
    (line,) = lines(result)
    assert line.startswith("warning: in.json:1:")
    assert f": {path}: not sent: {dialect.name} does not have this field (it exists in " in line
    assert result.wanted == checked(kind, same, live, dialect, name).wanted
    assert [item.split(" (")[0] for item in said(kind, text, dialect, name=name)][:1] == [
        line.split(" (")[0]
    ]


def test_a_field_that_the_service_shows_is_sent_whatever_the_schema_says() -> None:
    live = stored("WORKFLOW", V6_3) | {"labels_config": {"policy": []}}
    result = checked("WORKFLOW", {"labels_config": {"policy": [1]}}, live, V6_3, None)
    assert lines(result) == []
    assert result.wanted["labels_config"] == {"policy": [1]}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("text", ["20.0", "2e1", "20"])
def test_an_integer_may_be_written_as_the_service_reads_it(text: str, dialect: Dialect) -> None:
    live = stored("WORKFLOW", dialect)
    content = f'{{"max_retry_per_task": {text}}}'
    document = parse_json("in.json", content)
    result = check_input(document, Shape(CONFIG_TYPES["WORKFLOW"], dialect), live)
    assert lines(result) == []
    assert repr(result.wanted["max_retry_per_task"]) == "20"
    assert said("WORKFLOW", content, dialect) == []
    assert "must be an integer" in said("WORKFLOW", '{"max_retry_per_task": 20.5}', dialect)[0]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_a_name_that_is_the_key_is_no_problem(dialect: Dialect) -> None:
    pool = {"name": "a", "backend": "gpu-a"}
    assert said("POOL", pool, dialect, name="a") == []
    assert said("POOL", {"a": pool}, dialect) == []
    assert lines(checked("POOL", pool, {}, dialect, "a")) == []
    assert lines(checked("POOL", {"a": pool}, {}, dialect, None)) == []
    (line,) = lines(checked("POOL", {"b": pool}, {}, dialect, None))
    assert "b.name: is set by the service; this value is not sent" in line


EMPTIED = [("user_roles", '"osmo-user"'), ("ctrl_roles", '"osmo-user", "osmo-ctrl"')]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(("field", "default"), EMPTIED)
def test_a_list_that_the_service_would_fill_cannot_be_emptied(
    field: str, default: str, dialect: Dialect
) -> None:
    live = {"service_auth": {"user_roles": ["a"], "ctrl_roles": ["a"]}}
    result = checked("SERVICE", {"service_auth": {field: []}}, live, dialect, None)
    message = f"cannot be emptied: this service would store the default [{default}] instead"
    expected = [f"in.json:1:{23 + len(field)}: service_auth.{field}: {message} (name at least one)"]
    assert lines(result) == (expected if dialect.empty_list_is_lost else [])
    live["service_auth"][field] = []
    assert lines(checked("SERVICE", {"service_auth": {field: []}}, live, dialect, None)) == []


@pytest.mark.parametrize(("config_type", "dialect"), ALL)
def test_a_hint_never_names_a_read_only_field(config_type: Any, dialect: Dialect) -> None:
    shape = Shape(config_type, dialect, None if not config_type.is_by_item else "a")
    if model_at(shape.model(), ()) is None:
        return
    for path in config_type.read_only:
        if len(path) == 1:
            lines_ = said(config_type.name, {f"{path[0]}z": 1}, dialect, name=shape.name)
            assert not any(f'"{path[0]}"' in line for line in lines_), lines_


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_what_is_stored_in_another_form_can_be_sent_back(dialect: Dialect) -> None:
    """Of images, the seed generation has objects and all others have strings."""
    live = stored("WORKFLOW", dialect)
    is_text = isinstance(live["backend_images"]["init"], str)
    form = {"amd64": "a", "arm64": "b"} if is_text else "a"
    live["backend_images"] |= {"init": form, "client": form}
    for text in (live, {"backend_images": live["backend_images"]}):
        result = checked("WORKFLOW", text, live, dialect, None)
        assert (lines(result), result.wanted) == ([], live)
    # What the file does not touch is kept and not judged.
    given = {"backend_images": {"credential": {"username": "u"}}}
    result = checked("WORKFLOW", given, live, dialect, None)
    assert all(line.startswith("warning: backend_images.") for line in lines(result))
    expected = deepcopy(live)
    expected["backend_images"]["credential"]["username"] = "u"
    assert result.wanted == expected
    # And what it changes in that form is sent as it is.
    other = {"amd64": "a", "arm64": "c"} if is_text else "c"
    result = checked("WORKFLOW", {"backend_images": {"init": other}}, live, dialect, None)
    assert "osmo does not know the stored form of this field; it is sent as it is" in str(
        lines(result)
    )
    assert result.wanted["backend_images"]["init"] == other


def test_a_version_without_changes_reads_as_the_one_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = replace(V6_4, name="6.5", version="6.5.0")
    monkeypatch.setitem(DIALECTS, "6.5", later)
    for kind, name, text, _, _, _ in ELSEWHERE:
        if kind in later.config_types:
            expected = [line.replace("6.4", "6.5") for line in said(kind, text, V6_4, name=name)]
            assert said(kind, text, later, name=name) == expected
