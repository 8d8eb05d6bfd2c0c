"""The root of the command tree; a noun's module is loaded when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from osmo_cli.commands.session import DEFAULT_TIMEOUT_SECONDS, Session

_MODULES = {
    "config": "config",
    "token": "token",
    "user": "user",
    "login": "login",
    "logout": "login",
    "whoami": "whoami",
    "local": "local",
    "version": "version",
}


class _LazyGroup(TyperGroup):
    """Loads the module of a noun only when the noun is used: --version needs none."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _MODULES:
            return None
        module = import_module(f"osmo_cli.commands.{_MODULES[cmd_name]}")
        group: Any = typer.main.get_group(module.app)
        # A module with one noun is that group; with several, each is a command of it.
        return group.commands.get(cmd_name, group)


app = typer.Typer(
    name="osmo",
    cls=_LazyGroup,
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
