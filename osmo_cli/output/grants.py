"""Users and tokens with their roles, in the format of the official CLI."""

from __future__ import annotations

from typing import Any

from osmo_cli.output.printer import Printer


def show_grants(printer: Printer, holder: dict[str, Any], facts: dict[str, Any]) -> None:
    """Print a user or a token with its roles.

    Args:
        printer: where to print.
        holder: the user or token, as data.
        facts: lines before the roles, by label; only in text.
    """
    if not printer.as_lines:
        printer.data(holder)
        return
    for label, value in facts.items():
        printer.text(f"{label}: {value or '-'}")
    grants: list[dict[str, Any]] = holder.get("roles") or []
    printer.text("\nRoles:" if grants else "\nRoles: None")
    for grant in grants:
        printer.text(_line(grant))


def _line(grant: dict[str, Any]) -> str:
    by, day = grant.get("assigned_by"), day_of(grant.get("assigned_at"))
    return f"  - {grant.get('role_name')} (assigned by {by} on {day})"


def day_of(time: Any) -> str:
    """Return the date of a time in the format of the service, or `-`."""
    return str(time or "-").split("T")[0]
