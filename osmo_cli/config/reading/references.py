"""References in an input: `${env:NAME}`, `${file:PATH}`, `${keyring:SERVICE/USER}`.

A reference is a string, or a part of one; keys hold none. The caller looks the values up. Each
value is treated as a secret.

An input may hold text that somebody else stored on a service, as the output of `osmo config show`
does. So a reference is looked up only in a secret field, which a service never shows; in other
fields only where the user asks for it, and not if the service holds the same reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

from osmo_cli.config.problems import InvalidInputError, Path, Problem
from osmo_cli.config.reading.document import MAX_BYTES, Document, Place
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.values import value_at
from osmo_cli.errors import OsmoError
from osmo_cli.quick_dataclass import dataclass

Lookup = Callable[[str, str], str]
"""Returns the value of a source (`env`, `file`, `keyring`) and a name; raises OsmoError."""

_FORMS = {"env": "${env:NAME}", "file": "${file:PATH}", "keyring": "${keyring:SERVICE/USER}"}
_LITERAL_HINT = "write $${ for a literal ${"
# `${FOO}`, `${FOO:-x}` and other forms of shells and templates are not references.
_PIECE = (
    r"(?P<literal>\$\$\{)"
    r"|\$\{(?P<source>env|file|keyring):(?P<name>[^}]*)(?P<end>\}?)"
    r"|\$\{(?P<unknown>[A-Za-z]+):(?=[A-Za-z_/.~])[^}]*\}"
)


def _nothing_held() -> Collection[str]:
    return ()


@dataclass(frozen=True)
class References:
    """Which references of an input are looked up, and where.

    Attributes:
        lookup: looks a value up; called once for each reference.
        everywhere: whether they are looked up outside secret fields too.
        held: returns the references in what the service holds (`references_in`). They are not
            looked up outside secret fields: whoever may write there could have this machine's
            files sent. Called only if `everywhere` has something to look up.
        lenient: a missing value is a warning, and its reference stays as it is: a file may be
            checked on a machine that does not have the values.
    """

    lookup: Lookup
    everywhere: bool = False
    held: Callable[[], Collection[str]] = _nothing_held
    lenient: bool = False


def resolve(
    document: Document, shape: Shape, references: References, *, stored: Any = None
) -> Document:
    """Return the document with the values of its references, and `${` for each `$${`.

    A string in which nothing is looked up stays exactly as it is, with a warning.

    Args:
        document: the input; the places of the result hold the references.
        shape: what it describes, which says what is secret.
        references: what is looked up.
        stored: the live object; a secret field that the service shows as it is written in the
            input is not looked up.

    Raises:
        InvalidInputError: a source is unknown or a value is missing; holds every problem.
    """
    resolver = _Resolver(document, shape, references, stored)
    value = resolver.value(document.value, ())
    if resolver.problems:
        raise InvalidInputError(resolver.problems)
    places = document.places | resolver.places
    warnings = (*document.warnings, *resolver.warnings)
    return replace(document, value=value, places=places, warnings=warnings)


def references_in(value: Any) -> Iterator[str]:
    """Return the references in the strings of `value`, keys included."""
    if isinstance(value, str):
        yield from (piece[0] for piece in re.finditer(_PIECE, value) if piece["source"])
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from references_in(key)
            yield from references_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references_in(inner)


def is_only_references(text: str) -> bool:
    """Whether a string consists of references, so that it holds no part of their values."""
    return re.sub(_PIECE, lambda piece: "" if piece["source"] else piece[0], text) == "" != text


class _Resolver:
    """Replaces references by values, and collects problems."""

    def __init__(
        self, document: Document, shape: Shape, references: References, stored: Any
    ) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.places: dict[Path, Place] = {}
        self._document = document
        self._shape = shape
        self._references = references
        self._stored = stored
        self._known: dict[tuple[str, str], str | OsmoError] = {}
        self._held: Collection[str] | None = None
        self._size = 0

    def value(self, value: Any, path: Path) -> Any:
        """Return `value` with the values of the references in it."""
        if isinstance(value, dict):
            return {key: self.value(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner, (*path, index)) for index, inner in enumerate(value)]
        return self._text(value, path) if isinstance(value, str) and "${" in value else value

    def _text(self, text: str, path: Path) -> str:
        is_secret = self._shape.is_secret(path)
        refers = any(references_in(text))
        if value_at(self._stored, path) == text and (is_secret or not refers):
            if refers:
                message = "not a reference: this string is already stored as written"
                self._warn(message, path, hint="it is not looked up; " + _LITERAL_HINT)
            return text
        if not is_secret and not self._references.everywhere:
            if refers and value_at(self._stored, path) != text:
                message = "a reference outside a secret field is stored as written"
                self._warn(message, path, hint="--references looks it up here too")
            return text

        known = True

        def value(piece: re.Match[str]) -> str:
            nonlocal known
            if piece["literal"]:
                return "${"
            self.places[path] = replace(self._document.places[path], reference=text)
            looked_up = self._value(piece, path, is_secret)
            known = known and looked_up is not None
            return looked_up or ""

        resolved = re.sub(_PIECE, value, text)
        return resolved if known else text

    def _warn(self, message: str, path: Path, *, hint: str | None = None) -> None:
        problem = self._document.problem(message, path, hint=hint, severity="warning")
        self.warnings.append(problem)

    def _value(self, piece: re.Match[str], path: Path, is_secret: bool) -> str | None:
        """Return the value of a reference, or None if it is missing."""
        source, name = piece["source"], piece["name"]
        if source is None:
            message = f'unknown source "{piece["unknown"]}" in a reference'
            hint = f"sources: {', '.join(_FORMS)}; {_LITERAL_HINT}"
        elif not piece["end"]:
            message, hint = "the closing brace of a reference is missing", f"write {_FORMS[source]}"
        elif "${" in name:
            message, hint = "a reference inside a reference", "references cannot be nested"
        elif not name.strip():
            message, hint = "a reference without a name", f"write {_FORMS[source]}"
        elif not is_secret and self._is_held(piece[0]):
            # It may have come from there, written by somebody else.
            message = f"the service holds {piece[0]} too: it is not looked up"
            hint = "write the value itself, or remove the reference from the service first"
        else:
            result = self._look_up(source, name)
            if isinstance(result, str):
                self._size += len(result)
                if self._size > MAX_BYTES:
                    message = f"the values of references are larger than {MAX_BYTES >> 20} MiB"
                    raise InvalidInputError([self._document.problem(message, path)])
                return result
            message, hint = result.message, result.hint or ""
            if self._references.lenient:
                self._warn(message, path, hint=hint or None)
                return None
        self.problems.append(self._document.problem(message, path, hint=hint or None))
        return None

    def _is_held(self, reference: str) -> bool:
        if self._held is None:
            self._held = self._references.held()
        return reference in self._held

    def _look_up(self, source: str, name: str) -> str | OsmoError:
        if (source, name) not in self._known:
            try:
                self._known[source, name] = self._references.lookup(source, name)
            except OsmoError as error:
                self._known[source, name] = error
        return self._known[source, name]
