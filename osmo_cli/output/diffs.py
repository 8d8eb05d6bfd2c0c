"""Two states side by side, as the lines of a unified diff."""

from __future__ import annotations

import json
from typing import Any

from osmo_cli.config.changes.merge import ABSENT

_COLOURS = {"---": "1", "+++": "1", "@@": "36", "-": "31", "+": "32"}


def diff_lines(before: Any, after: Any, from_name: str, to_name: str) -> list[str]:
    """A unified diff of two values as indented JSON; empty where they are the same.

    A value that is ABSENT has no lines.
    """
    from difflib import unified_diff

    old, new = (
        [] if value is ABSENT else json.dumps(value, indent=2).splitlines()
        for value in (before, after)
    )
    return list(unified_diff(old, new, from_name, to_name, lineterm=""))


def line_colour(line: str) -> str | None:
    """The terminal's colour for a line of a diff, as git and diff have it; None for none."""
    return next((code for start, code in _COLOURS.items() if line.startswith(start)), None)
