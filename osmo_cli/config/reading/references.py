"""Values that an input takes from elsewhere: `${env:NAME}`, `${file:PATH}` and others.

They may be parts of any text of an input, but of no key. Where the values come from is the
caller's business; here is where they go. Each is taken for a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from osmo_cli.config.problems import InvalidInputError, Path, Problem
from osmo_cli.config.reading.document import MAX_BYTES, Document, Place
from osmo_cli.errors import OsmoError

Lookup = Callable[[str, str], str]
"""Gives the value of a source (`env`, `file`, `keyring`) under a name; raises OsmoError."""

_FORMS = {"env": "${env:NAME}", "file": "${file:PATH}", "keyring": "${keyring:SERVICE/USER}"}
_LITERAL_HINT = "write $${ for a text with ${"
# `${FOO}`, `${FOO:-x}` and other forms of shells and templates are no references.
_PIECE = re.compile(
    r"(?P<literal>\$\$\{)"
    r"|\$\{(?P<source>env|file|keyring):(?P<name>[^}]*)(?P<end>\}?)"
    r"|\$\{(?P<unknown>[A-Za-z]+):(?=[A-Za-z_/.~])[^}]*\}"
)


def resolve(
    document: Document, lookup: Lookup, *, stored: Any = None, lenient: bool = False
) -> Document:
    """The document with the values of its references, and each `$${` as `${`.

    Args:
        document: the input; its places then know the texts that held references.
        lookup: gives the values; called once for each reference.
        stored: the live object. A text that is stored exactly so is no reference, so that what
            `osmo config show` printed can be given back; the document's warnings name it.
        lenient: a value that is not there is a warning, and its reference stays as it is: where
            an input is only checked, the values may be somewhere else.

    Raises:
        InvalidInputError: a source is unknown or a value is not there; holds every problem.
    """
    resolver = _Resolver(document, lookup, set(_referring(stored)), lenient)
    value = resolver.value(document.value, ())
    if resolver.problems:
        raise InvalidInputError(resolver.problems)
    places = document.places | resolver.places
    warnings = (*document.warnings, *resolver.warnings)
    return replace(document, value=value, places=places, warnings=warnings)


def _referring(value: Any) -> Iterator[str]:
    """The texts in `value` that look as if they held references."""
    if isinstance(value, str):
        if _PIECE.search(value):
            yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _referring(inner)


class _Resolver:
    """Puts values into texts, and collects what is wrong."""

    def __init__(self, document: Document, lookup: Lookup, stored: set[str], lenient: bool) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.places: dict[Path, Place] = {}
        self._document = document
        self._lookup = lookup
        self._stored = stored
        self._lenient = lenient
        self._known: dict[tuple[str, str], str | OsmoError] = {}
        self._size = 0

    def value(self, value: Any, path: Path) -> Any:
        """`value` with the values of the references in it."""
        if isinstance(value, dict):
            return {key: self.value(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner, (*path, index)) for index, inner in enumerate(value)]
        return self._text(value, path) if isinstance(value, str) and "${" in value else value

    def _text(self, text: str, path: Path) -> str:
        if text in self._stored:
            message = "this text is stored exactly so, and stays as it is"
            hint = "it is not looked up; " + _LITERAL_HINT
            warning = self._document.problem(message, path, hint=hint, severity="warning")
            self.warnings.append(warning)
            return text

        known = True

        def value(piece: re.Match[str]) -> str:
            nonlocal known
            if piece["literal"]:
                return "${"
            self.places[path] = replace(self._document.places[path], reference=text)
            found = self._value(piece, path)
            known = known and found is not None
            return found or ""

        resolved = _PIECE.sub(value, text)
        return resolved if known else text

    def _value(self, piece: re.Match[str], path: Path) -> str | None:
        """The value of a reference; None where it is not there."""
        source, name = piece["source"], piece["name"]
        if source is None:
            message = f'"{piece["unknown"]}" is no source of values'
            hint = f"there are {', '.join(_FORMS)}; {_LITERAL_HINT}"
        elif not piece["end"]:
            message, hint = "a reference without its closing brace", f"write {_FORMS[source]}"
        elif "${" in name:
            message, hint = "a reference inside another", "references cannot be nested"
        elif not name.strip():
            message, hint = "a reference that names nothing", f"write {_FORMS[source]}"
        else:
            found = self._looked_up(source, name)
            if isinstance(found, str):
                self._size += len(found)
                if self._size > MAX_BYTES:
                    message = f"values from elsewhere are larger than {MAX_BYTES >> 20} MiB"
                    raise InvalidInputError([self._document.problem(message, path)])
                return found
            message, hint = found.message, found.hint or ""
            if self._lenient:
                self.warnings.append(
                    self._document.problem(message, path, hint=hint or None, severity="warning")
                )
                return None
        self.problems.append(self._document.problem(message, path, hint=hint or None))
        return None

    def _looked_up(self, source: str, name: str) -> str | OsmoError:
        if (source, name) not in self._known:
            try:
                self._known[source, name] = self._lookup(source, name)
            except OsmoError as error:
                self._known[source, name] = error
        return self._known[source, name]
