"""Searches text for a secret as a reader with some patience would: decoding whatever it holds."""

from __future__ import annotations

import base64
import binascii
import html
import re
import urllib.parse
from collections.abc import Iterator

PIECE = 8
_RUN = re.compile(r"[A-Za-z0-9+/_-]{8,}")
_HEX = re.compile(r"[0-9A-Fa-f]{12,}")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([0-3][0-7]{2})|(.))")


def leaked(text: str, secret: str, *, piece: int = PIECE) -> list[str]:
    """Return the pieces of `secret` that can be read in `text`, in any form."""
    size = min(piece, len(secret))
    pieces = {secret[at : at + size] for at in range(len(secret) - size + 1)}
    return sorted({part for read in _readings(text) for part in pieces if part in read})


def _readings(text: str) -> Iterator[str]:
    pending, seen = [text], set()
    for _ in range(3):
        pending = [read for text in pending for read in _decoded(text) if read not in seen]
        seen.update(pending)
    yield text
    yield from seen


def _decoded(text: str) -> Iterator[str]:
    yield urllib.parse.unquote(text)
    yield urllib.parse.unquote_plus(text)
    yield html.unescape(text)
    yield _ESCAPE.sub(_unescaped, text)
    for run in _HEX.findall(text):
        for at in range(2):
            digits = run[at:]
            yield bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("latin-1")
    for run in _RUN.findall(text):
        for at in range(4):
            letters = run[at:].translate(str.maketrans("-_", "+/"))
            try:
                data = base64.b64decode(letters[: len(letters) // 4 * 4])
            except binascii.Error:
                continue
            yield data.decode("utf-8", "replace")


def _unescaped(match: re.Match[str]) -> str:
    unit, byte, octal, sign = match.groups()
    return sign or chr(int(unit or byte, 16) if unit or byte else int(octal, 8))
