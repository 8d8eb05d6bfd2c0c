"""`osmo config delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import DescriptionOption, IgnoreMissingOption, TagsOption
from osmo_cli.commands.config.arguments import TYPES_HELP, complete_type
from osmo_cli.commands.config.configmap_refusal import helm_values_on_refusal
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.types import ConfigType, parse_reference
from osmo_cli.config.values import ABSENT
from osmo_cli.errors import UsageError
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from osmo_cli.api.configs import Snapshot
    from osmo_cli.api.service import Service


@dataclass(frozen=True)
class DeleteOptions:
    """What to delete: an item by its name, or a revision by its number."""

    config_type: ConfigType
    name: str | None
    number: int | None
    description: str | None
    tags: list[str] | None
    force: bool
    ignore_missing: bool


def delete(
    ctx: typer.Context,
    reference: Annotated[
        str,
        typer.Argument(
            metavar="TYPE[:REVISION]",
            show_default=False,
            help=f"Config type of the item, or revision to delete; {TYPES_HELP}.",
            autocompletion=complete_type,
        ),
    ],
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", show_default=False, help="Name of the item to delete."),
    ] = None,
    description: DescriptionOption = None,
    tags: TagsOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Delete a backend even if workflows run on it.")
    ] = False,
    ignore_missing: IgnoreMissingOption = False,
) -> None:
    """Delete an item of a config type, or a revision from the history.

    A deleted item can be restored with `osmo config rollback`, except a
    backend, which its operator registers again. A deleted revision cannot
    be restored.

    Examples:
        osmo config delete POOL research --description "No longer used"
        osmo config delete BACKEND gpu-a --force
        osmo config delete POOL:3
    """
    config_type, number = parse_reference(reference)
    of_revision = f"osmo config delete {config_type.name}:3"
    if config_type.named is None and number is None:
        raise UsageError(
            f"{config_type.name} has no items to delete",
            hint=f"delete one of its revisions: {of_revision}",
        )
    if (number is None) == (name is None):
        raise UsageError(
            "expected either the name of an item or a revision",
            hint=f"osmo config delete {config_type.name} NAME, or {of_revision}",
        )
    run(
        ctx.obj,
        DeleteOptions(config_type, name, number, description, tags, force, ignore_missing),
    )


def run(session: Session, options: DeleteOptions) -> None:
    """Delete, and look whether it is gone."""
    with session.connect() as service:
        if options.number is not None:
            _delete_revision(session, service, options, options.number)
        elif options.name is not None:
            _delete_item(session, service, options, options.name)


def _delete_revision(
    session: Session, service: Service, options: DeleteOptions, number: int
) -> None:
    from osmo_cli.plan.delete import delete_revision

    printer = session.printer
    config_type = options.config_type
    if options.description or options.tags:
        printer.warn("deleting a revision adds none: --description and --tags are not used")
    if options.ignore_missing and not service.configs.has_revision(config_type, number):
        printer.note(f"revision {number} of {config_type.name} not found; nothing was deleted")
        return
    for warning in delete_revision(service, config_type, number):
        printer.warn(warning)
    printer.text(f"Successfully deleted revision {number} of {config_type.name} config")


def _delete_item(session: Session, service: Service, options: DeleteOptions, name: str) -> None:
    from osmo_cli.plan.delete import delete_item

    printer = session.printer
    config_type = options.config_type
    base = service.configs.read(config_type, with_revision=True)
    if name not in base.items():
        _report_missing(session, options, base, name)
        return
    from osmo_cli.config.changes.history import loss_of_delete

    if loss := loss_of_delete(config_type, name, base.data):
        printer.note(f"note: {loss}")
    states = (base.item(name), ABSENT)
    with helm_values_on_refusal(service, printer, config_type, name, states):
        stored = delete_item(
            service,
            base,
            name,
            description=options.description,
            tags=options.tags,
            force=options.force,
        )
    for warning in stored.warnings:
        printer.warn(warning)
    printer.text(f'Successfully deleted {config_type.name} config "{name}"')


def _report_missing(session: Session, options: DeleteOptions, base: Snapshot, name: str) -> None:
    """Say that there is nothing to delete; an error where the service has one.

    Raises:
        UsageError: the service refuses to delete what does not exist, or has no such route.
    """
    from urllib.parse import unquote

    from osmo_cli.api.configs import write_path

    printer = session.printer
    config_type = options.config_type
    write_path(config_type, unquote(name))
    text = f"{config_type.name} {name} not found; nothing was deleted"
    if options.ignore_missing:
        printer.note(text)
    elif not config_type.deletes_missing:
        raise base.no_item(name)
    else:
        # Scripts that clean up expect the service's success; the service would also add a
        # revision for some types (docs/service/backend.md#deletion).
        printer.warn(text)
        printer.text(f'Successfully deleted {config_type.name} config "{name}"')
