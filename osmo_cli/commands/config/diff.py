"""`osmo config diff`."""

from __future__ import annotations

from typing import Annotated

import typer

from osmo_cli.commands.config.arguments import TYPES_HELP, complete_type
from osmo_cli.commands.config.tag import find_revision
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.types import ConfigType, parse_reference
from osmo_cli.errors import ExitCode, UsageError
from osmo_cli.quick_dataclass import dataclass


@dataclass(frozen=True)
class DiffOptions:
    """Which two revisions of a type to compare; None is the newest one."""

    config_type: ConfigType
    older: int | None
    newer: int | None
    exit_code: bool


def diff(
    ctx: typer.Context,
    first: Annotated[
        str,
        typer.Argument(
            metavar="TYPE[:A]",
            show_default=False,
            help=f"First revision; {TYPES_HELP}. Default: the newest revision.",
            autocompletion=complete_type,
        ),
    ],
    second: Annotated[
        str | None,
        typer.Argument(
            metavar="[TYPE[:B]]",
            show_default=False,
            help="Second revision, of the same type. Default: the newest revision.",
            autocompletion=complete_type,
        ),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 5 if the revisions differ.")
    ] = False,
) -> int:
    """Show what changed between two revisions of a config type.

    Secrets are masked; a secret that changed is marked as such.

    Examples:
        osmo config diff BACKEND:1 BACKEND
        osmo config diff WORKFLOW:1 WORKFLOW:2 --exit-code
    """
    config_type, older = parse_reference(first)
    other_type, newer = parse_reference(second) if second is not None else (config_type, None)
    if other_type is not config_type:
        raise UsageError(
            f"cannot compare {config_type.name} with {other_type.name}",
            hint=f"compare two revisions of one type: osmo config diff {config_type.name}:A "
            f"{config_type.name}:B",
        )
    return run(ctx.obj, DiffOptions(config_type, older, newer, exit_code))


def run(session: Session, options: DiffOptions) -> int:
    """Print the difference as a unified diff."""
    from osmo_cli.output.diffs import diff_lines

    printer = session.printer
    config_type, older, newer = options.config_type, options.older, options.newer
    with session.connect() as service:
        if older is None or newer is None:
            newest = find_revision(service, config_type, None).number
            older, newer = older or newest, newer or newest
        before, after = service.configs.diff(config_type, older, newer)
    lines = diff_lines(before, after, *(f"{config_type.name}:{n}" for n in (older, newer)))
    if not lines:
        printer.text("No differences were found between the two revisions")
        return ExitCode.OK
    printer.diff(lines)
    return ExitCode.CHANGES_PENDING if options.exit_code else ExitCode.OK
