"""The text that is edited when a configuration is updated without a file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from osmo_cli.config.problems import Path, Problem, path_text
from osmo_cli.config.reading.document import Document
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.registry.shape import Shape

_COMMENT = "//"


def new_buffer(shape: Shape, live: Any) -> str:
    """`live` as text to edit: the whole object but for read-only and secret fields."""
    left_out = sorted(
        key for key in (live if isinstance(live, dict) else {}) if shape.is_read_only((key,))
    )
    shown, secret = without_secrets(shape, shape.editable(live))
    head = [f"{shape}: what you remove goes back to its default. Save and close to send it;"]
    head.append("leave it unchanged, or empty, to send nothing.")
    if left_out:
        head.append("Set by the service, not shown: " + ", ".join(left_out))
    if secret:
        head.append("Secret, not shown, kept unless you add them: ")
        head += ["  " + path_text(path) for path in secret]
    return _comments(head) + json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def without_secrets(shape: Shape, value: Any) -> tuple[Any, list[Path]]:
    """A copy of `value` without its secret fields, and where those were."""
    from osmo_cli.config.schemas.base import field_path, secret_paths

    model = shape.model()
    patterns = set(secret_paths(model))
    found: list[Path] = []

    def is_secret(path: Path) -> bool:
        if field_path(model, path) in patterns:
            found.append(path)
            return True
        return False

    return shape.without(value, is_secret), found


def with_problems(edited: str, problems: Iterable[Problem]) -> str:
    """The edited text again, under comments that say what is wrong with it.

    They take the place of the comments above the content; others, the user's own, stay. The
    lines in them count from the top of this new text.
    """
    found = list(problems)
    lines = edited.split("\n")
    removed = _leading_lines(lines)
    content = "\n".join(lines[removed:]).removesuffix("\n")
    head = ["This cannot be stored; mend it, or leave it unchanged to send nothing:"]
    shift = len(head) + len(found) - removed
    for problem in found:
        place = f"line {problem.line + shift}: " if problem.line is not None else ""
        field = f"{path_text(problem.path)}: " if problem.path else ""
        hint = f" ({problem.hint})" if problem.hint else ""
        head.append(f"{place}{field}{problem.message}{hint}".replace("\n", " "))
    return _comments(head) + content + "\n"


def parse_buffer(name: str, edited: str) -> Document:
    """Parse an edited buffer; a line that begins with // is a comment.

    Raises:
        InvalidInputError: the rest is not JSON.
    """
    return parse_json(name, _without_comments(edited))


def is_unchanged(text: str, edited: str) -> bool:
    """Whether an edit left the content as it was, or nothing at all; comments do not count."""
    contents = [_without_comments(each).strip() for each in (text, edited)]
    return contents[0] == contents[1] or not edited.strip()


def _without_comments(edited: str) -> str:
    lines = ["" if line.lstrip().startswith(_COMMENT) else line for line in edited.split("\n")]
    return "\n".join(lines)


def _leading_lines(lines: list[str]) -> int:
    """How many lines of comments and blanks stand above the content."""
    for number, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith(_COMMENT):
            return number
    return len(lines)


def _comments(lines: Iterable[str]) -> str:
    return "".join(f"{_COMMENT} {line}".rstrip() + "\n" for line in lines)
