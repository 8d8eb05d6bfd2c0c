"""What `osmo backend` commands print of a backend, and of the commands for its cluster."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from osmo_cli.backend.registration import Registration
    from osmo_cli.backend.status import BackendStatus
    from osmo_cli.output.printer import Printer

_COLUMNS = ("Name", "Description", "Status", "Heartbeat", "Version", "Scheduler", "Tests")
_PRIORITIES = (0, 3, 0, 0, 1, 2, 4)


def print_backends(printer: Printer, backends: Sequence[BackendStatus], now: datetime) -> None:
    """Print backends as a table."""
    printer.table(_COLUMNS, [_cells(backend, now) for backend in backends], _PRIORITIES)


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


def deployment_lines(
    registration: Registration, folder: str, *, applied: bool, from_stdout: bool
) -> list[str]:
    """The commands that are left to run for the operator, as typed into a shell.

    Args:
        registration: the backend.
        folder: the directory of the registration.
        applied: they were run on the backend's cluster.
        from_stdout: the manifests were printed, not written.
    """
    from osmo_cli.backend import commands
    from osmo_cli.backend.readme import MANIFESTS, VALUES

    manifests, values = (f"{folder}/{name}" for name in (MANIFESTS, VALUES))
    lines = []
    if registration.bootstrap and not from_stdout:
        control = commands.command_line(commands.apply_control_manifests(manifests))
        lines.append(control + commands.CONTROL_COMMENT)
    if not applied:
        if not from_stdout:
            lines.append(commands.command_line(commands.apply_manifests(registration, manifests)))
        lines += commands.repository_lines(registration)
        lines.append(commands.command_line(commands.install(registration, values)))
    return lines


def indented(lines: Iterable[str]) -> str:
    """Command lines as a block of text."""
    return "\n".join(f"  {line}" for line in lines)
