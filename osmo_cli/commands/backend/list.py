"""`osmo backend list`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.session import Session
from osmo_cli.errors import ExitCode

if TYPE_CHECKING:
    from datetime import datetime

    from osmo_cli.backend.status import BackendStatus

_COLUMNS = ("Name", "Description", "Status", "Heartbeat", "Version", "Scheduler", "Tests")
_PRIORITIES = (0, 3, 0, 0, 1, 2, 4)


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

    printer = session.printer
    with session.connect() as service:
        backends = read(service.configs)
    now = datetime.now(UTC)
    if not printer.as_lines:
        printer.data({"backends": [status_data(backend, now) for backend in backends]})
    elif backends:
        printer.table(_COLUMNS, [_cells(backend, now) for backend in backends], _PRIORITIES)
    else:
        printer.text("No backends found")
    offline = any(not backend.online for backend in backends)
    return ExitCode.CHANGES_PENDING if options.exit_code and offline else ExitCode.OK


def status_data(backend: BackendStatus, now: datetime) -> dict[str, Any]:
    """A backend's status for output as data."""
    age = backend.heartbeat_age(now)
    beat = backend.last_heartbeat
    return {
        "name": backend.name,
        "description": backend.description,
        "online": backend.online,
        "last_heartbeat": None if beat is None else beat.isoformat(),
        "heartbeat_age_seconds": None if age is None else int(age.total_seconds()),
        "version": backend.operator_version,
        "scheduler": backend.scheduler,
        "tests": list(backend.tests),
    }


def _cells(backend: BackendStatus, now: datetime) -> tuple[str, ...]:
    from osmo_cli.backend.status import age_text

    return (
        backend.name,
        backend.description,
        backend.word,
        age_text(backend.heartbeat_age(now)),
        backend.operator_version,
        backend.scheduler,
        ", ".join(backend.tests),
    )
