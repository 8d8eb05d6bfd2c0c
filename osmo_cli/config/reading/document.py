"""A parsed input that knows the line and column of each key and value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from osmo_cli.config.problems import InvalidInputError, Path, Problem
from osmo_cli.config.values import value_at

MAX_BYTES = 4 * 1024 * 1024
"""The largest input that is read; a whole OSMO configuration is some kilobytes."""


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


def empty_input(name: str) -> InvalidInputError:
    """There is nothing in the input called `name`."""
    return InvalidInputError(
        [Problem("the input is empty", name, 1, 1, hint='write {} for "no field"')]
    )
