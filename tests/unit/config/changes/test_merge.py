"""What an object becomes, and where two objects differ."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.changes.merge import (
    Replacement,
    differences,
    fill_new_objects,
    merge_input,
    replace_whole,
)
from osmo_cli.config.problems import Path
from osmo_cli.config.registry.dialects import V6_0
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import BACKEND
from osmo_cli.config.values import ABSENT, same, value_at
from tests.unit.config.strategies import json_objects, json_values


def default_of(value: dict[str, Any]) -> Callable[[Path], Any]:
    return lambda path: value_at(value, path, ABSENT)


def nothing_kept(path: Path) -> bool:
    return False


def applied(before: Any, difference_list: list[Any]) -> Any:
    """`before` with the differences carried out: what they must add up to."""
    result = deepcopy(before)
    for difference in difference_list:
        if not difference.path:
            return difference.after
        inner = result
        for step in difference.path[:-1]:
            inner = inner[step]
        if difference.after is ABSENT:
            del inner[difference.path[-1]]
        else:
            inner[difference.path[-1]] = difference.after
    return result


@given(live=json_objects, given_=json_objects)
def test_what_is_given_is_stored_and_the_rest_stays(
    live: dict[str, Any], given_: dict[str, Any]
) -> None:
    before = deepcopy((live, given_))
    merged = merge_input(live, given_)
    assert (live, given_) == before, "an argument was changed"
    assert merged.keys() == live.keys() | given_.keys()
    for key in live.keys() - given_.keys():
        assert merged[key] == live[key]
    for key, value in given_.items():
        assert same(merged[key], merge_input(live.get(key), value))
        if not isinstance(value, dict):
            assert same(merged[key], value)
    assert same(merge_input(merged, given_), merged), "a second time changes something"


@given(json_objects)
def test_an_empty_input_and_the_live_object_itself_change_nothing(live: dict[str, Any]) -> None:
    assert merge_input(live, {}) == live
    assert merge_input(live, live) == live
    assert replace_whole(live, live, Replacement(default_of({}), nothing_kept)) == live


def test_siblings_stay_at_every_depth_and_lists_are_one_value() -> None:
    live = {"a": {"b": {"c": 1, "d": [1, 2]}, "e": 2}, "f": 3}
    given_ = {"a": {"b": {"d": [3]}}, "f": None}
    assert merge_input(live, given_) == {"a": {"b": {"c": 1, "d": [3]}, "e": 2}, "f": None}


@given(live=json_objects, buffer=json_objects)
def test_an_edited_buffer_is_the_whole_object(live: dict[str, Any], buffer: dict[str, Any]) -> None:
    assert same(replace_whole(live, buffer, Replacement(default_of({}), nothing_kept)), buffer)
    assert list(replace_whole(live, live, Replacement(default_of({}), nothing_kept))) == list(live)


def test_what_was_removed_in_the_buffer_goes_back_to_its_default() -> None:
    live = {"limit": 5, "new_field": 1, "map": {"a": 1, "b": 2}, "nested": {"x": 1, "y": 2}}
    default = {"limit": 20, "map": {}, "nested": {"x": 0, "y": 0}}
    wanted = replace_whole(
        live, {"map": {"a": 1}, "nested": {"y": 3}}, Replacement(default_of(default), nothing_kept)
    )
    assert wanted == {"limit": 20, "map": {"a": 1}, "nested": {"x": 0, "y": 3}}


def test_what_the_buffer_never_showed_stays() -> None:
    live = {"alerts": {"token": "**********", "mail": {"host": "h", "password": "**********"}}}
    default = {"alerts": {"token": "", "mail": {"host": "", "password": ""}}}

    def kept(path: Path) -> bool:
        return path[-1] in ("token", "password")

    shown_again = {"alerts": {"mail": {"host": "other"}}}
    assert replace_whole(live, shown_again, Replacement(default_of(default), kept)) == {
        "alerts": {"token": "**********", "mail": {"host": "other", "password": "**********"}}
    }
    shorter: list[dict[str, Any]] = [{}, {"alerts": {}}, {"alerts": {"mail": {}}}]
    for buffer in shorter:
        assert replace_whole(live, buffer, Replacement(default_of(default), kept)) == {
            "alerts": {"token": "**********", "mail": {"host": "", "password": "**********"}}
        }
    new_secret = {"alerts": {"token": "new"}}
    replacement = Replacement(default_of(default), kept)
    assert replace_whole(live, new_secret, replacement)["alerts"]["token"] == "new"
    assert replace_whole({"alerts": None}, new_secret, replacement) == new_secret


def test_an_absent_value_removes_its_key() -> None:
    live = {"a": {"b": 1, "c": 2}, "d": 3}
    assert merge_input(live, {"a": {"b": ABSENT, "gone": ABSENT}}) == {"a": {"c": 2}, "d": 3}
    assert merge_input(live, {"d": {"x": ABSENT, "y": 1}}) == live | {"d": {"y": 1}}
    assert merge_input({}, {"new": {"x": ABSENT}}) == {"new": {}}
    whole = replace_whole(
        live, {"a": {"b": ABSENT, "c": 2}}, Replacement(default_of({}), nothing_kept)
    )
    assert whole == {"a": {"c": 2}}
    assert deepcopy(ABSENT) is ABSENT


def test_what_is_protected_stays_where_its_default_would_lose_it() -> None:
    def protected(value: Any, path: Path) -> bool:
        return "secret" in str(value)

    live = {"credential": {"id": 1, "key": "secret"}, "keys": {"a": "secret", "b": "x"}, "n": 1}
    default = {"credential": None, "keys": {}, "n": 0}
    replacement = Replacement(default_of(default), nothing_kept, protected=protected)
    kept = {"credential": {"id": 1, "key": "secret"}, "keys": {"a": "secret"}, "n": 0}
    assert replace_whole(live, {}, replacement) == kept
    explicit = {"credential": None, "keys": {"b": "y"}}
    assert replace_whole(live, explicit, replacement) == explicit | {"n": 0}
    removed = {"credential": ABSENT, "keys": ABSENT}
    assert replace_whole(live, removed, replacement) == {"credential": None, "keys": {}, "n": 0}


@given(before=json_values, after=json_values)
def test_differences_lead_from_one_to_the_other(before: Any, after: Any) -> None:
    difference_list = list(differences(before, after))
    assert bool(difference_list) == (not same(before, after))
    assert same(applied(before, difference_list), after)
    for difference in difference_list:
        assert not same(difference.before, difference.after)
        both = (difference.before, difference.after)
        assert not all(isinstance(side, dict) for side in both), "not the deepest place"


def test_a_list_is_one_difference() -> None:
    (difference_list,) = differences({"a": {"tests": ["x", "y"]}}, {"a": {"tests": ["x"]}})
    assert (difference_list.path, difference_list.before, difference_list.after) == (
        ("a", "tests"),
        ["x", "y"],
        ["x"],
    )


def test_absent_is_not_null() -> None:
    (difference_list,) = differences({}, {"a": None})
    assert (difference_list.before, difference_list.after) == (ABSENT, None)


@pytest.mark.parametrize(
    ("first", "other", "equal"),
    [
        (1, 1.0, True),
        (True, 1, False),
        (False, 0, False),
        (0, False, False),
        ([True], [1], False),
        ({"a": [1]}, {"a": [1.0]}, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": None}, {}, False),
        ([], {}, False),
        ("1", 1, False),
        ([1, 2], [2, 1], False),
    ],
)
def test_same(first: Any, other: Any, equal: bool) -> None:
    assert same(first, other) is equal
    assert same(other, first) is equal


@given(json_values)
def test_a_value_is_the_same_as_its_copy_over_the_wire(value: Any) -> None:
    assert same(value, json.loads(json.dumps(value)))


@given(json_objects, st.data())
def test_an_object_that_exists_gets_no_new_fields(
    live: dict[str, Any], data: st.DataObject
) -> None:
    stored = merge_input(data.draw(json_objects), live)
    assert fill_new_objects(live, live, stored).keys() == live.keys()


def test_a_new_object_is_shown_with_its_defaults() -> None:
    live = {"credential": None, "limits": {"a": 1}}
    wanted = {"credential": {"endpoint": "s3://b/"}, "limits": {"a": 2}}
    stored = {
        "credential": {"endpoint": "s3://b", "region": "us-east-1"},
        "limits": {"a": 2, "b": 0},
        "other": 1,
    }
    assert fill_new_objects(live, wanted, stored) == {
        "credential": {"endpoint": "s3://b", "region": "us-east-1"},
        "limits": {"a": 2},
    }


def test_a_map_that_is_one_value_is_replaced() -> None:
    live = {"node_conditions": {"rules": {"Ready": "True", "Gpu": "True"}, "prefix": "p/"}}
    given = {"node_conditions": {"rules": {"^Ready$": "True"}}}
    merged = merge_input(live, given, Shape(BACKEND, V6_0, "a").is_one_value)
    assert merged == {"node_conditions": {"rules": {"^Ready$": "True"}, "prefix": "p/"}}
    assert merge_input(live, given)["node_conditions"]["rules"].keys() == {
        *("Ready", "Gpu", "^Ready$")
    }
