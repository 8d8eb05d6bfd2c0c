"""The text in the editor when a configuration is updated without a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from osmo_cli.config.problems import InvalidInputError, Path, Problem, path_text
from osmo_cli.config.reading.document import Document
from osmo_cli.config.reading.json_text import parse_json, write_json
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.secrets import mask_secrets, mask_secrets_in_text

_COMMENT = "//"


def new_buffer(shape: Shape, live: Any) -> str:
    """Return the text to edit: the whole object without read-only and secret fields."""
    left_out = sorted(
        key for key in (live if isinstance(live, dict) else {}) if shape.is_read_only((key,))
    )
    shown, secret = without_secrets(shape, shape.editable(live))
    head = [
        f"{shape}: fields that you remove go back to their defaults.",
        "Save and close to send the changes; leave it unchanged or empty to send nothing.",
    ]
    if left_out:
        head.append("Read-only, not shown: " + ", ".join(left_out))
    if secret:
        head.append("Secret, not shown, and kept unless you add them:")
        head += ["  " + path_text(path) for path in secret]
    return _comments(head) + write_json(shown)


def without_secrets(shape: Shape, value: Any) -> tuple[Any, list[Path]]:
    """Return a copy of `value` without its secret fields, and the paths of those."""
    from osmo_cli.config.schemas.base import field_path, secret_paths

    model = shape.model()
    patterns = set(secret_paths(model))
    secret: list[Path] = []

    def is_secret(path: Path) -> bool:
        if field_path(model, path) in patterns:
            secret.append(path)
            return True
        return False

    return shape.without(value, is_secret), secret


def text_to_keep(shape: Shape, edited: str) -> tuple[str, bool]:
    """Return an edited text to be saved without its secrets, and whether it had any.

    In text that cannot be parsed, the values of fields with a name like `password` are masked.
    """
    try:
        typed = parse_buffer("", edited).value
    except InvalidInputError:
        text = _without_comments(edited).strip("\n") + "\n"
        masked = mask_secrets_in_text(text)
        return masked, masked != text
    kept, secret = without_secrets(shape, typed)
    masked = mask_secrets(shape.config_type, kept)
    return write_json(masked), bool(secret) or masked != kept


def with_problems(edited: str, problems: Iterable[Problem]) -> str:
    """Return the edited text under comments that say what is wrong with it.

    They replace the comments above the content; other comments, the user's own, stay. Their line
    numbers count from the top of the new text.
    """
    listed = list(problems)
    lines = edited.split("\n")
    removed = _leading_lines(lines)
    content = "\n".join(lines[removed:]).removesuffix("\n")
    head = [
        "This cannot be stored: fix it, or empty the file to send nothing.",
        "If you leave it as it is, your edits are saved in a file.",
    ]
    shift = len(head) + len(listed) - removed
    for problem in listed:
        place = f"line {problem.line + shift}: " if problem.line is not None else ""
        field = f"{path_text(problem.path)}: " if problem.path else ""
        hint = f" ({problem.hint})" if problem.hint else ""
        head.append(f"{place}{field}{problem.message}{hint}".replace("\n", " "))
    return _comments(head) + content + "\n"


def parse_buffer(name: str, edited: str) -> Document:
    """Parse an edited buffer, in which lines that begin with // are comments.

    Raises:
        InvalidInputError: the rest is not JSON.
    """
    return parse_json(name, _without_comments(edited))


def is_unchanged(text: str, edited: str) -> bool:
    """Whether an edit left the content as it was, or empty; comments do not count."""
    contents = [_without_comments(each).strip() for each in (text, edited)]
    return contents[0] == contents[1] or not edited.strip()


def _without_comments(edited: str) -> str:
    lines = ["" if line.lstrip().startswith(_COMMENT) else line for line in edited.split("\n")]
    return "\n".join(lines)


def _leading_lines(lines: list[str]) -> int:
    """The number of comments and blank lines above the content."""
    for number, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith(_COMMENT):
            return number
    return len(lines)


def _comments(lines: Iterable[str]) -> str:
    return "".join(f"{_COMMENT} {line}".rstrip() + "\n" for line in lines)
