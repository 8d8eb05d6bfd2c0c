"""`osmo config rollback`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import DescriptionOption, TagsOption
from osmo_cli.commands.config.arguments import TYPES_HELP, complete_type
from osmo_cli.commands.config.configmap_refusal import helm_values_on_refusal
from osmo_cli.commands.session import Session, prompts
from osmo_cli.config.registry.types import BACKEND, POOL, ConfigType
from osmo_cli.errors import ConflictError

if TYPE_CHECKING:
    from osmo_cli.api.configs import Revision, Snapshot
    from osmo_cli.api.service import Service
    from osmo_cli.output.printer import Printer


@dataclass(frozen=True)
class RollbackOptions:
    """Which revision to restore; `force` accepts what would be lost."""

    config_type: ConfigType
    number: int
    description: str | None
    tags: list[str] | None
    force: bool


def rollback(
    ctx: typer.Context,
    reference: Annotated[
        str,
        typer.Argument(
            metavar="TYPE:REVISION",
            show_default=False,
            help=f"Revision to restore; {TYPES_HELP}.",
            autocompletion=complete_type,
        ),
    ],
    description: DescriptionOption = None,
    tags: TagsOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Roll back even if something would be lost.")
    ] = False,
) -> None:
    """Restore a config type's whole configuration from a revision.

    Items that the revision does not have are deleted. The rollback makes a
    new revision, so it can be undone. What cannot be restored is refused
    unless --force is given.

    Examples:
        osmo config history POOL
        osmo config rollback POOL:3 --description "Undo the rename"
    """
    from osmo_cli.config.changes.history import parse_revision

    config_type, number = parse_revision(reference)
    run(ctx.obj, RollbackOptions(config_type, number, description, tags, force))


def run(session: Session, options: RollbackOptions) -> None:
    """Roll back, and compare what is stored with the revision."""
    from osmo_cli.plan.rollback import roll_back

    printer = session.printer
    config_type, number = options.config_type, options.number
    with session.connect() as service:
        wanted = service.configs.revision(config_type, number)
        base = service.configs.read(config_type, with_revision=True)
        _warn_of_losses(service, wanted, base, printer, force=options.force)
        with helm_values_on_refusal(service, printer, config_type, None, (base.data, wanted.data)):
            stored = roll_back(
                service, wanted, base, description=options.description, tags=options.tags
            )
    for warning in stored.warnings:
        printer.warn(warning)
    printer.note(f"stored as revision {stored.revision} of {config_type.name}")
    printer.text(f"Successfully rolled back {config_type.name} to revision {number}.")


def _warn_of_losses(
    service: Service, wanted: Revision, base: Snapshot, printer: Printer, *, force: bool
) -> None:
    """Say what would be lost, and stop where it cannot be restored.

    Raises:
        ConflictError: the service would stop half-way, or secrets would be lost.
    """
    from osmo_cli.config.changes.history import losses_of_rollback
    from osmo_cli.plan.names import missing_names

    config_type = base.config_type
    backends = service.configs.read(BACKEND).items().keys() if config_type is POOL else ()
    losses = losses_of_rollback(config_type, wanted.name, wanted.data, base.data, backends)
    grave = [loss.text for loss in losses if loss.grave]
    if config_type.named is not None and (
        missing := missing_names(service, config_type, config_type.items_in(wanted.data))
    ):
        # The service deletes the items first, and then refuses to create them again
        # (docs/service/history.md#rollback).
        text = f"the revision needs what no longer exists: {'; '.join(missing)}"
        grave.append(f"{text}; the service would delete items and then fail")
    for loss in losses:
        if force or not loss.grave:
            printer.warn(loss.text)
    if grave and not force:
        refusal = ConflictError(
            f"{config_type.name}:{wanted.number}: " + "\n".join(grave),
            hint="nothing was sent; --force rolls back all the same",
        )
        prompts().go_on(printer, refusal)
