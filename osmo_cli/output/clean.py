"""Text of others made safe to print: no control characters, no secret that is known."""

from __future__ import annotations

import unicodedata

_SHORTEST_SECRET = 6
"""Shorter texts are not scrubbed: they would tear holes into ordinary words."""


def clean(text: str) -> str:
    """`text` without control and format characters, which could move a terminal's cursor or
    reorder what stands on the line; new lines and tabs stay."""
    return "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )


class Redactor:
    """Knows the secrets of this run and takes them out of what is printed."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def add(self, secret: str | None) -> None:
        """Never print `secret` from now on, nor its parts on separate lines."""
        for line in (secret or "").splitlines():
            if len(line.strip()) >= _SHORTEST_SECRET:
                self._secrets.add(line.strip())

    def redact(self, text: str) -> str:
        """`text` with each known secret replaced by `(secret)`; the longest ones first."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "(secret)")
        return text
