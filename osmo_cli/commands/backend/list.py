"""`osmo backend list`."""

from __future__ import annotations

from typing import Annotated

import typer

from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.session import Session
from osmo_cli.errors import ExitCode
from osmo_cli.quick_dataclass import dataclass


@dataclass(frozen=True)
class ListOptions:
    """How to list backends."""

    exit_code: bool


def list_backends(
    ctx: typer.Context,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 5 if a backend is offline.")
    ] = False,
    format_type: FormatOption = None,
) -> int:
    """List the registered backends and whether they are online.

    A backend is online if its operator sent a heartbeat within the last two minutes.

    Examples:
        osmo backend list
        osmo backend list --exit-code
        osmo backend list --format-type json
    """
    session: Session = ctx.obj
    session.use_format(format_type)
    return run(session, ListOptions(exit_code))


def run(session: Session, options: ListOptions) -> int:
    """Print the backends as a table, or as data."""
    from datetime import UTC, datetime

    from osmo_cli.api.backends import list_backends as read
    from osmo_cli.commands.backend.shown import print_backends, status_data

    printer = session.printer
    with session.connect() as service:
        backends = read(service.configs)
    now = datetime.now(UTC)
    if not printer.as_lines:
        printer.data({"backends": [status_data(backend, now) for backend in backends]})
    elif backends:
        print_backends(printer, backends, now)
    else:
        printer.text("No backends found")
    offline = any(not backend.online for backend in backends)
    return ExitCode.CHANGES_PENDING if options.exit_code and offline else ExitCode.OK
