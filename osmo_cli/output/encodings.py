"""The forms in which a service or a program may write a secret, and reading them back.

Escapes (JSON, Python, URL, HTML) are read back, in any mix. Forms that
replace whole strings (base64, hex) are written out.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from osmo_cli.quick_dataclass import dataclass

# Compiled when it is needed: each command loads this module.
_ESCAPE = (
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<bytes>(?:\\x[0-9A-Fa-f]{2})+)"
    r"|(?P<octal>(?:\\[0-3][0-7]{2})+)"
    r"|(?P<units>(?:\\u[0-9A-Fa-f]{4})+)"
    r"|\\U(?P<point>[0-9A-Fa-f]{8})|\\u\{(?P<braced>[0-9A-Fa-f]{1,6})\}"
    r"|\\(?P<escaped>[^\n])"
    r"|(?P<entity>&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
    r"|(?P<plus>\+)"
)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_LAST_POINT = 0x10FFFF


@dataclass(frozen=True)
class Form:
    """A string that gives a secret away.

    Attributes:
        text: what to look for.
        before, after: base64 characters around it that also hold bits of the secret.
    """

    text: str
    before: int = 0
    after: int = 0


def decoded(text: str) -> str:
    """Return `text` with one level of escapes read; a `+` is a space, as in a query."""
    if not any(sign in text for sign in "\\%&+"):
        return text
    return re.sub(_ESCAPE, lambda match: "".join(piece for piece, _ in _pieces(match)), text)


def places(text: str) -> list[int]:
    """Return where each character of `decoded(text)` starts in `text`, and the end of `text`."""
    starts: list[int] = []
    end = 0
    for match in re.finditer(_ESCAPE, text):
        starts.extend(range(end, match.start()))
        for piece, start in _pieces(match):
            starts += [start] * len(piece)
        end = match.end()
    starts.extend(range(end, len(text) + 1))
    return starts


def _pieces(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    """Return the characters of an escape, or of a row of escapes, and where each starts."""
    kind, start = match.lastgroup, match.start()
    text = match[0]
    if kind == "percent":
        yield from _of_bytes(bytes.fromhex(text.replace("%", "")), start, 3)
    elif kind == "bytes":
        yield from _of_bytes(bytes.fromhex(text.replace("\\x", "")), start, 4)
    elif kind == "octal":
        values = bytes(int(digits, 8) for digits in text[1:].split("\\"))
        yield from _of_bytes(values, start, 4)
    elif kind == "units":
        units = bytes.fromhex(text.replace("\\u", "")).decode("utf-16-be", "surrogatepass")
        for character in units:
            yield character, start
            start += 12 if ord(character) > 0xFFFF else 6
    elif kind in ("point", "braced"):
        point = int(match[kind], 16)
        yield chr(point) if point <= _LAST_POINT else text, start
    elif kind == "escaped":
        yield _CONTROLS.get(match[kind], match[kind]), start
    elif kind == "entity":
        import html

        yield html.unescape(text), start
    else:
        yield " ", start


def _of_bytes(values: bytes, start: int, width: int) -> Iterator[tuple[str, int]]:
    """Return the characters of UTF-8, else of Latin-1, of which each byte is `width` wide."""
    try:
        text = values.decode()
    except UnicodeDecodeError:
        text = values.decode("latin-1")
        yield from ((character, start + at * width) for at, character in enumerate(text))
        return
    for character in text:
        yield character, start
        start += len(character.encode()) * width


def whole_forms(secret: str) -> Iterator[Form]:
    """Return the forms of `secret` in which no character of it is left, but for escapes."""
    data = secret.encode("utf-8", "surrogatepass")
    yield Form(data.hex())
    yield Form(data.hex().upper())
    for offset in range(3):
        # Text before it, such as the name in `user:password`, shifts the bits.
        bits = (offset + len(data)) * 8
        first, last = -(-offset * 8 // 6), bits // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(bytes(offset) + data).decode()[first:last]
            yield Form(text, before=first, after=1 if bits % 6 else 0)


def inner_secrets(secret: str) -> Iterator[str]:
    """Return secrets inside a secret: of a JSON document, and of base64 of `user:password`."""
    yield from _members(secret)
    if re.fullmatch(r"[A-Za-z0-9+/_-]{8,}={0,2}", secret):
        try:
            text = base64.b64decode(secret.translate(_STANDARD) + "==").decode("ascii")
        except ValueError:
            return
        if text.isprintable():
            yield text
            if ":" in text:
                yield text.partition(":")[2]


_STANDARD = str.maketrans("-_", "+/")
_PUBLIC = frozenset(
    (
        *("kty", "n", "e", "kid", "alg", "use", "crv", "x", "y", "key_ops", "x5c", "x5t"),
        *("auths", "username", "email"),
    )
)
"""Members of a key (RFC 7517) and of a registry's login that are not secret."""


def _members(secret: str) -> Iterator[str]:
    import json

    if not secret.lstrip().startswith("{"):
        return
    try:
        value = json.loads(secret)
    except (ValueError, RecursionError):
        return
    pending = [value]
    while pending:
        inner = pending.pop()
        if isinstance(inner, str):
            yield inner
            # The `auth` of a registry's login is base64.
            yield from inner_secrets(inner) if inner != secret and "{" not in inner else ()
        elif isinstance(inner, list):
            pending += inner
        elif isinstance(inner, dict):
            pending += [
                item for key, item in inner.items() if key not in _PUBLIC or isinstance(item, dict)
            ]
