"""`osmo version`: of this program and of the service."""

from __future__ import annotations

import typer

from osmo_cli import __version__
from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.session import Session
from osmo_cli.errors import NotLoggedInError, UsageError


def show_version(ctx: typer.Context, format_type: FormatOption = None) -> None:
    """Show the versions of this program and of the service, and what the service speaks."""
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    version = dialect = None
    managed = False
    try:
        with session.connect() as service:
            version = service.ask_version()
            dialect = service.redetect_dialect().name
            managed = service.is_managed
    except NotLoggedInError as error:
        if version is None:
            printer.note(f"no service is asked: {error.message}")
        else:
            printer.warn(error.message)
    except UsageError as error:
        printer.warn(error.message)
    if not printer.as_lines:
        told = {"client": __version__, "service": version, "dialect": dialect}
        printer.data(told | ({"configmap": True} if managed else {}))
        return
    printer.text(f"OSMO client version:  {__version__}")
    if version is not None:
        printer.text(f"OSMO service version: {version}")
        printer.note(f"the service speaks: {dialect or 'what this program does not know'}")
    if managed:
        printer.note("its configuration comes from Helm values: it refused a write lately")
