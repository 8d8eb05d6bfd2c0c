"""Text of others made safe to print: no control characters, no secret that is known."""

from __future__ import annotations

import json
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
        for line in map(str.strip, (secret or "").splitlines()):
            if len(line) >= _SHORTEST_SECRET:
                # As it is, and as it stands inside JSON.
                escaped = (
                    json.dumps(line, ensure_ascii=ascii_only) for ascii_only in (False, True)
                )
                self._secrets |= {line, *(text[1:-1] for text in escaped)}

    def redact(self, text: str) -> str:
        """`text` with each known secret replaced by `(secret)`; the longest ones first."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "(secret)")
        return text
