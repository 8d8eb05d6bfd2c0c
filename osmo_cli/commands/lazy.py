"""Groups whose commands are loaded when they are used: loading is most of what a command does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from osmo_cli.commands.arguments import OsmoCommand
from osmo_cli.errors import UsageError


def lazy_group(members: Mapping[str, str]) -> type[TyperGroup]:
    """A group of commands and of other groups.

    Args:
        members: by name the module of `osmo_cli.commands`, whose `app` is the group of that
            name, or `module:function` for a command.
    """

    class LazyGroup(TyperGroup):
        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            if args and args[0] not in members and not args[0].startswith("-"):
                from difflib import get_close_matches

                # In the words of Typer's own groups, which know only commands that are loaded.
                near = ", ".join(f"'{name}'" for name in get_close_matches(args[0], members))
                raise UsageError(
                    f"No such command '{args[0]}'." + (f" Did you mean {near}?" if near else ""),
                    hint=f"see {ctx.command_path} --help",
                )
            return super().resolve_command(ctx, args)

        def list_commands(self, ctx: Any) -> list[str]:
            return list(members)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            return _load(cmd_name, members[cmd_name]) if cmd_name in members else None

    return LazyGroup


@cache
def _load(name: str, place: str) -> Any:
    """Import and build the command or group at `place` (see `lazy_group`)."""
    module_name, _, function = place.partition(":")
    module = import_module(f"osmo_cli.commands.{module_name}")
    if not function:
        return typer.main.get_group(module.app)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name, cls=OsmoCommand)(getattr(module, function))
    return typer.main.get_command(alone)


def noun(name: str, help: str, members: Mapping[str, str]) -> typer.Typer:
    """A group below `osmo`, such as `osmo config`, with the members of `lazy_group`."""
    return typer.Typer(
        name=name,
        cls=lazy_group(members),
        help=help,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
