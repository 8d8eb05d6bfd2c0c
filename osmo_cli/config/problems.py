"""Problems of an input, with their places."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Literal

from osmo_cli.errors import UsageError
from osmo_cli.quick_dataclass import dataclass

Path = tuple[str | int, ...]
"""The keys and list indexes from the top of a document to a value."""


def path_text(path: Path) -> str:
    """Return a path as text: `scheduler_settings.tests[0]`; empty for the whole document.

    A key that is not an identifier is quoted: `rules["a.b"]` is one key, `rules.a.b` are two.
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.replace("-", "_").isidentifier():
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
    return text


@dataclass(frozen=True)
class Problem:
    """One problem of an input.

    Attributes:
        message: what is wrong; never holds the value of a secret field.
        file: name of the input as the user gave it, or None if it is not about a file.
        line, column: place of the key or value in the file, counted from 1, or None.
        path: the field.
        hint: how to fix it.
        severity: an `error` stops the command before the first write.
    """

    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    path: Path = ()
    hint: str | None = None
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """Return `file:line:column: field.path: problem (hint)`, without the unknown parts."""
        place = ":".join(
            str(part) for part in (self.file, self.line, self.column) if part is not None
        )
        parts = [part for part in (place, path_text(self.path), self.message) if part]
        return ": ".join(parts) + (f" ({self.hint})" if self.hint else "")

    def data(self) -> dict[str, object]:
        """Return the problem as data, for JSON."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "path": path_text(self.path),
            "message": self.message,
            "hint": self.hint,
            "severity": self.severity,
        }


class InvalidInputError(UsageError):
    """An input is invalid, and nothing was sent; holds every problem (exit 2)."""

    def __init__(self, problems: Sequence[Problem], *, hint: str | None = None) -> None:
        super().__init__(
            "\n".join(
                ("warning: " if problem.severity == "warning" else "") + str(problem)
                # Errors first: they are what has to be fixed.
                for problem in sorted(problems, key=lambda problem: problem.severity == "warning")
            ),
            hint=hint,
            details={"problems": [problem.data() for problem in problems]},
        )
        self.problems = tuple(problems)


def raise_for_errors(problems: Iterable[Problem]) -> list[Problem]:
    """Return the warnings among `problems`; raise InvalidInputError if there are errors."""
    listed = list(problems)
    if any(problem.severity == "error" for problem in listed):
        raise InvalidInputError(listed)
    return listed
