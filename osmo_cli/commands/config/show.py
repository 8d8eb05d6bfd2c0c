"""`osmo config show`."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.types import POOL, ConfigType, parse_reference
from osmo_cli.errors import UsageError


def show(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(metavar="TYPE[:REVISION]", show_default=False)],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME [KEY|INDEX]...]", help="What to show of it."),
    ] = None,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Of POOL also what the service works out for it."),
    ] = False,
    format_type: FormatOption = None,
) -> None:
    """Show a configuration, live or at a revision, or a part of it."""
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    found, number = parse_reference(what)
    if verbose and (found is not POOL or number is not None):
        raise UsageError(
            f"--verbose is for POOL as it is now, not for {what}",
            hint="everything that there is of it is shown without",
        )
    with session.connect() as service:
        if number is None:
            data = service.configs.read(found, verbose=verbose).data
        else:
            data = service.configs.revision(found, number).data
    if words:
        printer.object(_part(found, data, words, what))
    elif found.named is not None and printer.as_text:
        printer.object(found.items_in(data))
    else:
        printer.object(data)


def _part(found: ConfigType, data: Any, words: list[str], what: str) -> Any:
    """The value that the words lead to, one step a word."""
    here = found.items_in(data) if found.named is not None else data
    at = what
    for word in words:
        if isinstance(here, list) and all(isinstance(item, dict) for item in here):
            named = {str(item["name"]): item for item in here if "name" in item}
            here = named if word in named else here
        here = _step(here, word, at)
        at += f" {word}"
    return here


def _step(here: Any, word: str, at: str) -> Any:
    if isinstance(here, dict):
        if word in here:
            return here[word]
        there = ", ".join(map(str, here)) or "nothing"
        raise UsageError(f'{at} has no "{word}"', hint=f"it has: {there}")
    if isinstance(here, list):
        if re.fullmatch(r"-?[0-9]+", word) and -len(here) <= int(word) < len(here):
            return here[int(word)]
        raise UsageError(f'{at} is a list of {len(here)}: there is no "{word}" in it')
    raise UsageError(f'{at} is a single value: there is no "{word}" in it')
