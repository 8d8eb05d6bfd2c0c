"""`osmo version`: of this program and of the service."""

from __future__ import annotations

from dataclasses import dataclass

import typer

from osmo_cli import __version__
from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.session import Session
from osmo_cli.errors import NotLoggedInError, UsageError


@dataclass
class _ServiceVersion:
    """What was found out about the service before an error, if any, ended it."""

    version: str | None = None
    dialect: str | None = None
    is_managed: bool = False


def show_version(ctx: typer.Context, format_type: FormatOption = None) -> None:
    """Show the versions of osmo and of the service.

    Which version of the API the service has is found out from the service itself, since a
    service may report another number.

    Examples:
        osmo version
        osmo version --format-type json
    """
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    service = _ask(session)
    if not printer.as_lines:
        answer = {
            "client": __version__,
            "service": service.version,
            "dialect": service.dialect,
        }
        printer.data(answer | ({"configmap": True} if service.is_managed else {}))
        return
    printer.text(f"OSMO client version:  {__version__}")
    if service.version is not None:
        printer.text(f"OSMO service version: {service.version}")
        printer.note(f"API version: {service.dialect or 'unknown'}")
    if service.is_managed:
        printer.note("the service is in ConfigMap mode: it refused a write within the last hour")


def _ask(session: Session) -> _ServiceVersion:
    answer = _ServiceVersion()
    try:
        with session.connect() as service:
            answer.version = service.ask_version()
            answer.dialect = service.redetect_dialect().name
            answer.is_managed = service.is_managed
    except NotLoggedInError as error:
        if answer.version is None:
            session.printer.note(f"{error.message}; service version unknown")
        else:
            session.printer.warn(error.message)
    except UsageError as error:
        session.printer.warn(error.message)
    return answer
