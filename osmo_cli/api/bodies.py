"""Bodies of answers: unpacked and parsed within limits."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable
from typing import Any, NoReturn

MAX_BYTES = 64 * 1024 * 1024
"""Size of an answer, unpacked."""
MAX_VALUES = 2_000_000
"""Values in an answer; each takes up to a hundred times the memory of its text."""
MAX_DEPTH = 100
"""Levels of objects and lists; no service stores more than a tenth of that."""

ACCEPTED_ENCODING = "gzip"
_PIECE = 64 * 1024


class InvalidBodyError(ValueError):
    """A body that is not used; the message says what it is."""


def unpack(pieces: Iterable[bytes], encoding: str) -> bytes:
    """Return a body without its content encoding.

    Args:
        pieces: the body as it was received.
        encoding: the header Content-Encoding.

    Raises:
        InvalidBodyError: it is too large, broken, or has another encoding than was asked for.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return _joined(pieces)
    if name not in (ACCEPTED_ENCODING, "x-gzip"):
        # Also several at once: each could make the size a thousand times as large.
        raise InvalidBodyError(f'content-encoding "{name[:40]}", which was not asked for')
    return _joined(_inflated(pieces))


def _joined(pieces: Iterable[bytes]) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > MAX_BYTES:
            raise InvalidBodyError(f"more than {MAX_BYTES >> 20} MiB")
    return bytes(body)


def _inflated(pieces: Iterable[bytes]) -> Iterable[bytes]:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    received = 0
    try:
        for piece in pieces:
            received += len(piece)
            if received > MAX_BYTES:
                raise InvalidBodyError(f"more than {MAX_BYTES >> 20} MiB")
            rest = piece
            while rest and not unpacker.eof:
                yield unpacker.decompress(rest, _PIECE)
                rest = unpacker.unconsumed_tail
        # What is left has been taken in, and is at most one window.
        yield unpacker.flush()
    except zlib.error:
        raise InvalidBodyError("broken gzip") from None
    if received and not unpacker.eof:
        raise InvalidBodyError("incomplete gzip")


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON text as RFC 8259 defines it.

    Python's parser also takes NaN, infinity, half surrogate pairs and UTF-16, and any number of
    values.

    Raises:
        InvalidBodyError: it is not JSON, or has too many or too deeply nested values.
    """
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_VALUES:
        raise InvalidBodyError(f"more than {MAX_VALUES:,} values")
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise InvalidBodyError(f"more than {MAX_DEPTH} levels of nesting") from None
    except InvalidBodyError:
        raise
    except ValueError:
        raise InvalidBodyError("not JSON") from None
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_depth(value)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidBodyError(f"not JSON: {name}")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidBodyError("a number that is too large")
    return number


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        parts = (entry.values() if isinstance(entry, dict) else entry for entry in level)
        level = [entry for part in parts for entry in part if isinstance(entry, dict | list)]
        if not level:
            return
    raise InvalidBodyError(f"more than {MAX_DEPTH} levels of nesting")
