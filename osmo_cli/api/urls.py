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


def _checked(segment: str) -> str:
    reason = ""
    if not segment.strip():
        reason = "is empty"
    elif segment in (".", ".."):
        reason = "is a relative path"
    elif any(character in "/\\" for character in segment):
        reason = "contains a slash"
    elif not segment.isprintable():
        reason = "contains a character that cannot be printed"
    if reason:
        raise UsageError(f"{segment!r} cannot be a name: it {reason}")
    return quote(segment, safe="")
