"""Users and tokens with their roles, in the form of the official CLI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from osmo_cli.output.printer import Printer

if TYPE_CHECKING:
    from osmo_cli.api.users import Grant


def print_grants(printer: Printer, facts: Mapping[str, str], grants: Sequence[Grant]) -> None:
    """Print what is known of a user or token, and its roles.

    Args:
        printer: prints text.
        facts: values before the roles, by label.
        grants: the roles.
    """
    for label, value in facts.items():
        printer.text(f"{label}: {value or '-'}")
    printer.text("")
    printer.text("Roles:" if grants else "Roles: None")
    for grant in grants:
        by = grant.assigned_by or None
        printer.text(f"  - {grant.role} (assigned by {by} on {day_of(grant.assigned_at)})")


def day_of(time: str) -> str:
    """The day of a time that the service wrote; `-` if it is empty."""
    return (time or "-").split("T")[0]
