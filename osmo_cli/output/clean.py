"""Make text safe to print: without control characters and known secrets."""

from __future__ import annotations

import json
import unicodedata

_SHORTEST_SECRET = 6
"""Length below which a secret is not searched for, since it would match ordinary words."""


_SEPARATORS = str.maketrans(dict.fromkeys("\u2028\u2029", " "))
"""Characters that end a line for some programs, and are neither newlines nor control characters."""


def indented(text: str, width: int) -> str:
    """Return `text` with all lines but the first indented, so that none looks like a new message.

    Text of a service or file may contain newlines.
    """
    return text.replace("\n", "\n" + " " * width)


def clean(text: str) -> str:
    """Return `text` without control and format characters, except newlines and tabs.

    They could move a terminal's cursor or change the order of characters on a line.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.translate(_SEPARATORS)
    return "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )


class Redactor:
    """Replaces the secrets of this run in text."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def add(self, secret: str | None) -> None:
        """Replace `secret`, and each line of it, from now on."""
        for line in map(str.strip, (secret or "").splitlines()):
            if len(line) >= _SHORTEST_SECRET:
                # As it is, and as escaped in JSON.
                escaped = (
                    json.dumps(line, ensure_ascii=ascii_only) for ascii_only in (False, True)
                )
                self._secrets |= {line, *(text[1:-1] for text in escaped)}

    def redact(self, text: str) -> str:
        """Return `text` with each known secret replaced by `(secret)`, the longest first."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "(secret)")
        return text
