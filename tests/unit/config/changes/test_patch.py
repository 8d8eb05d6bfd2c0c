"""The request that is sent ends in exactly the wanted state, and never holds a mask."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.changes.merge import merge_input
from osmo_cli.config.changes.patch import make_patch
from osmo_cli.config.changes.strategic_merge import strategic_merge
from osmo_cli.config.registry.dialects import DIALECTS, V6_0
from osmo_cli.config.registry.types import BACKEND, WORKFLOW
from osmo_cli.config.secrets import MASK
from osmo_cli.config.values import same
from osmo_cli.errors import UsageError
from tests.unit.config.strategies import backends, json_objects, shown_workflows, workflows

V6_2 = replace(V6_0, name="6.2", empty_list_is_lost=False)
dialects = st.sampled_from([*DIALECTS.values(), V6_2])
assert WORKFLOW.whole
assert BACKEND.named
PATCH, POST = WORKFLOW.whole, BACKEND.named


def with_default_lists(value: Any, pattern: Any) -> Any:
    """`value` as the service reads it: a list that was removed is back at its default, []."""
    if not (isinstance(value, dict) and isinstance(pattern, dict)):
        return value
    missing: dict[str, Any] = {
        key: [] for key, inner in pattern.items() if key not in value and inner == []
    }
    return {key: with_default_lists(inner, pattern.get(key)) for key, inner in value.items()} | (
        missing
    )


def without_new_masks(live: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """`wanted`, but for credentials that are not stored: those have no mask to show."""
    sections = ("workflow_data", "workflow_log")
    gone = [section for section in sections if live[section]["credential"] is None]
    return wanted | {section: live[section] for section in gone}


@given(live=shown_workflows, wanted=shown_workflows, dialect=dialects)
def test_the_service_s_merge_of_the_patch_is_what_was_wanted(
    live: dict[str, Any], wanted: dict[str, Any], dialect: Any
) -> None:
    wanted = without_new_masks(live, wanted)
    before = deepcopy((live, wanted))
    patch = make_patch(PATCH, dialect, live, wanted)
    assert (live, wanted) == before, "an argument was changed"
    assert (patch is None) == same(live, wanted)
    if patch is not None:
        stored = strategic_merge(live, patch.content, dialect)
        assert same(with_default_lists(stored, wanted), wanted)
        for key in patch.content:
            assert not same(live[key], wanted[key]), f"{key} is sent and does not change"


@given(live=shown_workflows, wanted=shown_workflows, dialect=dialects)
def test_a_secret_that_stays_is_stored_as_it_was(
    live: dict[str, Any], wanted: dict[str, Any], dialect: Any
) -> None:
    wanted = without_new_masks(live, wanted)
    patch = make_patch(PATCH, dialect, live, wanted)
    assert MASK not in json.dumps(patch.content if patch else {})

    def in_clear(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: in_clear(inner) for key, inner in value.items()}
        return "the stored secret" if value == MASK else value

    stored = strategic_merge(in_clear(live), patch.content if patch else {}, dialect)
    assert same(with_default_lists(stored, wanted), in_clear(wanted))


@given(live=shown_workflows, wanted=workflows(st.just("a new secret")), dialect=dialects)
def test_new_secrets_are_sent(live: dict[str, Any], wanted: dict[str, Any], dialect: Any) -> None:
    patch = make_patch(PATCH, dialect, live, wanted)
    assert patch is not None
    stored = strategic_merge(live, patch.content, dialect)
    assert stored["backend_images"]["credential"]["auth"] == "a new secret"
    assert stored["workflow_alerts"]["slack_token"] == "a new secret"


@given(live=json_objects, given_=json_objects, dialect=dialects)
def test_any_patch_is_right_or_refused(
    live: dict[str, Any], given_: dict[str, Any], dialect: Any
) -> None:
    wanted = merge_input(live, given_)
    try:
        patch = make_patch(PATCH, dialect, live, wanted)
    except UsageError:
        # Only a list can be out of reach (docs/service/merge.md#patch).
        assert "[" in json.dumps([wanted])[1:]
        return
    if patch is None:
        assert same(live, wanted)
        return
    stored = strategic_merge(live, patch.content, dialect)
    assert same(with_default_lists(stored, wanted), wanted)


@pytest.mark.parametrize(
    ("live", "wanted", "content"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 2}}, {"a": {"b": 3}}),
        ({"a": {"b": ["x"]}}, {"a": {"b": []}}, {"a": {"b": {"$action": "delete"}}}),
        ({"a": {"b": {"x": 1}}}, {"a": {"b": {}}}, {"a": {"b": {"x": {"$action": "delete"}}}}),
        ({"a": {"b": ["x"]}}, {"a": {"b": ["y"]}}, {"a": {"b": ["y"]}}),
        ({"a": {"b": {"x": 1}}}, {"a": {"b": None}}, {"a": {"b": None}}),
        (
            {"a": {"b": [{"x": 1}, {"x": 2}, {"x": 3}]}},
            {"a": {"b": [{"x": 1}, {"x": 9}]}},
            {
                "a": {
                    "b": [
                        {"$index": 1, "$action": "replace", "x": 9},
                        {"$index": 2, "$action": "delete"},
                    ]
                }
            },
        ),
        (
            {"a": {"b": [{"x": 1}]}},
            {"a": {"b": [{"x": 1}, {"x": 2}]}},
            {"a": {"b": [{"x": 2}]}},
        ),
        ({"a": 1}, {"a": 1.0}, None),
    ],
)
def test_a_change_is_sent_as_an_edit(live: Any, wanted: Any, content: Any) -> None:
    patch = make_patch(PATCH, V6_0, live, wanted)
    assert (patch and patch.content) == content


def test_an_empty_list_is_sent_as_such_where_the_service_can() -> None:
    patch = make_patch(PATCH, V6_2, {"a": {"b": ["x"]}}, {"a": {"b": []}})
    assert patch
    assert patch.content == {"a": {"b": []}}


@pytest.mark.parametrize(
    ("live", "wanted"),
    [
        pytest.param({"a": ["x"]}, {"a": []}, id="an-empty-list-at-the-top"),
        pytest.param({"a": {"b": ["x"]}}, {"a": {"b": [{"c": 1}]}}, id="objects-over-texts"),
        pytest.param({"a": {"b": None}}, {"a": {"b": [{"c": 1}]}}, id="objects-over-null"),
        pytest.param({"a": 1, "b": 2}, {"a": 1}, id="a-removed-field"),
        pytest.param({"a": 1, "b": 2}, {"a": 2}, id="a-removed-field-beside-another-change"),
    ],
)
def test_what_the_service_has_no_request_for_is_refused(live: Any, wanted: Any) -> None:
    with pytest.raises(
        UsageError, match=r"services of 6\.0 cannot (change|remove) this in one request"
    ):
        make_patch(PATCH, V6_0, live, wanted)


@pytest.mark.parametrize("verb", [PATCH, POST], ids=["PATCH", "POST"])
def test_a_mask_is_never_sent(verb: Any) -> None:
    live = {"a": {"items": [{"name": "x", "secret": MASK}]}}
    wanted = {"a": {"items": [{"name": "y", "secret": MASK}]}}
    with pytest.raises(UsageError, match=r"a\.items\[0\]\.secret"):
        make_patch(verb, V6_0, live, wanted)


@given(data=st.data(), dialect=st.sampled_from(list(DIALECTS.values())))
def test_a_backend_s_nested_objects_are_sent_whole(data: st.DataObject, dialect: Any) -> None:
    live = data.draw(backends(dialect))
    wanted = live | data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(live, st.none())))
    wanted = live | {
        key: data.draw(backends(dialect))[key] for key in wanted if wanted[key] is None
    }
    patch = make_patch(POST, dialect, live, wanted)
    assert (patch is None) == same(live, wanted)
    if patch is not None:
        # Each field that is present replaces the stored one, defaults filled in
        # (docs/service/backend.md).
        assert same(live | patch.content, wanted)
        assert all(not same(live[key], value) for key, value in patch.content.items())


def test_a_backend_s_field_cannot_be_removed() -> None:
    with pytest.raises(UsageError, match="cannot remove this in one request: extra"):
        make_patch(POST, V6_0, {"description": "", "extra": 1}, {"description": ""})


def test_the_body_is_what_the_route_wants() -> None:
    patch = make_patch(POST, V6_0, {"description": "a"}, {"description": "b"})
    assert patch
    assert patch.body("why", None) == {"configs": {"description": "b"}, "description": "why"}
    assert patch.body("why", ["x"])["tags"] == ["x"]


def test_the_repr_names_fields_only() -> None:
    patch = make_patch(PATCH, V6_0, {"a": {"key": MASK}}, {"a": {"key": "s3cret"}})
    assert repr(patch) == "Patch(PATCH, fields: a)"
