"""Unified diffs of two JSON values."""

from __future__ import annotations

import json
from typing import Any

from osmo_cli.config.values import ABSENT

_COLORS = {"---": "1", "+++": "1", "@@": "36", "-": "31", "+": "32"}


def diff_lines(before: Any, after: Any, from_name: str, to_name: str) -> list[str]:
    """Return the lines of a unified diff of two values as indented JSON.

    The result is empty if the values are equal. ABSENT counts as an empty string.
    """
    from difflib import unified_diff

    old, new = (
        [] if value is ABSENT else json.dumps(value, indent=2).splitlines()
        for value in (before, after)
    )
    return list(unified_diff(old, new, from_name, to_name, lineterm=""))


def line_color(line: str) -> str | None:
    """Return the ANSI color code for a line of a diff, as git uses it, or None."""
    return next((code for start, code in _COLORS.items() if line.startswith(start)), None)
