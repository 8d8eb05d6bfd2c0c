"""PyYAML's complaints in our words: no value of the input is repeated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yaml import YAMLError

_ESCAPE_HINT = "in single quotes a backslash is an ordinary character"
_INDENT_HINT = "look at the indentation, and at the line above"
_TABLE: tuple[tuple[str, str, str], ...] = (
    # What PyYAML says (its two parsers differ in words), the message, the hint.
    ("mapping values are not allowed", "a colon where no key can stand", 'quote a text with ": "'),
    ("flow sequence.*expected ','", 'a comma or "]" is expected', ""),
    ("flow mapping.*expected ','", 'a comma or "}" is expected', ""),
    ("block collection", "the list does not go on like this", _INDENT_HINT),
    ("block mapping", "a key is expected here", _INDENT_HINT),
    ("escape|hexa?decimal number", "a wrong escape in a text", _ESCAPE_HINT),
    ("tag", "tags are not taken", "leave it out; quotes make a text of a value"),
    ("anchor|alias", "a name of ASCII letters and digits is expected behind & or *", ""),
    ("document start", "there is more text behind the value", ""),
    ("directive|incompatible", "a directive that is not taken", "leave the line with % out"),
    ("block scalar", "only a comment may stand behind | or >", ""),
    ("node content", "a value is expected here", ""),
)


def explain(error: YAMLError, text: str) -> tuple[str, int, str]:
    """What is wrong with `text`, the offset of it in characters, and a hint or nothing."""
    problem_mark: Any = getattr(error, "problem_mark", None)
    start: Any = getattr(error, "context_mark", None) or problem_mark
    said = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')}"
    if problem_mark is None:
        return "the text cannot be read", 0, ""
    offset: int = problem_mark.index
    found = text[offset : offset + 1]
    if "unexpected end of stream" in said:
        return "this text has no closing quote", start.index, ""
    if "could not find expected ':'" in said:
        return "a colon is expected behind the key", start.index, _INDENT_HINT
    if "cannot start any token" in said:
        if found == "\t":
            return "a tab cannot indent", offset, "use blanks"
        return "a text cannot begin like this", offset, "put it in quotes"
    if "flow " in said and not text[offset:].strip():
        return "this bracket is not closed", start.index, ""
    if found and found in "]}" and "block" in said:
        return "a closing bracket too many", offset, ""
    for pattern, message, hint in _TABLE:
        if re.search(pattern, said):
            return message, offset, hint
    return "the text is not right here", offset, ""
