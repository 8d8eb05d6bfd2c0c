"""Forms in which a service may repeat a secret, and a search for it in whatever form."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import urllib.parse
from collections.abc import Callable, Iterator

PIECE = 8
_RUN = re.compile(r"[A-Za-z0-9+/_-]{8,}")
_HEX = re.compile(r"[0-9A-Fa-f]{12,}")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([0-3][0-7]{2})|(.))")


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "quote": urllib.parse.quote,
    "quote all": lambda text: urllib.parse.quote(text, safe=""),
    "quote plus": urllib.parse.quote_plus,
    "quote twice": lambda text: urllib.parse.quote(urllib.parse.quote(text)),
    "lower case percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "html": html.escape,
    "html, decimal": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "html, hexadecimal": lambda text: "".join(f"&#x{ord(character):X};" for character in text),
    "base64": base64_of,
    "base64 without padding": lambda text: base64_of(text).rstrip("="),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "basic": lambda text: "Basic " + base64_of(f"$oauthtoken:{text}"),
    "basic, shifted": lambda text: "Basic " + base64_of(f"admins:{text}\n"),
    "basic, shifted twice": lambda text: base64_of(f"user:{text}:x"),
    "base64 in a URL": lambda text: urllib.parse.quote(base64_of(text), safe=""),
    "json": json.dumps,
    "json, unicode": lambda text: json.dumps(text, ensure_ascii=False),
    "json with \\/": lambda text: json.dumps(text).replace("/", "\\/"),
    "json, upper case": lambda text: "".join(f"\\u{ord(sign):04X}" for sign in text),
    "json in json": lambda text: json.dumps({"error": json.dumps({"input": text})}),
    "json in json in json": lambda text: json.dumps(json.dumps(json.dumps([text]))),
    "repr": repr,
    "ascii": ascii,
    "bytes": lambda text: repr(text.encode()),
    "octal": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
    "escapes of bytes": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "hex": lambda text: text.encode().hex(),
    "upper case hex": lambda text: text.encode().hex().upper(),
    "repr of a dict in a URL": lambda text: urllib.parse.quote_plus(repr({"auth": text})),
}


def leaked(text: str, secret: str, *, piece: int = PIECE) -> list[str]:
    """Return the pieces of `secret` that a patient reader of `text` finds, in any form."""
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
