"""The roles of a user or a token as lines of text, in the official CLI's form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def grant_lines(facts: dict[str, Any], grants: Sequence[dict[str, Any]]) -> list[str]:
    """What is known of a user or a token, and a line for each role, with who gave it when (UTC)."""
    lines = [*(f"{name}: {value or '-'}" for name, value in facts.items()), ""]
    if not grants:
        return [*lines, "Roles: None"]
    return [*lines, "Roles:", *(_line(grant) for grant in grants)]


def _line(grant: dict[str, Any]) -> str:
    by, day = grant.get("assigned_by"), day_of(grant.get("assigned_at"))
    return f"  - {grant.get('role_name')} (assigned by {by} on {day})"


def day_of(time: Any) -> str:
    """The day of a time as the service writes it."""
    return str(time or "-").split("T")[0]
