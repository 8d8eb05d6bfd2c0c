"""Users and tokens with their roles, and who gave them when, in the official CLI's form."""

from __future__ import annotations

from typing import Any

from osmo_cli.output.printer import Printer


def show_grants(printer: Printer, found: dict[str, Any], facts: dict[str, Any]) -> None:
    """Show a user or a token with its roles.

    Args:
        found: it, as the service shows it.
        facts: what the text says of it before the roles, by label.
    """
    if not printer.as_lines:
        printer.data(found)
        return
    for label, value in facts.items():
        printer.text(f"{label}: {value or '-'}")
    grants: list[dict[str, Any]] = found.get("roles") or []
    printer.text("\nRoles:" if grants else "\nRoles: None")
    for grant in grants:
        printer.text(_line(grant))


def _line(grant: dict[str, Any]) -> str:
    by, day = grant.get("assigned_by"), day_of(grant.get("assigned_at"))
    return f"  - {grant.get('role_name')} (assigned by {by} on {day})"


def day_of(time: Any) -> str:
    """The day of a time as the service writes it."""
    return str(time or "-").split("T")[0]
