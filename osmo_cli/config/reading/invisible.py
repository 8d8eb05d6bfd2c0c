"""Characters that only control how others are shown, and escapes for them in files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
"""Categories: control, format, surrogate; separators of lines and paragraphs."""


def is_visible(text: str) -> bool:
    """Whether `text` holds none of the characters that only control how others are shown."""
    return text.isascii() or all(unicodedata.category(sign) not in _INVISIBLE for sign in text)


def escape_invisible(text: str, escape: Callable[[str], str]) -> str:
    """Return `text` with the escapes of the characters in it that are not visible.

    Args:
        text: what is written to a file; characters below U+007F stay.
        escape: returns the escape of a character.
    """

    def written(match: re.Match[str]) -> str:
        character = match[0]
        is_shown = character != "\x7f" and is_visible(character)
        return character if is_shown else escape(character)

    return re.sub(r"[^\x00-\x7e]", written, text)
