"""The root of the command tree; the module of a command is imported when it is used."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

import typer

from osmo_cli.commands.lazy import lazy_group
from osmo_cli.commands.session import DEFAULT_TIMEOUT_SECONDS, Session
from osmo_cli.errors import UsageError
from osmo_cli.interruption import set_limit

_LONGEST_TIMEOUT_SECONDS = 86400.0
_PANELS = {
    "Configuration": {"config": "config"},
    "Backends": {"backend": "backend"},
    "Access": {"token": "token", "user": "user"},
    "Session": {
        "login": "login:login",
        "logout": "login:logout",
        "whoami": "whoami:whoami",
        "version": "version:show_version",
        "help": "help:show_help",
    },
    "Embedded service": {"local": "local"},
}

app = typer.Typer(
    name="osmo",
    cls=lazy_group(
        {name: place for members in _PANELS.values() for name, place in members.items()},
        {name: panel for panel, members in _PANELS.items() for name in members},
    ),
    help="Manage the configuration, backends and access tokens of an OSMO service.\n\n"
    "`osmo help` lists topics: environment variables, exit codes, config types, formats.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root(
    ctx: typer.Context,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="Use the login of this profile. Default: OSMO_PROFILE, then the last login.",
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            min=0.1,
            max=_LONGEST_TIMEOUT_SECONDS,
            metavar="SECONDS",
            help="Seconds to wait for each request, and for the end of a pipe that is read.",
        ),
    ] = DEFAULT_TIMEOUT_SECONDS,
    debug: Annotated[bool, typer.Option("--debug", help="Log each request to stderr.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version of osmo and exit.")
    ] = False,
) -> None:
    session: Session = ctx.obj
    session.profile = profile
    session.timeout = _checked_timeout(timeout)
    set_limit(session.timeout)
    session.debug = debug
    if version:
        from osmo_cli import __version__

        session.printer.text(f"osmo {__version__}")
        raise typer.Exit


def _checked_timeout(seconds: float) -> float:
    # Not a number is within every range.
    if seconds != seconds:
        raise UsageError("--timeout must be a number of seconds", hint="for example --timeout 60")
    return seconds


@cache
def command() -> Any:
    """Return the command tree as click runs it."""
    return typer.main.get_command(app)
