"""Problems in files: as lines, as annotations of a GitHub workflow, and their number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from osmo_cli.config.problems import Problem, path_text


def problem_line(problem: Problem) -> str:
    """Return `file:line:column: field.path: problem (hint)`, with `warning:` for a warning."""
    if problem.severity == "error":
        return str(problem)
    place = ":".join(
        str(part) for part in (problem.file, problem.line, problem.column) if part is not None
    )
    return f"{place}: warning: {_text(problem)}" if place else f"warning: {_text(problem)}"


def github_line(problem: Problem) -> str:
    """Return an annotation: `::error file=...,line=...,col=...::message`.

    `%` and line ends in the message are percent-encoded, in a property `:` and `,` too.
    """
    given = {"file": problem.file, "line": problem.line, "col": problem.column}
    properties = ",".join(
        f"{name}={_property(str(value))}" for name, value in given.items() if value is not None
    )
    command = f"{problem.severity} {properties}".strip()
    return f"::{command}::{_encoded(_text(problem))}"


def summary_line(files: int, problems: Sequence[Problem]) -> str:
    """Return a line such as `12 files, 3 problems, 1 warning`."""
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    parts = [_count(files, "file"), _count(errors, "problem") if errors else "no problems"]
    return ", ".join(parts + ([_count(warnings, "warning")] if warnings else []))


def _text(problem: Problem) -> str:
    field = path_text(problem.path)
    hint = f" ({problem.hint})" if problem.hint else ""
    return ": ".join(part for part in (field, problem.message) if part) + hint


def _encoded(text: str) -> str:
    return _replaced(text, "%\r\n")


def _property(text: str) -> str:
    return _replaced(text, "%\r\n:,")


def _replaced(text: str, characters: Iterable[str]) -> str:
    # The percent sign comes first, so that those of the codes are not encoded again.
    for character in characters:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("s" if number != 1 else "")
