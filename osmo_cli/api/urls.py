"""Paths of requests, built from checked and quoted segments only."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from osmo_cli.errors import UsageError


def build_path(segments: Sequence[str]) -> str:
    """`/a/b` from `["a", "b"]`, each quoted.

    Raises:
        UsageError: a segment is empty, `.` or `..`, or holds a slash or a control character;
            the service (or a proxy before it) would take it for another path
            (docs/service/routes.md#names-in-urls).
    """
    return "/" + "/".join(_checked(segment) for segment in segments)


def is_segment(text: str) -> bool:
    """Whether a path can have a segment; the name of an item that it cannot have needs a body."""
    return not _reason(text)


def _checked(segment: str) -> str:
    if reason := _reason(segment):
        raise UsageError(f"{segment!r} cannot be a name: it {reason}")
    return quote(segment, safe="")


def _reason(segment: str) -> str:
    """Return why a path cannot have a segment; empty if it can."""
    if not segment.strip():
        return "is empty"
    if segment in (".", ".."):
        return "is a relative path"
    if any(character in "/\\" for character in segment):
        return "contains a slash"
    return "" if segment.isprintable() else "contains a character that cannot be printed"
