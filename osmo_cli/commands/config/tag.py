"""`osmo config tag`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.config.arguments import TYPES_HELP, complete_type
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.types import ConfigType, parse_reference
from osmo_cli.errors import UsageError
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from osmo_cli.api.configs import Revision
    from osmo_cli.api.service import Service


@dataclass(frozen=True)
class TagOptions:
    """Which tags of which revision to change.

    Attributes:
        reference: the revision as the user wrote it.
        number: its number, or None for the newest.
    """

    reference: str
    config_type: ConfigType
    number: int | None
    add: tuple[str, ...]
    remove: tuple[str, ...]


def tag(
    ctx: typer.Context,
    reference: Annotated[
        str,
        typer.Argument(
            metavar="TYPE[:REVISION]",
            show_default=False,
            help=f"Revision of a config type; {TYPES_HELP}. Default: the newest revision.",
            autocompletion=complete_type,
        ),
    ],
    add: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", help="Tags to add; takes several values.", metavar="TAG"),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--delete", "-d", help="Tags to remove; takes several values.", metavar="TAG"),
    ] = None,
) -> None:
    """Add tags to a revision, and remove tags from it.

    A tag that is both added and removed is removed.

    Examples:
        osmo config tag BACKEND:1 --set reviewed stable
        osmo config tag POOL --delete stable
    """
    if not add and not remove:
        raise UsageError("no tags are named", hint=f"osmo config tag {reference} --set TAG")
    config_type, number = parse_reference(reference)
    options = TagOptions(reference, config_type, number, tuple(add or ()), tuple(remove or ()))
    run(ctx.obj, options)


def run(session: Session, options: TagOptions) -> None:
    """Change the tags, and read them back."""
    from osmo_cli.plan.tags import change_tags

    printer = session.printer
    with session.connect() as service:
        revision = find_revision(service, options.config_type, options.number)
        warnings = change_tags(
            service, options.config_type, revision, add=options.add, remove=options.remove
        )
    if warnings is None:
        printer.note("already up to date; nothing was sent")
    for warning in warnings or ():
        printer.warn(warning)
    printer.text(f"Successfully updated tags for {options.reference}")


def find_revision(service: Service, config_type: ConfigType, number: int | None) -> Revision:
    """Return the revision of that number or the newest, without its data.

    Raises:
        UsageError: it does not exist.
    """
    if number is not None:
        return service.configs.revision(config_type, number, data=False)
    newest = service.configs.newest_revision(config_type)
    if newest is None:
        raise UsageError(f"{config_type.name} has no revisions")
    return newest
