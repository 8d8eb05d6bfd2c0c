"""The roles of a user or a token as lines of text, in the official CLI's form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def grant_lines(grants: Sequence[dict[str, Any]]) -> list[str]:
    """A blank line, and a line for each role with who gave it and on which day (UTC)."""
    if not grants:
        return ["", "Roles: None"]
    return ["", "Roles:", *(_line(grant) for grant in grants)]


def _line(grant: dict[str, Any]) -> str:
    day = str(grant.get("assigned_at") or "-").split("T")[0]
    return f"  - {grant.get('role_name')} (assigned by {grant.get('assigned_by')} on {day})"
