"""A parsed input that knows the line and column of each key and value."""

from __future__ import annotations

from dataclasses import field, replace
from typing import Any

from osmo_cli.config.problems import InvalidInputError, Path, Problem
from osmo_cli.config.values import value_at
from osmo_cli.quick_dataclass import dataclass

MAX_BYTES = 4 * 1024 * 1024
"""Maximum size of an input; a whole OSMO configuration has a few kilobytes."""


@dataclass(frozen=True)
class Place:
    """The place of a value in the text.

    Attributes:
        key: offset of its key in characters; None for an item of a list.
        value: offset of the value itself.
        reference: the reference that is written there, if the value was taken from elsewhere.
    """

    key: int | None
    value: int
    reference: str | None = None


@dataclass(frozen=True)
class Document:
    """A parsed input.

    Attributes:
        name: the input as the user gave it (`-` reads as `<stdin>`).
        text: what was parsed; "" where the places of the values are not known.
        value: the parsed value.
        places: the place of each value by its path.
        warnings: about doubtful values.
    """

    name: str
    text: str = field(repr=False)
    value: Any = field(repr=False)
    places: dict[Path, Place] = field(repr=False)
    warnings: tuple[Problem, ...] = ()

    def references(self) -> dict[Path, Any]:
        """Return the values that were taken from elsewhere, by path."""
        return {
            path: value_at(self.value, path)
            for path, place in self.places.items()
            if place.reference is not None
        }

    def is_unresolved(self, path: Path) -> bool:
        """Whether the value at `path` is a reference that could not be looked up."""
        place = self.places.get(path)
        return (
            place is not None
            and place.reference is not None
            and value_at(self.value, path) == place.reference
        )

    def at(self, key: str) -> Document:
        """Return the value of `key` as a document of its own."""
        inside = {path[1:]: place for path, place in self.places.items() if path and path[0] == key}
        return replace(self, value=self.value[key], places=inside)

    def items(self) -> dict[str, Document]:
        """Return each value of an object as a document of its own, by key."""
        inside: dict[str, dict[Path, Place]] = {key: {} for key in self.value}
        for path, place in self.places.items():
            if path:
                inside[str(path[0])][path[1:]] = place
        return {
            key: replace(self, value=value, places=inside[key], warnings=())
            for key, value in self.value.items()
        }

    def keyed_by_name(self) -> Document:
        """Return a list of objects with a `name` as a map of them by name.

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
                problems.append(self.problem("a name cannot be a reference", (index, "name")))
                continue
            if name in items:
                problems.append(self.problem("duplicate name", (index, "name")))
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
        """Return the document with another name for the key at `path`."""
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
        """Return a problem at `path`, or at its nearest parent in the input."""
        known = path
        while known and known not in self.places:
            known = known[:-1]
        place = self.places[known]
        if known == path and place.reference is not None:
            # What to write here instead does not help.
            details["hint"] = "the value comes from a reference, and is a string"
        offset = place.key if at_key and known == path and place.key is not None else place.value
        if not self.text:
            return Problem(message, self.name, path=path, **details)
        line, column = line_and_column(self.text, offset)
        return Problem(message, self.name, line, column, path, **details)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return the line and column of an offset, in characters and counted from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def empty_input(name: str) -> InvalidInputError:
    """Return the error for an input without content."""
    return InvalidInputError(
        [Problem("the input is empty", name, 1, 1, hint="write {} for an object without fields")]
    )
