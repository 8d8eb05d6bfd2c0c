"""A parsed input that knows the line and column of each key and value."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any, Literal

from osmo_cli.config.changes.merge import value_at
from osmo_cli.config.problems import InvalidInputError, Path, Problem
from osmo_cli.errors import UsageError

MAX_BYTES = 4 * 1024 * 1024
"""The largest input that is read; a whole OSMO configuration is some kilobytes."""

SCHEMA_KEY = "$schema"
InputFormat = Literal["json", "yaml"]
"""How an input is written."""


@dataclass(frozen=True)
class Place:
    """Where a value stands: offsets in characters of its key (None in a list) and of itself.

    `reference` is the text that stands there, where the value came from elsewhere and is secret.
    """

    key: int | None
    value: int
    reference: str | None = None


@dataclass(frozen=True)
class Document:
    """A parsed input.

    Attributes:
        name: the input as the user gave it (`-` reads as `<stdin>`).
        text: what was parsed.
        value: the parsed value.
        places: place of each value by its path.
        warnings: what was noticed on the way.
    """

    name: str
    text: str = field(repr=False)
    value: Any = field(repr=False)
    places: dict[Path, Place] = field(repr=False)
    warnings: tuple[Problem, ...] = ()

    def references(self) -> dict[Path, Any]:
        """The values that came from elsewhere, by path."""
        return {
            path: value_at(self.value, path)
            for path, place in self.places.items()
            if place.reference is not None
        }

    def is_unresolved(self, path: Path) -> bool:
        """Whether a reference stands at `path` whose value is not known here."""
        place = self.places.get(path)
        return (
            place is not None
            and place.reference is not None
            and value_at(self.value, path) == place.reference
        )

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
            if self.places[index, "name"].reference is not None:
                # It becomes part of paths, which are shown everywhere.
                problems.append(self.problem("a name must be written out", (index, "name")))
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
        if known == path and place.reference is not None:
            # What could be written here instead is no way out.
            details["hint"] = "the value comes from elsewhere, and is a text"
        offset = place.key if at_key and known == path and place.key is not None else place.value
        line, column = line_and_column(self.text, offset)
        return Problem(message, self.name, line, column, path, **details)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """1-based line and column (in characters) of an offset."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


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
                raise UsageError(f"{file} is a directory", hint="name a file in it")
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
            [Problem("not UTF-8 text", name, line, column, hint="is this a text file?")]
        ) from None
    if not text.strip():
        raise empty_input(name)
    return name, text


def empty_input(name: str) -> InvalidInputError:
    """There is nothing in the input called `name`."""
    return InvalidInputError(
        [Problem("the input is empty", name, 1, 1, hint='write {} for "no field"')]
    )


def read_document(file: str, format: InputFormat | None = None) -> Document:
    """Read and parse an input file; `-` is standard input.

    Args:
        file: name of the file.
        format: how it is written; without it the file's ending tells, and JSON is the default.

    A text in `$schema` at the top, which tells editors the schema, is no part of the value.

    Raises:
        UsageError: the file cannot be read.
        InvalidInputError: its text is not right; names the place.
    """
    name, text = read_input(file)
    if (format or _format_of(file)) == "yaml":
        from osmo_cli.config.reading.yaml_text import parse_yaml

        return _without_schema(parse_yaml(name, text))
    from osmo_cli.config.reading.json_text import parse_json

    try:
        document = parse_json(name, text)
    except InvalidInputError as error:
        if format is None and text.lstrip()[0] not in '{["':
            error.hint = "YAML has a file name that ends in .yaml, or --format yaml"
        raise
    return _without_schema(document)


def _format_of(file: str) -> InputFormat:
    return "yaml" if file.lower().endswith((".yaml", ".yml")) else "json"


def _without_schema(document: Document) -> Document:
    if not isinstance(document.value, dict) or SCHEMA_KEY not in document.value:
        return document
    if not isinstance(document.value[SCHEMA_KEY], str):
        raise InvalidInputError([document.problem("must be a text", (SCHEMA_KEY,))])
    rest = {key: value for key, value in document.value.items() if key != SCHEMA_KEY}
    places = {path: place for path, place in document.places.items() if path != (SCHEMA_KEY,)}
    return replace(document, value=rest, places=places)
