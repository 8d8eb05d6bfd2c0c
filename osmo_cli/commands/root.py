"""The root of the command tree; a noun's module is loaded when it is used."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

import typer

from osmo_cli.commands.lazy import lazy_group
from osmo_cli.commands.session import DEFAULT_TIMEOUT_SECONDS, Session

app = typer.Typer(
    name="osmo",
    cls=lazy_group(
        {
            "config": "config",
            "token": "token",
            "user": "user",
            "login": "login:login",
            "logout": "login:logout",
            "whoami": "whoami:whoami",
            "local": "local",
            "version": "version:show_version",
        }
    ),
    help="Configuration and access tokens of an OSMO service.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root(
    ctx: typer.Context,
    profile: Annotated[
        str | None, typer.Option("--profile", help="Use this profile's login.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, help="Seconds that a request may take.")
    ] = DEFAULT_TIMEOUT_SECONDS,
    debug: Annotated[bool, typer.Option("--debug", help="Tell of each request on stderr.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    session: Session = ctx.obj
    session.profile = profile
    session.timeout = timeout
    session.debug = debug
    if version:
        from osmo_cli import __version__

        session.printer.text(f"osmo {__version__}")
        raise typer.Exit


@cache
def command() -> Any:
    """Return the command tree as click runs it."""
    return typer.main.get_command(app)
