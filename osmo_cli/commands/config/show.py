"""`osmo config show`."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.config.arguments import TYPES_HELP, complete_type
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.types import POOL, ConfigType, parse_reference
from osmo_cli.errors import UsageError
from osmo_cli.quick_dataclass import dataclass


@dataclass(frozen=True)
class ShowOptions:
    """What to show.

    Attributes:
        reference: the type and revision as the user wrote them.
        number: the revision, or None for the live configuration.
        path: an item and keys or indexes in it, one step each.
    """

    reference: str
    config_type: ConfigType
    number: int | None
    path: tuple[str, ...]
    verbose: bool


def show(
    ctx: typer.Context,
    reference: Annotated[
        str,
        typer.Argument(
            metavar="TYPE[:REVISION]",
            show_default=False,
            help=f"Config type; {TYPES_HELP}. With a revision, the configuration as of then.",
            autocompletion=complete_type,
        ),
    ],
    path: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME [KEY|INDEX]...]",
            show_default=False,
            help="Item to show, and keys or list indexes of the value in it.",
        ),
    ] = None,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="For POOL: include the fields the service computes."),
    ] = False,
    format_type: FormatOption = None,
) -> None:
    """Show a configuration, an item of it, or a single value.

    Prints JSON, and a table on a terminal. Secrets are masked.

    Examples:
        osmo config show BACKEND
        osmo config show BACKEND gpu-a scheduler_settings
        osmo config show WORKFLOW:1 workflow_data
    """
    session: Session = ctx.obj
    session.use_format(format_type)
    config_type, number = parse_reference(reference)
    if verbose and (config_type is not POOL or number is not None):
        raise UsageError(
            f"--verbose applies to the live POOL only, not to {reference}",
            hint="leave out --verbose; all fields are shown without it",
        )
    run(session, ShowOptions(reference, config_type, number, tuple(path or ()), verbose))


def run(session: Session, options: ShowOptions) -> None:
    """Print the configuration, or the part of it."""
    printer = session.printer
    config_type = options.config_type
    with session.connect() as service:
        if options.number is None:
            data = service.configs.read(config_type, verbose=options.verbose).data
        else:
            data = service.configs.revision(config_type, options.number).data
    items = config_type.items_in(data) if config_type.named is not None else data
    if options.path:
        printer.object(_value_at(items, options.path, options.reference))
    elif printer.as_text:
        printer.object(items)
    else:
        printer.object(data)


def _value_at(value: Any, path: tuple[str, ...], reference: str) -> Any:
    """Return the value at a path, one step a word.

    Raises:
        UsageError: it does not exist.
    """
    at = reference
    for word in path:
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            named = {str(item["name"]): item for item in value if "name" in item}
            value = named if word in named else value
        value = _step(value, word, at)
        at += f" {word}"
    return value


def _step(value: Any, word: str, at: str) -> Any:
    if isinstance(value, dict):
        if word in value:
            return value[word]
        keys = ", ".join(map(str, value))
        hint = f"existing keys: {keys}" if keys else f"{at} is empty"
        raise UsageError(f'"{word}" not found in {at}', hint=hint)
    if isinstance(value, list):
        if re.fullmatch(r"-?[0-9]+", word) and -len(value) <= int(word) < len(value):
            return value[int(word)]
        raise UsageError(
            f'"{word}" not found in {at}',
            hint=f"it is a list with {len(value)} items; the first has index 0",
        )
    raise UsageError(f'"{word}" not found in {at}', hint="it is a single value")
