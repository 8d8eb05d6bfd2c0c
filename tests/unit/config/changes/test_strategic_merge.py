"""The service's own merge of a PATCH, row by row of docs/service/merge.md."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from osmo_cli.config.changes.merge import merge_input
from osmo_cli.config.changes.strategic_merge import ACTION, INDEX, MergeFault, strategic_merge
from osmo_cli.config.registry.dialects import V6_0, V6_3
from osmo_cli.config.values import same
from tests.unit.config.strategies import json_objects

V6_2 = replace(V6_0, name="6.2", empty_list_is_lost=False)
DELETE = {"$action": "delete"}


@pytest.mark.parametrize(
    ("current", "patch", "merged"),
    [
        pytest.param({}, {"a": {"$index": 1}}, {"a": {"$index": 1}}, id="new-key-verbatim"),
        pytest.param({}, {"a": DELETE}, {"a": DELETE}, id="delete-of-an-absent-key-is-stored"),
        pytest.param({"a": 1}, {"a": None}, {"a": None}, id="null-is-stored"),
        pytest.param({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}, id="empty-object-no-change"),
        pytest.param({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}, id="recursive"),
        pytest.param({"a": 1}, {"a": {"c": 2}}, {"a": {"c": 2}}, id="object-over-scalar"),
        pytest.param({"a": None}, {"a": {"c": 2}}, {"a": {"c": 2}}, id="object-over-null"),
        pytest.param({"a": {"b": 1}}, {"a": 2}, {"a": 2}, id="scalar-over-object"),
        pytest.param({"a": {"b": 1, "c": 2}}, {"a": {"b": DELETE}}, {"a": {"c": 2}}, id="delete"),
        pytest.param({"a": ["x"]}, {"a": ["y", "z"]}, {"a": ["y", "z"]}, id="texts-replace"),
        pytest.param({"a": [{"x": 1}]}, {"a": [1, {}]}, {"a": [1, {}]}, id="mixed-list-replaces"),
        pytest.param({"a": None}, {"a": ["y"]}, {"a": ["y"]}, id="texts-over-null"),
        pytest.param(
            {"a": [{"x": 1}]}, {"a": [{"y": 2}]}, {"a": [{"x": 1}, {"y": 2}]}, id="objects-append"
        ),
        pytest.param(
            {"a": [{"x": 1}, {"x": 2}]},
            {"a": [{"$index": 1, "y": 3}]},
            {"a": [{"x": 1}, {"x": 2, "y": 3}]},
            id="index-merges",
        ),
        pytest.param(
            {"a": [{"x": 1}, {"x": 2}]},
            {"a": [{"$index": 0, "$action": "replace", "y": 3}, {"$index": 1, **DELETE}]},
            {"a": [{"y": 3}]},
            id="index-replaces-and-deletes",
        ),
        pytest.param(
            {"a": [{"x": 1}]},
            {"a": [{"$index": 7, "y": 3}]},
            {"a": [{"x": 1}, {"y": 3}]},
            id="unknown-index-appends",
        ),
        pytest.param({"a": []}, {"a": [{"y": 1}]}, {"a": [{"y": 1}]}, id="objects-over-no-item"),
    ],
)
@pytest.mark.parametrize("dialect", [V6_0, V6_2], ids=["6.0", "6.2"])
def test_a_row_of_the_table(
    dialect: Any, current: dict[str, Any], patch: dict[str, Any], merged: dict[str, Any]
) -> None:
    before = deepcopy((current, patch))
    assert strategic_merge(current, patch, dialect) == merged
    assert (current, patch) == before, "an argument was changed"


@pytest.mark.parametrize("current", [None, ["text"], "text", {"x": 1}])
@pytest.mark.parametrize("dialect", [V6_0, V6_2], ids=["6.0", "6.2"])
def test_objects_over_something_else_fail_as_in_the_service(dialect: Any, current: Any) -> None:
    with pytest.raises(MergeFault):
        strategic_merge({"a": current}, {"a": [{"x": 1}]}, dialect)


@pytest.mark.parametrize("dialect", [V6_0, V6_2, V6_3], ids=["6.0", "6.2", "6.3"])
@pytest.mark.parametrize(
    ("current", "edits", "merged"),
    [
        ([{"x": 1}], [{INDEX: 5, ACTION: "delete"}], [{"x": 1}]),
        ([{"x": 1}], [{INDEX: 0, "x": 2}, {INDEX: 0, "x": 3}], [{"x": 2}]),
        ([{"x": 1}], [{INDEX: [], "x": 2}], [{"x": 1}, {"x": 2}]),
        ([{"x": 1}, {}], [{INDEX: 1, "x": 2}], [{"x": 1}]),
        ([{}, {"x": 1}], [{INDEX: 1, "y": 2}], [{"x": 1, "y": 2}]),
    ],
)
def test_edits_by_index(dialect: Any, current: Any, edits: Any, merged: Any) -> None:
    assert strategic_merge({"a": current}, {"a": edits}, dialect) == {"a": merged}


def test_directives_inside_objects_are_dropped_from_6_3() -> None:
    patch = {"a": {ACTION: "replace", INDEX: 1, "x": 2}}
    assert strategic_merge({"a": {"y": 1}}, patch, V6_3) == {"a": {"x": 2, "y": 1}}
    assert strategic_merge({"a": {"y": 1}}, patch, V6_2) == {"a": {**patch["a"], "y": 1}}
    # What is stored for the first time keeps them, until it is merged into.
    first = strategic_merge({}, patch, V6_3)
    assert first == patch
    assert strategic_merge(first, {"a": {"z": 3}}, V6_3) == {"a": {"x": 2, "z": 3}}


def test_an_empty_list_is_lost_in_6_0() -> None:
    assert strategic_merge({"a": []}, {"a": []}, V6_0) == {"a": []}
    assert strategic_merge({"a": [{"x": 1}]}, {"a": []}, V6_0) == {"a": [{"x": 1}]}
    with pytest.raises(MergeFault):
        strategic_merge({"a": ["text"]}, {"a": []}, V6_0)


@pytest.mark.parametrize("current", [[], ["text"], [{"x": 1}]])
def test_an_empty_list_replaces_later(current: Any) -> None:
    assert strategic_merge({"a": current}, {"a": []}, V6_2) == {"a": []}


def holds_a_list(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(holds_a_list, value.values()))
    return isinstance(value, list)


@given(current=json_objects, patch=json_objects)
def test_without_lists_it_is_the_plain_merge(current: Any, patch: Any) -> None:
    plain = {key: value for key, value in patch.items() if not holds_a_list(value)}
    assert same(strategic_merge(current, plain, V6_0), merge_input(current, plain))
