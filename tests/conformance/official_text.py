"""What two programs print and send, made comparable."""

from __future__ import annotations

import json
import re
from typing import Any
from unicodedata import east_asian_width
from urllib.parse import unquote

from tests.conformance.replay import comparable

_TIMES = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( [+-]\d{4})?|[A-Z][a-z]{2} \d\d, \d{4} \d\d:\d\d"
)
_ACCESS_TOKEN = re.compile(r"\b[0-9a-f]{64}\b")
_RULE = re.compile(r"=+")
_FILLER = "\0"


def as_written(method: str, path: str, query: Any, body: Any) -> Any:
    """One write: method, path, query and body; lists of tags are sets, and so are actions."""
    pairs = sorted((str(name), str(value)) for name, value in query)
    return (method, unquote(path), pairs, _with_actions(comparable(body)))


def _with_actions(value: Any, key: str = "") -> Any:
    """`value` with a role's actions in their short form, which the service takes as well."""
    if isinstance(value, dict):
        return {name: _with_actions(char, name) for name, char in value.items()}
    if isinstance(value, list):
        return sorted(map(_action, value)) if key == "actions" else list(map(_with_actions, value))
    return value


def _action(action: Any) -> str:
    if isinstance(action, dict) and {"base", "path", "method"} <= action.keys():
        action = f"{action['base']}:{action['path']}:{action['method']}"
    start, colon, method = str(action).rpartition(":")
    return f"{start}{colon}{method.lower()}"


def as_data(text: str) -> Any:
    """What stdout says: JSON as data, a table as its cells, a diff as its lines, or lines."""
    if not text.strip():
        return None
    try:
        return comparable(json.loads(text))
    except ValueError:
        pass
    lines = [line.rstrip() for line in text.splitlines()]
    if len(lines) > 1 and any(_RULE.fullmatch(line) for line in lines):
        return _cells(lines)
    if lines[0].startswith("--- "):
        return sorted(_changed(lines))
    return [_plain(line) for line in lines if line]


def _cells(lines: list[str]) -> list[list[str]]:
    rule = next(at for at, line in enumerate(lines) if _RULE.fullmatch(line))
    header = lines[rule - 1]
    starts = [match.start() for match in re.finditer(r"(?:^|(?<= {3}))\S", header)]
    ends = [*starts[1:], None]
    rows = [header, *(_in_columns(line) for line in lines[rule + 1 :] if line)]
    spans = list(zip(starts, ends, strict=True))
    cells = [
        [_plain(row[start:end].replace(_FILLER, "").strip()) for start, end in spans]
        for row in rows
    ]
    return [[line] for line in lines[: rule - 1]] + cells


def _in_columns(row: str) -> str:
    """A row with a filler behind each wide letter, so that a position in it is a column."""
    return "".join(char + _FILLER if east_asian_width(char) in "WF" else char for char in row)


def _changed(lines: list[str]) -> list[str]:
    """The removed and added lines; how they are grouped, and the order of keys, may vary."""
    changed = [_plain(line).removesuffix(",") for line in lines[2:] if line[:1] in ("-", "+")]
    both = {line[1:] for line in changed if f"-{line[1:]}" in changed and f"+{line[1:]}" in changed}
    return [line for line in changed if line[1:] not in both]


def _plain(text: str) -> str:
    return _ACCESS_TOKEN.sub("<access token>", _TIMES.sub("<time>", text))
