"""Types whose items are stored whole, and updates of a whole type with items."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osmo_cli.config.changes.patch import Patch, make_patch
from osmo_cli.config.checking.validate import Checked, check_input
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.registry.dialects import V6_0
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.values import same

POOL: dict[str, Any] = CONFIG_TYPES["POOL"].schema(V6_0)(backend="gpu-a").model_dump()
POOL |= {
    "name": "a",
    "status": "ONLINE",
    "default_platform": "h100",
    "platforms": {"h100": {"description": "H100", "labels": {"x": "y"}}},
    "last_heartbeat": "2026-11-23T11:32:28",
}
VALIDATION = [
    {"operator": "LE", "left_operand": "{{A}}", "right_operand": "1", "assert_message": "m"}
]
ROLE = {
    "name": "ops",
    "description": "Ops",
    "policies": [{"actions": [{"base": "http", "path": "/api/x", "method": "Get"}]}],
    "immutable": False,
}
TEST = {
    "name": "nccl",
    "description": "d",
    "cron_schedule": "0 * * * *",
    "test_timeout": "300s",
    "common_pod_template": ["t"],
    "parsed_pod_template": {"spec": {}},
    "node_conditions": ["c"],
}


def check(kind: str, live: Any, given: Any, name: str | None = None) -> Checked:
    text = given if isinstance(given, str) else json.dumps(given)
    shape = Shape(CONFIG_TYPES[kind], V6_0, name)
    return check_input(parse_json("in.json", text), shape, live)


def update(kind: str, live: Any, given: Any, name: str | None = None) -> Patch | None:
    """The request for an input without problems."""
    checked = check(kind, live, given, name)
    assert [str(problem) for problem in checked.problems] == []
    shape = Shape(CONFIG_TYPES[kind], V6_0, name)
    verb = CONFIG_TYPES[kind].named if name else CONFIG_TYPES[kind].whole
    assert verb
    return make_patch(verb, V6_0, shape.editable(live), shape.editable(checked.wanted))


def test_a_pool_keeps_what_a_file_does_not_mention_and_is_sent_whole() -> None:
    patch = update("POOL", POOL, {"description": "new"}, "a")
    assert patch
    assert patch.verb.method == "PUT"
    assert patch.content["description"] == "new"
    assert patch.content["platforms"] == {"h100": {"description": "H100"}}
    assert patch.content["default_exec_timeout"] == ""
    assert not patch.content.keys() & {"name", "status", "last_heartbeat", "parsed_pod_template"}


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_whole_update_sends_only_the_items_that_change(wrapped: bool) -> None:
    live = {"a": POOL, "b": POOL | {"name": "b"}}
    given: Any = {"b": {"description": "new"}, "a": {"backend": "gpu-a"}}
    patch = update("POOL", live, {"pools": given} if wrapped else given)
    assert patch
    assert list(patch.content) == ["b"]


def test_a_new_item_of_a_whole_update_has_its_defaults() -> None:
    checked = check("POOL", {"a": POOL}, {"c": {"backend": "gpu-a"}})
    assert checked.wanted["a"] == POOL
    assert checked.wanted["c"]["enable_maintenance"] is False
    assert checked.problems == []


def test_a_copy_of_what_is_shown_changes_nothing() -> None:
    for kind, live in {
        "POOL": {"a": POOL},
        "RESOURCE_VALIDATION": {"v": VALIDATION},
        "BACKEND_TEST": {"nccl": TEST},
        "POD_TEMPLATE": {"t": {"spec": {"containers": []}}},
    }.items():
        assert update(kind, live, live) is None, kind
        for name, item in live.items():
            assert update(kind, item, item, name) is None, kind
    assert update("ROLE", {"ops": ROLE}, [ROLE]) is None


def test_roles_stand_in_a_list_and_are_sent_in_one() -> None:
    live = {"ops": ROLE, "other": ROLE | {"name": "other"}}
    changed = ROLE | {"description": "new"}
    patch = update("ROLE", live, [changed])
    assert patch
    assert [role["name"] for role in patch.content] == ["ops"]
    assert "immutable" not in patch.content[0]


def test_an_action_as_text_is_the_object_that_the_service_shows() -> None:
    given = {"name": "ops", "description": "Ops", "policies": [{"actions": ["http:/api/x:get"]}]}
    assert update("ROLE", ROLE, given, "ops") is None


def test_a_file_of_a_template_is_the_whole_template() -> None:
    wanted = {"spec": {"hostPID": True}}
    patch = update("POD_TEMPLATE", {"spec": {"hostPID": True, "hostIPC": True}}, wanted, "t")
    assert patch
    assert patch.content == wanted


def test_a_validation_is_a_list() -> None:
    patch = update("RESOURCE_VALIDATION", VALIDATION, VALIDATION * 2, "v")
    assert patch
    assert same(patch.content, VALIDATION * 2)


def test_a_bucket_keeps_its_secret() -> None:
    bucket = {
        "dataset_path": "s3://b/d",
        "region": "us-east-1",
        "check_key": False,
        "description": "",
        "mode": "read-write",
        "default_credential": {"access_key_id": "i", "access_key": "*" * 10},
    }
    patch = update("DATASET", bucket, {"description": "d"}, "team")
    assert patch
    assert patch.content == {"description": "d"}
    whole = {"buckets": {"team": bucket}, "default_bucket": ""}
    patch = update("DATASET", whole, {"buckets": {"new": {"dataset_path": "s3://n/d"}}})
    assert patch
    assert list(patch.content["buckets"]) == ["new"]


WRONG: dict[str, tuple[str, Any, Any, str | None, str]] = {
    "a list for a map": (
        *("POD_TEMPLATE", {}, '["x"]', None),
        "in.json:1:2: [0]: must be an object with a name",
    ),
    "a text for a map": (
        *("POOL", {"a": POOL}, '"x"', None),
        "in.json:1:1: must be an object, not a string",
    ),
    "an object for a list": (
        *("RESOURCE_VALIDATION", VALIDATION, "{}", "v"),
        "in.json:1:1: must be a list, not an object",
    ),
    "operator": (
        *("RESOURCE_VALIDATION", VALIDATION, json.dumps([VALIDATION[0] | {"operator": "NE"}]), "v"),
        'in.json:1:15: [0].operator: must be "GT", "GE", "LT", "LE" or "EQ"',
    ),
    "new name": (
        *("POD_TEMPLATE", {}, '{"bad name": {}}', None),
        'in.json:1:2: ["bad name"]: invalid name',
    ),
    "unknown field of a pool": (
        *("POOL", {"a": POOL}, '{"pools": {"a": {"bakcend": "x"}}}', None),
        'in.json:1:18: a.bakcend: unknown field (did you mean "backend"?)',
    ),
    "a pool without backend": (
        *("POOL", {}, '{"n": {"description": ""}}', None),
        "in.json:1:7: n.backend: this field is required",
    ),
    "default platform": (
        *("POOL", POOL, '{"default_platform": "nope"}', "a"),
        "default_platform: is not one of platforms",
    ),
    "role twice": (
        *("ROLE", {}, json.dumps([ROLE, ROLE]), None),
        "duplicate name",
    ),
    "action": (
        *("ROLE", ROLE, json.dumps(ROLE | {"policies": [{"actions": ["nonsense"]}]}), "ops"),
        "policies[0].actions[0]: must be an action such as http:/PATH/*:Get",
    ),
    "method": (
        *("ROLE", ROLE, json.dumps(ROLE | {"policies": [{"actions": ["http:/x:frob"]}]}), "ops"),
        "in.json:1:65: policies[0].actions[0].method: must be one of *, Get",
    ),
    "bucket mode": (
        *("DATASET", {"dataset_path": "s3://b/d"}, '{"mode": "append-only"}', "team"),
        'in.json:1:10: mode: must be "read-only" or "read-write"',
    ),
    "bucket path": (
        *("DATASET", {}, '{"dataset_path": "b/d"}', "team"),
        "in.json:1:18: dataset_path: must be a storage address",
    ),
    "duration": (
        *("SERVICE", {"service_auth": {}}, '{"service_auth": {"max_token_duration": "1y"}}', None),
        "in.json:1:41: service_auth.max_token_duration: must be a duration",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_its_place(name: str) -> None:
    from osmo_cli.config.problems import InvalidInputError

    kind, live, text, item, expected = WRONG[name]
    try:
        problems = list(check(kind, live, text, item).problems)
    except InvalidInputError as error:
        problems = list(error.problems)
    assert any(expected in str(problem) for problem in problems), [str(p) for p in problems]
    assert any(problem.severity == "error" for problem in problems)
