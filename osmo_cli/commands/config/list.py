"""`osmo config list`."""

from __future__ import annotations

import typer

from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.config.revisions import (
    CURRENT_COLUMNS,
    CURRENT_PRIORITIES,
    FitWidthOption,
    current_cells,
    note_helm_values,
)
from osmo_cli.commands.session import Session


def list_types(
    ctx: typer.Context, format_type: FormatOption = None, fit_width: FitWidthOption = False
) -> None:
    """List the config types with their newest revisions.

    Examples:
        osmo config list
        osmo config list --format-type json
    """
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    with session.connect() as service:
        entries = service.configs.current_revisions()
        note_helm_values(service, printer)
    if printer.as_lines:
        entries.sort(key=lambda entry: entry.config_type)
        printer.table(
            CURRENT_COLUMNS, [current_cells(entry) for entry in entries], CURRENT_PRIORITIES
        )
    else:
        printer.data({"configs": [entry.entry for entry in entries]})
