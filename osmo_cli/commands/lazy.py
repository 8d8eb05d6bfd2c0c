"""Groups whose commands are imported when they are used: imports are most of a command's time."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from osmo_cli.commands.arguments import OsmoCommand
from osmo_cli.errors import UsageError


def lazy_group(
    members: Mapping[str, str], panels: Mapping[str, str] | None = None
) -> type[TyperGroup]:
    """A group of commands and other groups.

    Args:
        members: places of the members by name: a module of `osmo_cli.commands`, whose `app` is
            the group, or `module:function` for a command.
        panels: headings under which the help lists members, by name.
    """
    headings = panels or {}

    class LazyGroup(TyperGroup):
        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            if args and args[0] not in members and not args[0].startswith("-"):
                from difflib import get_close_matches

                # Typer's own groups say the same, but only of commands that are imported.
                near = ", ".join(f"'{name}'" for name in get_close_matches(args[0], members))
                raise UsageError(
                    f"No such command '{args[0]}'." + (f" Did you mean {near}?" if near else ""),
                    hint=f"see {ctx.command_path} --help",
                )
            return super().resolve_command(ctx, args)

        def list_commands(self, ctx: Any) -> list[str]:
            return list(members)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            if cmd_name not in members:
                return None
            return _load(cmd_name, members[cmd_name], headings.get(cmd_name))

    return LazyGroup


@cache
def _load(name: str, place: str, panel: str | None) -> Any:
    """Import and build the command or group at `place` (see `lazy_group`)."""
    module_name, _, function = place.partition(":")
    module = import_module(f"osmo_cli.commands.{module_name}")
    if not function:
        group = typer.main.get_group(module.app)
        group.rich_help_panel = panel
        return group
    run = getattr(module, function)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    decorate = alone.command(name, cls=OsmoCommand, help=_help(run), rich_help_panel=panel)
    decorate(run)
    return typer.main.get_command(alone)


def _help(run: Callable[..., Any]) -> str:
    """The help of a command: its docstring; each line below `Examples:` is a command line."""
    text, heading, examples = inspect.cleandoc(run.__doc__ or "").partition("Examples:\n")
    commands = (f"$ {line.strip()}" for line in examples.splitlines())
    return text + heading + "\n".join(commands)


def noun(name: str, help: str, members: Mapping[str, str]) -> typer.Typer:
    """A group below `osmo`, such as `osmo config`; see `lazy_group` for its members."""
    return typer.Typer(
        name=name,
        cls=lazy_group(members),
        help=help,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
