"""Problems of files as a result: lines, annotations of a GitHub workflow, and their sum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from osmo_cli.config.problems import Problem, path_text


def problem_line(problem: Problem) -> str:
    """`file:line:column: field.path: problem (hint)`; a warning says so before its field."""
    if problem.severity == "error":
        return str(problem)
    place = ":".join(
        str(part) for part in (problem.file, problem.line, problem.column) if part is not None
    )
    return f"{place}: warning: {_said(problem)}" if place else f"warning: {_said(problem)}"


def github_line(problem: Problem) -> str:
    """An annotation: `::error file=...,line=...,col=...::message`.

    The runner takes `%` and line ends in the message encoded, and in a property `:` and `,` too.
    """
    given = {"file": problem.file, "line": problem.line, "col": problem.column}
    properties = ",".join(
        f"{name}={_property(str(value))}" for name, value in given.items() if value is not None
    )
    command = f"{problem.severity} {properties}".strip()
    return f"::{command}::{_encoded(_said(problem))}"


def sum_line(files: int, problems: Sequence[Problem]) -> str:
    """`12 files, 3 problems, 1 warning`."""
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    parts = [_count(files, "file"), _count(errors, "problem") if errors else "no problems"]
    return ", ".join(parts + ([_count(warnings, "warning")] if warnings else []))


def _said(problem: Problem) -> str:
    field = path_text(problem.path)
    hint = f" ({problem.hint})" if problem.hint else ""
    return ": ".join(part for part in (field, problem.message) if part) + hint


def _encoded(text: str) -> str:
    return _replaced(text, "%\r\n")


def _property(text: str) -> str:
    return _replaced(text, "%\r\n:,")


def _replaced(text: str, characters: Iterable[str]) -> str:
    # The percent sign is the first, so that those of the codes stay.
    for character in characters:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("s" if number != 1 else "")
