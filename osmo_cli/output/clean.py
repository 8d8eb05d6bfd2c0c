"""Make text safe to print: without control characters, and without new lines of its own."""

from __future__ import annotations

import re
import unicodedata

_ASCII_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

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
    if text.isascii() and not _ASCII_CONTROL.search(text):
        return text
    text = text.translate(_SEPARATORS)
    return "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )
