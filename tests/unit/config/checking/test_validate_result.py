"""What a checked input will be stored as; what is not its fault; and that no value is repeated."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.changes.merge import Mode, merge_input
from osmo_cli.config.changes.patch import make_patch
from osmo_cli.config.registry.dialects import V6_0, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import BACKEND, WORKFLOW
from osmo_cli.config.values import same
from tests.unit.config.inputs import (
    CREDENTIAL,
    EVERYWHERE,
    check,
    lines,
    live_backend,
    live_workflow,
)
from tests.unit.config.strategies import backends, shown_workflows

READ_ONLY = {path[0] for path in BACKEND.read_only}

modes = st.sampled_from([Mode.MERGE, Mode.EDIT])


def test_values_of_the_service_itself_are_not_worth_a_word() -> None:
    outdated = live_backend(V6_0) | {"last_heartbeat": "2001-01-01T00:00:00", "online": False}
    assert not check(json.dumps(outdated), BACKEND, V6_0).problems


def test_stored_fields_that_no_schema_knows_are_left_alone() -> None:
    live = live_workflow() | {"new_in_this_service": {"a": 1}}
    live["workflow_info"]["also_new"] = "x"
    checked = check('{"max_num_tasks": 3}', WORKFLOW, V6_0, live=live)
    assert not checked.problems
    assert checked.wanted == live | {"max_num_tasks": 3}


@pytest.mark.parametrize("mode", [Mode.MERGE, Mode.EDIT])
def test_a_field_that_the_service_shows_is_known_by_it(mode: Mode) -> None:
    live = live_workflow() | {"new_in_this_service": {"a": 1}}
    live["workflow_info"]["also_new"] = "x"
    shown = json.dumps(live | {"max_num_tasks": 3})
    checked = check(shown, WORKFLOW, V6_0, live=live, mode=mode)
    assert [problem for problem in checked.problems if problem.severity == "error"] == []
    assert checked.wanted == live | {"max_num_tasks": 3}


def test_a_stored_value_that_is_not_valid_blocks_only_its_own_section() -> None:
    live = live_backend(V6_0)
    live["scheduler_settings"]["scheduler_timeout"] = "soon"
    checked = check('{"description": "x"}', BACKEND, V6_0, live=live)
    assert not checked.problems
    assert checked.wanted == live | {"description": "x"}


@pytest.mark.parametrize(
    ("field", "value"), [("scheduler_timeout", "soon"), ("scheduler_type", "slurm")]
)
def test_a_stored_value_is_not_blamed_on_the_input(field: str, value: Any) -> None:
    live = live_backend(V6_0)
    live["scheduler_settings"][field] = value
    checked = check('{"scheduler_settings": {"scheduler_name": "x"}}', BACKEND, V6_0, live=live)
    assert lines(checked) == [
        f"warning: scheduler_settings.{field}: osmo does not know the stored form of this field; "
        "it is kept as it is"
    ]
    assert checked.wanted["scheduler_settings"] == live["scheduler_settings"] | {
        "scheduler_name": "x"
    }


def test_a_check_of_two_fields_is_the_input_s_fault_by_either() -> None:
    live = live_backend(V6_0)
    live["scheduler_settings"] |= {"scheduler_type": "kai", "coscheduling": True}
    (line,) = lines(
        check('{"scheduler_settings": {"scheduler_type": "default"}}', BACKEND, V6_0, live=live)
    )
    assert line.startswith("in.json:1:24: scheduler_settings.coscheduling: cannot be true with")


def test_an_endpoint_is_wanted_as_the_service_will_show_it() -> None:
    text = '{"workflow_log": {"credential": {"endpoint": "s3://logs//"}}}'
    checked = check(text, WORKFLOW, V6_0)
    assert not checked.problems
    assert checked.wanted == live_workflow()


def test_a_new_credential_is_wanted_with_its_defaults() -> None:
    text = CREDENTIAL % ', "access_key_id": "i", "access_key": "k"'
    wanted = check(text, WORKFLOW, V6_0).wanted
    assert wanted["workflow_data"]["credential"] == {
        "endpoint": "s3://b",
        "access_key_id": "i",
        "access_key": "k",
        "region": "us-east-1",
    }


@given(
    live=shown_workflows,
    dialect=st.sampled_from(EVERYWHERE),
    mode=modes,
)
def test_what_is_shown_can_be_sent_back_and_changes_nothing(
    live: dict[str, Any], dialect: Dialect, mode: Mode
) -> None:
    checked = check(json.dumps(live), WORKFLOW, dialect, live=live, mode=mode)
    assert all(problem.severity == "warning" for problem in checked.problems)
    assert same(checked.wanted, live)


@given(
    data=st.data(),
    dialect=st.sampled_from(EVERYWHERE),
    mode=modes,
)
def test_a_part_of_a_valid_backend_is_valid(
    data: st.DataObject, dialect: Dialect, mode: Mode
) -> None:
    live = data.draw(backends(dialect))
    other = data.draw(backends(dialect))
    kept = data.draw(st.sets(st.sampled_from(sorted(other))))
    part = {key: value for key, value in other.items() if key in kept}
    checked = check(json.dumps(part), BACKEND, dialect, live=live, mode=mode)
    assert all(problem.severity == "warning" for problem in checked.problems)
    assert BACKEND.named
    patch = make_patch(BACKEND.named, dialect, live, checked.wanted)
    sent = patch.content if patch else {}
    assert not sent.keys() & READ_ONLY
    for key, value in (live | sent).items():
        if key in READ_ONLY:
            assert same(value, live[key])
        elif key in part:
            # A file is laid over what is stored; the editor's buffer is the whole.
            laid = merge_input(live, part, Shape(BACKEND, dialect, "a").is_one_value)
            assert same(value, part[key] if mode is Mode.EDIT else laid[key])
        elif mode is Mode.MERGE:
            assert same(value, live[key])


CANARY = "s3cr3t-c4n4ry"


def with_canaries(value: Any, here: Any) -> Any:
    """`value` with the canary in each place that `here` draws."""
    if isinstance(value, dict):
        return {key: with_canaries(inner, here) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_canaries(inner, here) for inner in value]
    return here(value)


wrong_shapes = st.sampled_from(
    [CANARY, [CANARY], {"x": CANARY}, {"credential": CANARY}, {"a": {"b": [CANARY]}}]
)


@given(
    data=st.data(),
    dialect=st.sampled_from(EVERYWHERE),
    mode=modes,
)
def test_no_value_is_ever_repeated(data: st.DataObject, dialect: Dialect, mode: Mode) -> None:
    document = data.draw(shown_workflows)

    def here(value: Any) -> Any:
        return data.draw(wrong_shapes) if data.draw(st.booleans()) else value

    for section in data.draw(st.sets(st.sampled_from(sorted(document)), min_size=1)):
        document[section] = with_canaries(document[section], here)
    document |= data.draw(st.dictionaries(st.sampled_from(["x", "workflow_lag"]), wrong_shapes))
    checked = check(json.dumps(document), WORKFLOW, dialect, mode=mode)
    assert CANARY not in repr(checked.problems)


@given(data=st.data(), dialect=st.sampled_from(EVERYWHERE))
def test_no_value_of_a_backend_is_repeated_but_node_conditions(
    data: st.DataObject, dialect: Dialect
) -> None:
    document = data.draw(backends(dialect))
    conditions = document.pop("node_conditions")
    wrong = with_canaries(document, lambda _: data.draw(wrong_shapes | st.just(CANARY)))
    checked = check(json.dumps(wrong | {"node_conditions": conditions}), BACKEND, dialect)
    assert checked.problems
    assert CANARY not in repr(checked.problems)


def test_in_the_editor_a_removed_field_goes_back_to_its_default() -> None:
    live = live_workflow() | {"max_num_tasks": 99}
    edited = deepcopy(live)
    del edited["max_num_tasks"]
    del edited["workflow_alerts"]
    del edited["workflow_log"]["credential"]["access_key"]
    checked = check(json.dumps(edited), WORKFLOW, V6_0, live=live, mode=Mode.EDIT)
    assert [line for line in lines(checked) if not line.startswith("warning: ")] == []
    assert checked.wanted == live_workflow()


def test_in_the_editor_a_removed_credential_is_removed() -> None:
    edited = live_workflow()
    edited["workflow_log"] = {}
    checked = check(json.dumps(edited), WORKFLOW, V6_0, mode=Mode.EDIT)
    assert checked.wanted["workflow_log"] == {"credential": None}
