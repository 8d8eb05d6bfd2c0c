"""References in an input: `${env:NAME}`, `${file:PATH}`, `${keyring:SERVICE/USER}`.

A reference is a string, or a part of one; keys hold none. The caller looks the values up. Each
value is treated as a secret.
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
"""Returns the value of a source (`env`, `file`, `keyring`) and a name; raises OsmoError."""

_FORMS = {"env": "${env:NAME}", "file": "${file:PATH}", "keyring": "${keyring:SERVICE/USER}"}
_LITERAL_HINT = "write $${ for a literal ${"
# `${FOO}`, `${FOO:-x}` and other forms of shells and templates are not references.
_PIECE = re.compile(
    r"(?P<literal>\$\$\{)"
    r"|\$\{(?P<source>env|file|keyring):(?P<name>[^}]*)(?P<end>\}?)"
    r"|\$\{(?P<unknown>[A-Za-z]+):(?=[A-Za-z_/.~])[^}]*\}"
)


def resolve(
    document: Document, lookup: Lookup, *, stored: Any = None, lenient: bool = False
) -> Document:
    """Return the document with the values of its references, and `${` for each `$${`.

    Args:
        document: the input; the places of the result hold the references.
        lookup: looks a value up; called once for each reference.
        stored: the live object. A string that is stored exactly as written is not a reference, so
            that the output of `osmo config show` can be sent back; a warning names it.
        lenient: a missing value is a warning, and its reference stays as it is: a file may be
            checked on a machine that does not have the values.

    Raises:
        InvalidInputError: a source is unknown or a value is missing; holds every problem.
    """
    resolver = _Resolver(document, lookup, set(_referring(stored)), lenient)
    value = resolver.value(document.value, ())
    if resolver.problems:
        raise InvalidInputError(resolver.problems)
    places = document.places | resolver.places
    warnings = (*document.warnings, *resolver.warnings)
    return replace(document, value=value, places=places, warnings=warnings)


def _referring(value: Any) -> Iterator[str]:
    """Return the strings in `value` that look like references."""
    if isinstance(value, str):
        if _PIECE.search(value):
            yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _referring(inner)


class _Resolver:
    """Replaces references by values, and collects problems."""

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
        """Return `value` with the values of the references in it."""
        if isinstance(value, dict):
            return {key: self.value(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner, (*path, index)) for index, inner in enumerate(value)]
        return self._text(value, path) if isinstance(value, str) and "${" in value else value

    def _text(self, text: str, path: Path) -> str:
        if text in self._stored:
            message = "not a reference: this string is already stored as written"
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
            looked_up = self._value(piece, path)
            known = known and looked_up is not None
            return looked_up or ""

        resolved = _PIECE.sub(value, text)
        return resolved if known else text

    def _value(self, piece: re.Match[str], path: Path) -> str | None:
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
        else:
            result = self._look_up(source, name)
            if isinstance(result, str):
                self._size += len(result)
                if self._size > MAX_BYTES:
                    message = f"the values of references are larger than {MAX_BYTES >> 20} MiB"
                    raise InvalidInputError([self._document.problem(message, path)])
                return result
            message, hint = result.message, result.hint or ""
            if self._lenient:
                self.warnings.append(
                    self._document.problem(message, path, hint=hint or None, severity="warning")
                )
                return None
        self.problems.append(self._document.problem(message, path, hint=hint or None))
        return None

    def _look_up(self, source: str, name: str) -> str | OsmoError:
        if (source, name) not in self._known:
            try:
                self._known[source, name] = self._lookup(source, name)
            except OsmoError as error:
                self._known[source, name] = error
        return self._known[source, name]
