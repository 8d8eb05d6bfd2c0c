"""JSON (RFC 8259) with places; duplicate keys and NaN are errors.

The standard library's parser reports no positions; its string scanner is used.
"""

from __future__ import annotations

import json
import re
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from osmo_cli.config.problems import InvalidInputError, Path, Problem
from osmo_cli.config.reading.document import Document, Place, line_and_column
from osmo_cli.config.reading.mistakes import Expected, explain, warn_of_doubtful_strings

MAX_DEPTH = 64
"""Maximum depth of objects and lists; configurations are about six levels deep."""

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
_WORD = re.compile(r"[-+A-Za-z0-9_$.]+")
_CONSTANTS = {"true": True, "false": False, "null": None}
_MAX_DIGITS = 40

MAX_VALUES = 200_000
"""Maximum number of values in an input; each takes some hundred bytes of memory."""
TOO_MANY_VALUES = f"more than {MAX_VALUES:,} values"
MAX_PROBLEMS = 100
"""Number of problems after which parsing stops."""


def parse_json(name: str, text: str) -> Document:
    """Parse `text` of the input called `name`.

    Raises:
        InvalidInputError: the text is not JSON, has a duplicate key or is nested too deep.
    """
    return _Parser(name, text).document()


def write_json(value: Any) -> str:
    """A JSON value as indented JSON for a file, with escapes for the characters not visible."""
    from osmo_cli.config.reading.invisible import escape_invisible

    return escape_invisible(json.dumps(value, indent=2, ensure_ascii=False) + "\n", _escape)


def _escape(character: str) -> str:
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]


def read_number(word: str, *, is_float: bool) -> int | float:
    """Return the number that `word` is.

    Raises:
        ValueError: it is too long or too large; the message says so.
    """
    if len(word) > _MAX_DIGITS:
        raise ValueError(f"a number of more than {_MAX_DIGITS} digits")
    value = float(word) if is_float else int(word)
    if value in (float("inf"), float("-inf")):
        raise ValueError("the number is too large")
    return value


class _Parser:
    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.places: dict[Path, Place] = {}
        self.duplicates: list[Problem] = []

    def document(self) -> Document:
        value, end = self._value(self._skip(0), (), None)
        end = self._skip(end)
        if end < len(self.text):
            raise self._syntax_error("text after the end of the JSON value", end, "end")
        if self.duplicates:
            raise InvalidInputError(self.duplicates)
        return warn_of_doubtful_strings(Document(self.name, self.text, value, self.places))

    def _problem(self, message: str, offset: int, path: Path = (), hint: str = "") -> Problem:
        line, column = line_and_column(self.text, offset)
        return Problem(message, self.name, line, column, path, hint=hint or None)

    def _error(self, message: str, offset: int, hint: str = "") -> InvalidInputError:
        return InvalidInputError([self._problem("not JSON: " + message, offset, hint=hint)])

    def _syntax_error(
        self, message: str, offset: int, expected: Expected = "value"
    ) -> InvalidInputError:
        """The common mistake at this place, or else what the grammar expects."""
        if mistake := explain(self.text, offset, "json", expected):
            return self._error(mistake.message, mistake.offset, mistake.hint)
        return self._error(message, offset)

    def _skip(self, offset: int) -> int:
        match = _SPACE.match(self.text, offset)
        return match.end() if match else offset

    def _value(self, offset: int, path: Path, key: int | None) -> tuple[Any, int]:
        if len(path) > MAX_DEPTH:
            raise self._error(f"nested deeper than {MAX_DEPTH} levels", offset)
        if len(self.places) == MAX_VALUES:
            raise self._error(TOO_MANY_VALUES, offset)
        self.places[path] = Place(key, offset)
        first = self.text[offset : offset + 1]
        if first == "{":
            return self._object(offset, path)
        if first == "[":
            return self._list(offset, path)
        if first == '"':
            return self._string(offset)
        return self._scalar(offset, first)

    def _scalar(self, offset: int, first: str) -> tuple[Any, int]:
        match = _WORD.match(self.text, offset)
        word = match.group() if match else ""
        end = offset + len(word)
        if word in _CONSTANTS:
            return _CONSTANTS[word], end
        if number := _NUMBER.fullmatch(word):
            try:
                return read_number(word, is_float=any(number.groups())), end
            except ValueError as error:
                raise self._error(str(error), offset) from None
        if not first:
            raise self._syntax_error("the text ends where a value is expected", offset)
        raise self._syntax_error("a value is expected here", offset)

    def _string(self, offset: int) -> tuple[str, int]:
        try:
            value, end = scanstring(self.text, offset + 1, True)
        except JSONDecodeError as error:
            if error.msg.startswith("Unterminated"):
                raise self._error("the closing quote is missing", offset) from None
            if "control character" in error.msg:
                hint = r"write \n for a new line, \t for a tab"
                raise self._error("a control character in a string", error.pos, hint) from None
            hint = r"write a backslash as \\"
            raise self._error("an invalid escape in a string", error.pos, hint) from None
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise self._error("half a surrogate pair in a string", offset)
        return value, end

    def _object(self, offset: int, path: Path) -> tuple[dict[str, Any], int]:
        members: dict[str, Any] = {}
        position = self._skip(offset + 1)
        if self.text[position : position + 1] == "}":
            return members, position + 1
        while True:
            start = position
            if self.text[start : start + 1] != '"':
                raise self._key_error(start)
            key, position = self._string(start)
            position = self._skip(position)
            if self.text[position : position + 1] != ":":
                raise self._syntax_error("a colon is expected after the key", position, "separator")
            value, position = self._value(self._skip(position + 1), (*path, key), start)
            if key in members:
                self.duplicates.append(self._problem("duplicate key", start, (*path, key)))
                if len(self.duplicates) == MAX_PROBLEMS:
                    raise InvalidInputError(self.duplicates)
            members[key] = value
            position, done = self._next(position, "}")
            if done:
                return members, position

    def _key_error(self, offset: int) -> InvalidInputError:
        if not self.text[offset : offset + 1]:
            return self._error("the text ends inside an object", offset)
        return self._syntax_error("a key in double quotes is expected", offset)

    def _list(self, offset: int, path: Path) -> tuple[list[Any], int]:
        items: list[Any] = []
        position = self._skip(offset + 1)
        if self.text[position : position + 1] == "]":
            return items, position + 1
        while True:
            value, position = self._value(position, (*path, len(items)), None)
            items.append(value)
            position, done = self._next(position, "]")
            if done:
                return items, position

    def _next(self, offset: int, closing: str) -> tuple[int, bool]:
        """After a member: the start of the next one, or the end after `closing`."""
        position = self._skip(offset)
        character = self.text[position : position + 1]
        if character == closing:
            return position + 1, True
        if not character:
            raise self._error(f'the closing "{closing}" is missing', position)
        if character in '"{[':
            hint = "add a comma after the value before it"
            raise self._error(f'a comma or "{closing}" is expected', position, hint)
        if character != ",":
            message = f'a comma or "{closing}" is expected'
            raise self._syntax_error(message, position, "separator")
        return self._skip(position + 1), False
