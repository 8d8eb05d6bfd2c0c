"""The text in the editor: what it shows, and that problems point at its own lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.changes.merge import Mode
from osmo_cli.config.checking.validate import check_input
from osmo_cli.config.problems import InvalidInputError, Problem
from osmo_cli.config.reading.buffer import new_buffer, parse_buffer, with_problems, without_secrets
from osmo_cli.config.registry.dialects import DIALECTS, V6_0, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import BACKEND, WORKFLOW
from osmo_cli.config.secrets import MASK
from osmo_cli.config.values import same
from tests.unit.config.strategies import backends, shown_workflows

dialects = st.sampled_from(list(DIALECTS.values()))


@given(live=shown_workflows, dialect=dialects)
def test_a_buffer_that_is_left_as_it_is_changes_nothing(
    live: dict[str, Any], dialect: Dialect
) -> None:
    buffer = new_buffer(Shape(WORKFLOW, dialect), live)
    assert MASK not in buffer
    document = parse_buffer("buffer", buffer)
    checked = check_input(document, Shape(WORKFLOW, dialect), live, mode=Mode.EDIT)
    assert checked.problems == []
    assert same(checked.wanted, live)


@given(data=st.data(), dialect=dialects)
def test_a_backend_s_buffer_that_is_left_as_it_is_changes_nothing(
    data: st.DataObject, dialect: Dialect
) -> None:
    live = data.draw(backends(dialect))
    document = parse_buffer("buffer", new_buffer(Shape(BACKEND, dialect, "a"), live))
    assert not {(key,) for key in document.value} & BACKEND.read_only
    checked = check_input(document, Shape(BACKEND, dialect), live, mode=Mode.EDIT)
    assert checked.problems == []
    assert same(checked.wanted, live)


def test_the_head_names_what_is_not_shown() -> None:
    live = {"name": "a", "online": True, "description": "x"}
    assert new_buffer(Shape(BACKEND, V6_0, "a"), live) == (
        "// BACKEND a: fields that you remove go back to their defaults.\n"
        "// Save and close to send the changes; leave it unchanged or empty to send nothing.\n"
        "// Read-only, not shown: name, online\n"
        '{\n  "description": "x"\n}\n'
    )
    alerts = {"workflow_alerts": {"slack_token": MASK, "smtp_settings": {"password": MASK}}}
    buffer = new_buffer(Shape(WORKFLOW, V6_0), alerts)
    assert "//   workflow_alerts.slack_token\n" in buffer
    assert "//   workflow_alerts.smtp_settings.password\n" in buffer
    assert parse_buffer("buffer", buffer).value == {"workflow_alerts": {"smtp_settings": {}}}


def test_secrets_are_found_by_the_schema_and_not_by_their_value() -> None:
    value = {"workflow_alerts": {"slack_token": "in clear"}, "max_num_tasks": 1}
    shown, secret = without_secrets(Shape(WORKFLOW, V6_0), value)
    assert shown == {"workflow_alerts": {}, "max_num_tasks": 1}
    assert secret == [("workflow_alerts", "slack_token")]
    assert value["workflow_alerts"] == {"slack_token": "in clear"}


EDITED = """// BACKEND a: what you remove goes back to its default.
// leave it unchanged, or empty, to send nothing.

{
  // a remark of mine
  "description": 5,

  //"grafana_url": "http://g",
  "tests": ["a",
            "a"]
}
"""


def problems_of(buffer: str) -> list[Problem]:
    live = {"description": "", "tests": [], "grafana_url": ""}
    document = parse_buffer("buffer", buffer)
    return check_input(document, Shape(BACKEND, V6_0), live, mode=Mode.EDIT).problems


def told_lines(buffer: str) -> list[int]:
    heads = [line for line in buffer.splitlines() if line.startswith("// line ")]
    return [int(line.removeprefix("// line ").split(":")[0]) for line in heads]


def test_problems_are_told_above_the_text_and_name_its_lines() -> None:
    again = with_problems(EDITED, problems_of(EDITED))
    assert again.startswith("// This cannot be stored: fix it")
    lines = again.splitlines()
    assert [lines[number - 1].strip() for number in told_lines(again)] == [
        '"description": 5,',
        '"a"]',
    ]
    assert lines[2].endswith(
        "description: must be a string, not a number (write it in double quotes)"
    )


def test_nothing_that_was_written_is_lost() -> None:
    again = with_problems(EDITED, problems_of(EDITED))
    assert again.endswith(EDITED[EDITED.index("{") :])
    assert "// a remark of mine" in again


def test_problems_of_a_second_try_replace_those_of_the_first() -> None:
    first = with_problems(EDITED, problems_of(EDITED))
    second = with_problems(first, problems_of(first))
    assert second == first


def test_broken_json_is_told_at_its_line() -> None:
    broken = EDITED.replace('"description": 5,', '"description" 5,')
    with pytest.raises(InvalidInputError) as caught:
        parse_buffer("buffer", broken)
    again = with_problems(broken, caught.value.problems)
    (number,) = told_lines(again)
    assert again.splitlines()[number - 1] == '  "description" 5,'


def test_a_problem_of_the_stored_state_has_no_line() -> None:
    problem = Problem("the stored value\nis not valid", path=("tests",))
    again = with_problems("{}\n", [problem])
    assert again.splitlines()[2:] == ["// tests: the stored value is not valid", "{}"]


@given(
    text=st.text(alphabet='{}":/ \n,1', max_size=40),
    comments=st.integers(0, 3),
)
def test_the_lines_are_right_whatever_was_written(text: str, comments: int) -> None:
    edited = "// head\n" * comments + text + "\n"
    try:
        parse_buffer("buffer", edited)
        return
    except InvalidInputError as error:
        (problem,) = error.problems[:1]
        again = with_problems(edited, error.problems)
    with pytest.raises(InvalidInputError) as caught:
        parse_buffer("buffer", again)
    assert caught.value.problems[0].message == problem.message
    if any(line.strip() and not line.strip().startswith("//") for line in edited.split("\n")):
        assert told_lines(again)[0] == caught.value.problems[0].line


def test_a_url_in_a_text_is_no_comment() -> None:
    value = {"dashboard_url": "https://x//y"}
    assert parse_buffer("buffer", json.dumps(value, indent=2)).value == value
