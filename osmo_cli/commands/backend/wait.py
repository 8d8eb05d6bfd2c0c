"""`osmo backend wait`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.backend.arguments import BackendArgument, seconds_of
from osmo_cli.commands.session import Session
from osmo_cli.errors import UsageError

if TYPE_CHECKING:
    from osmo_cli.plan.backend_wait import Condition


@dataclass(frozen=True)
class WaitOptions:
    """What to wait for, and how long."""

    backend: str
    condition: Condition
    seconds: float


def wait(
    ctx: typer.Context,
    name: BackendArgument,
    online: Annotated[
        bool, typer.Option("--online", help="Wait until its operator is connected (the default).")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Wait until it is registered, but offline.")
    ] = False,
    gone: Annotated[bool, typer.Option("--gone", help="Wait until it is not registered.")] = False,
    limit: Annotated[
        str,
        typer.Option(
            "--timeout",
            metavar="DURATION",
            help="Time limit, such as 90s, 10m or 2h; 0s looks once.",
        ),
    ] = "10m",
    format_type: FormatOption = None,
) -> None:
    """Wait until a backend is online, offline or gone.

    Exits with 10 if the time limit ends first. A service that fails or does
    not answer meanwhile is asked again.

    Examples:
        osmo backend wait gpu-a
        osmo backend wait gpu-a --gone --timeout 2m
    """
    from osmo_cli.plan.backend_wait import Condition

    session: Session = ctx.obj
    session.use_format(format_type)
    chosen = [
        condition
        for condition, given in zip(Condition, (online, offline, gone), strict=True)
        if given
    ]
    if len(chosen) > 1:
        raise UsageError("--online, --offline and --gone cannot be used together")
    condition = chosen[0] if chosen else Condition.ONLINE
    run(session, WaitOptions(name, condition, seconds_of(limit, "--timeout")))


def run(session: Session, options: WaitOptions) -> None:
    """Wait, and say that the condition holds."""
    from datetime import UTC, datetime

    from osmo_cli.commands.backend.shown import status_data
    from osmo_cli.plan.backend_wait import wait_for

    printer = session.printer
    with session.connect() as service:
        status = wait_for(service, options.backend, options.condition, options.seconds)
    if printer.as_lines:
        printer.text(f"Backend {options.backend} is {options.condition.value}")
    else:
        now = datetime.now(UTC)
        printer.data({"backend": None if status is None else status_data(status, now)})
