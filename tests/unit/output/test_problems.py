"""Problems as lines, as annotations of a GitHub workflow, and their sum."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.problems import Problem
from osmo_cli.output.problems import github_line, problem_line, summary_line

ERROR = Problem("unknown field", "a.json", 2, 3, ("tests", 0), "leave it out")
WARNING = Problem("is not sent", "a.json", 2, 3, ("version",), severity="warning")


@pytest.mark.parametrize(
    ("problem", "line", "annotation"),
    [
        (
            ERROR,
            "a.json:2:3: tests[0]: unknown field (leave it out)",
            "::error file=a.json,line=2,col=3::tests[0]: unknown field (leave it out)",
        ),
        (
            WARNING,
            "a.json:2:3: warning: version: is not sent",
            "::warning file=a.json,line=2,col=3::version: is not sent",
        ),
        (Problem("no such file", "x"), "x: no such file", "::error file=x::no such file"),
        (Problem("odd", severity="warning"), "warning: odd", "::warning::odd"),
        (
            Problem("50%\r\nmore: a, b", "a,b: 50%\n", 1, 1),
            "a,b: 50%\n:1:1: 50%\r\nmore: a, b",
            "::error file=a%2Cb%3A 50%25%0A,line=1,col=1::50%25%0D%0Amore: a, b",
        ),
    ],
)
def test_a_problem_as_a_line_and_as_an_annotation(
    problem: Problem, line: str, annotation: str
) -> None:
    assert problem_line(problem) == line
    assert github_line(problem) == annotation


@given(st.text(min_size=1), st.text(min_size=1))
def test_an_annotation_is_read_back_as_what_it_was(file: str, message: str) -> None:
    """By the runner's rule: split at the first `::` behind the command, then decode."""
    line = github_line(Problem(message, file, 1, 2))
    assert "\n" not in line
    match = re.fullmatch(r"::error file=([^,:\r\n]*),line=1,col=2::(.*)", line, re.DOTALL)
    assert match is not None

    def decoded(text: str, codes: str) -> str:
        for code in codes.split():
            text = text.replace(f"%{code}", chr(int(code, 16)))
        return text.replace("%25", "%")

    assert decoded(match[1], "0D 0A 3A 2C") == file
    assert decoded(match[2], "0D 0A") == message


@pytest.mark.parametrize(
    ("files", "problems", "line"),
    [
        (0, [], "0 files, no problems"),
        (1, [ERROR], "1 file, 1 problem"),
        (12, [ERROR] * 3, "12 files, 3 problems"),
        (2, [ERROR, WARNING], "2 files, 1 problem, 1 warning"),
        (2, [WARNING, WARNING], "2 files, no problems, 2 warnings"),
    ],
)
def test_the_sum(files: int, problems: list[Problem], line: str) -> None:
    assert summary_line(files, problems) == line
