"""Revisions of the history as rows of a table, and what the commands about them share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from osmo_cli.api.configs import Revision
    from osmo_cli.api.service import Service
    from osmo_cli.output.printer import Printer

CURRENT_COLUMNS = ("Config Type", "Revision", "Username", "Created At")
CURRENT_PRIORITIES = (0, 0, 2, 1)
COLUMNS = ("Config Type", "Name", *CURRENT_COLUMNS[1:], "Description", "Tags")
PRIORITIES = (0, 0, 0, 2, 1, 1, 3)
"""Which columns give way first on a narrow terminal."""

FitWidthOption = Annotated[
    bool,
    typer.Option("--fit-width", help="Accepted for compatibility; tables always fit the terminal."),
]


def current_cells(revision: Revision) -> list[str]:
    """Return the cells of a revision below `CURRENT_COLUMNS`."""
    from osmo_cli.config.changes.history import shown_time

    time = shown_time(revision.created_at)
    return [revision.config_type, str(revision.number), revision.username, time]


def cells(revision: Revision) -> list[str]:
    """Return the cells of a revision below `COLUMNS`."""
    config_type, *others = current_cells(revision)
    tags = ", ".join(sorted(revision.tags))
    return [config_type, revision.name or "-", *others, revision.description or "-", tags or "-"]


def note_helm_values(service: Service, printer: Printer) -> None:
    """Say that the history is not what is served, where that is known."""
    if service.is_managed:
        # What is deployed makes no revisions (docs/service/configmap.md#history).
        printer.note("the configuration comes from Helm values now; the history ends before that")
