"""How a problem is told: place, field path, message, hint."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.problems import (
    InvalidInputError,
    Path,
    Problem,
    path_text,
    raise_for_errors,
)
from osmo_cli.errors import ExitCode


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("scheduler_settings", "scheduler_type"), "scheduler_settings.scheduler_type"),
        (("tests", 0), "tests[0]"),
        ((0, "a"), "[0].a"),
        (("rules", "nvidia.com/gpu"), 'rules["nvidia.com/gpu"]'),
        (("a.b",), '["a.b"]'),
        (("a", "b"), "a.b"),
        (("rules", '^"x"\\d$'), r'rules["^\"x\"\\d$"]'),
        (("rules", ""), 'rules[""]'),
        (("rules", "two\nlines"), r'rules["two\nlines"]'),
        (("allowed_paths", "home-dir"), "allowed_paths.home-dir"),
        (("größe",), "größe"),
    ],
)
def test_a_path_is_written_so_that_keys_can_be_told_apart(path: Path, text: str) -> None:
    assert path_text(path) == text


@given(st.lists(st.text() | st.integers(0, 99), max_size=4), st.data())
def test_two_paths_never_look_alike(parts: list[str | int], data: st.DataObject) -> None:
    other = data.draw(st.lists(st.sampled_from(parts) if parts else st.just(0), max_size=4))
    assert (path_text(tuple(parts)) == path_text(tuple(other))) == (parts == other)


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_a_path_stays_on_one_line(parts: list[str]) -> None:
    assert "\n" not in path_text(tuple(parts))


def test_a_problem_says_what_is_known_of_its_place() -> None:
    problem = Problem("must be a string", "in.json", 3, 7, ("description",), hint="quote it")
    assert str(problem) == "in.json:3:7: description: must be a string (quote it)"
    assert str(Problem("the stored value is not valid", path=("tests",))) == (
        "tests: the stored value is not valid"
    )
    assert str(Problem("it is empty", "in.json")) == "in.json: it is empty"


def test_errors_come_as_one_with_all_problems() -> None:
    problems = [
        Problem("wrong", "in.json", 1, 2, ("a", 0)),
        Problem("odd", "in.json", 2, 2, ("b",), hint="mend it", severity="warning"),
    ]
    with pytest.raises(InvalidInputError) as caught:
        raise_for_errors(problems)
    assert caught.value.exit_code is ExitCode.INVALID
    # The errors come first, and a warning is called one.
    assert str(caught.value).splitlines() == [
        *(str(problem) for problem in problems if problem.severity == "error"),
        *(f"warning: {problem}" for problem in problems if problem.severity == "warning"),
    ]
    assert json.loads(json.dumps(caught.value.details))["problems"][1] == {
        "file": "in.json",
        "line": 2,
        "column": 2,
        "path": "b",
        "message": "odd",
        "hint": "mend it",
        "severity": "warning",
    }


def test_warnings_alone_stop_nothing() -> None:
    warning = Problem("odd", severity="warning")
    assert raise_for_errors(iter([warning])) == [warning]
