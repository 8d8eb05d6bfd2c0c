"""`osmo help`: topics, and the help of commands."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from osmo_cli.commands.session import Session
from osmo_cli.errors import MissingError
from osmo_cli.output.printer import Printer


def show_help(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TOPIC | COMMAND...]",
            show_default=False,
            help="A topic or a command. Default: list the topics.",
        ),
    ] = None,
) -> None:
    """Show a help topic, or the help of a command.

    Examples:
        osmo help
        osmo help environment
        osmo help config update
    """
    from osmo_cli.output.help_topics import print_topic, topics

    session: Session = ctx.obj
    titles = topics()
    if not words:
        session.printer.table(("Topic", "About"), list(titles.items()))
    elif len(words) == 1 and words[0] in titles:
        print_topic(session.printer, words[0])
    else:
        _show_command(ctx, words, list(titles), session.printer)


def _show_command(
    ctx: typer.Context, words: list[str], topics: list[str], printer: Printer
) -> None:
    """Show what `osmo WORDS --help` shows.

    Raises:
        MissingError: there is no such topic or command.
    """
    root = ctx.find_root()
    command: Any = root.command
    parent: Any = root
    for word in words:
        group = command
        command = group.get_command(parent, word) if hasattr(group, "get_command") else None
        if command is None:
            raise MissingError(
                f'topic or command "{" ".join(words)}"', hint="topics: " + ", ".join(topics)
            )
        parent = command.make_context(word, [], parent=parent, resilient_parsing=True)
    # With rich, Typer prints the help itself and returns nothing; --help adds a line end.
    printer.block(command.get_help(parent))
