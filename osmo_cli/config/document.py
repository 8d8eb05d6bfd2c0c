"""A parsed input that knows the line and column of each key and value."""

from __future__ import annotations

import sys
from bisect import bisect_right
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

from osmo_cli.config.problems import InvalidInputError, Path, Problem
from osmo_cli.errors import UsageError

MAX_BYTES = 4 * 1024 * 1024
"""The largest input that is read; a whole OSMO configuration is some kilobytes."""


@dataclass(frozen=True)
class Place:
    """Where a value stands: offsets in characters of its key (None in a list) and of itself."""

    key: int | None
    value: int


@dataclass(frozen=True)
class Document:
    """A parsed input.

    Attributes:
        name: the input as the user gave it (`-` reads as `<stdin>`).
        text: what was parsed.
        value: the parsed value.
        places: place of each value by its path.
    """

    name: str
    text: str
    value: Any
    places: dict[Path, Place]

    def at(self, key: str) -> Document:
        """The document without what is around the value of `key`."""
        inside = {path[1:]: place for path, place in self.places.items() if path and path[0] == key}
        return replace(self, value=self.value[key], places=inside)

    def keyed_by_name(self) -> Document:
        """A list of objects with `name` as a map of them by their names.

        Raises:
            InvalidInputError: an object has no name, or two have the same.
        """
        items: dict[str, Any] = {}
        places: dict[Path, Place] = {(): self.places[()]}
        problems = []
        for index, item in enumerate(self.value):
            name = item.get("name") if isinstance(item, dict) else None
            if not isinstance(name, str):
                problems.append(self.problem("must be an object with a name", (index,)))
                continue
            if name in items:
                problems.append(self.problem("this name stands twice", (index, "name")))
            items[name] = item
            places |= {
                (name, *path[1:]): place
                for path, place in self.places.items()
                if path and path[0] == index
            }
        if problems:
            raise InvalidInputError(problems)
        return replace(self, value=items, places=places)

    def renamed(self, path: tuple[str, ...], name: str) -> Document:
        """The document with another name for the key at `path`."""
        *parent, old = path

        def rename(value: Any, at: list[str]) -> Any:
            if at:
                return value | {at[0]: rename(value[at[0]], at[1:])}
            return {name if key == old else key: inner for key, inner in value.items()}

        places = {
            (*parent, name, *at[len(path) :]) if at[: len(path)] == path else at: place
            for at, place in self.places.items()
        }
        return replace(self, value=rename(self.value, parent), places=places)

    def problem(self, message: str, path: Path, *, at_key: bool = False, **details: Any) -> Problem:
        """A Problem at `path`, or at its nearest parent that the input holds."""
        known = path
        while known and known not in self.places:
            known = known[:-1]
        place = self.places[known]
        offset = place.key if at_key and known == path and place.key is not None else place.value
        line, column = line_and_column(self.text, offset)
        return Problem(message, self.name, line, column, path, **details)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """1-based line and column (in characters) of an offset."""
    starts = [0, *(i + 1 for i, character in enumerate(text) if character == "\n")]
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


def read_input(file: str) -> tuple[str, str]:
    """The name for messages and the text of an input file; `-` is standard input.

    Raises:
        UsageError: it is missing, a directory, not readable or too large.
        InvalidInputError: it is empty or no UTF-8 text.
    """
    name = "<stdin>" if file == "-" else file
    try:
        if file == "-":
            if sys.stdin is None:
                raise UsageError("cannot read <stdin>: it is closed")
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            path = FilePath(file)
            if path.is_dir():
                raise UsageError(f"{file} is a directory", hint="name the JSON file in it")
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"{file}: no such file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise UsageError(f"cannot read {name}: {reason}") from None
    if len(data) > MAX_BYTES:
        raise UsageError(
            f"{name} is larger than {MAX_BYTES // 1024 // 1024} MiB",
            hint="a configuration is much smaller: is this the right file?",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # What stands before the wrong byte, without a byte order mark, is right.
        before = error.object[: error.start].decode()
        line, column = line_and_column(before, len(before))
        raise InvalidInputError(
            [Problem("not UTF-8 text", name, line, column, hint="is this a JSON file?")]
        ) from None
    if not text.strip():
        raise InvalidInputError(
            [Problem("the input is empty", name, 1, 1, hint='write {} for "no field"')]
        )
    return name, text


def read_document(file: str) -> Document:
    """Read and parse an input file; `-` is standard input.

    Raises:
        UsageError: the file cannot be read.
        InvalidInputError: its text is not right; names the place.
    """
    from osmo_cli.config.json_text import parse_json

    return parse_json(*read_input(file))
