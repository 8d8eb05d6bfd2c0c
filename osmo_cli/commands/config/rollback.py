"""`osmo config rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import DescriptionOption, TagsOption
from osmo_cli.commands.config.configmap_refusal import helm_values_on_refusal
from osmo_cli.commands.session import Session, prompts
from osmo_cli.config.registry.types import BACKEND
from osmo_cli.errors import ConflictError, OsmoError

if TYPE_CHECKING:
    from osmo_cli.api.configs import Revision, Snapshot
    from osmo_cli.api.service import Service
    from osmo_cli.output.printer import Printer


def rollback(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(metavar="TYPE:REVISION", show_default=False)],
    description: DescriptionOption = None,
    tags: TagsOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Go on although something would be lost.")
    ] = False,
) -> None:
    """Make a type's whole configuration what it was at a revision."""
    from osmo_cli.config.changes.history import parse_revision

    session: Session = ctx.obj
    printer = session.printer
    found, number = parse_revision(what)
    with session.connect() as service:
        wanted = service.configs.revision(found, number)
        live = service.configs.read(found, with_revision=True)
        _warn_of_losses(service, wanted, live, printer, force=force)
        try:
            with helm_values_on_refusal(service, printer, found, None, (live.data, wanted.data)):
                service.configs.rollback(found, number, description=description, tags=tags)
        except OsmoError as error:
            newest = _after_failure(service, wanted, live, error)
            printer.warn(
                f"the service answered with an error, yet it is rolled back: {error.message}"
            )
        else:
            newest = _newest(service, live)
    if newest is None or not _is_of(newest, live, number):
        printer.warn("another change came at the same time: look at `osmo config history`")
    else:
        _compare(wanted, newest, live)
        printer.note(f"stored as revision {newest.number} of {found.name}")
    printer.text(f"Successfully rolled back {found.name} to revision {number}.")


def _warn_of_losses(
    service: Service, wanted: Revision, live: Snapshot, printer: Printer, *, force: bool
) -> None:
    """Say what would be lost, and stop where it is grave.

    Raises:
        ConflictError: the service would end half-way, or secrets would be lost.
    """
    from osmo_cli.config.changes.history import losses_of_rollback

    found = live.config_type
    backends = service.configs.read(BACKEND).items().keys() if found.name == "POOL" else ()
    losses = losses_of_rollback(found, wanted.name, wanted.data, live.data, backends)
    grave = [loss.text for loss in losses if loss.grave]
    for loss in losses:
        if force or not loss.grave:
            printer.warn(loss.text)
    if grave and not force:
        refusal = ConflictError(
            f"{found.name}:{wanted.number}: " + "\n".join(grave),
            hint="nothing was sent; --force rolls back all the same",
        )
        prompts().go_on(printer, refusal)


def _newest(service: Service, live: Snapshot) -> Revision | None:
    return service.configs.newest_revision(live.config_type, data=True)


def _is_of(newest: Revision, live: Snapshot, number: int) -> bool:
    """Whether the newest revision is the one that the rollback made."""
    base = live.revision.number if live.revision else 0
    text = f"Roll back {live.config_type.name} to r{number}"
    return newest.number > base and newest.description.startswith(text)


def _after_failure(
    service: Service, wanted: Revision, live: Snapshot, error: OsmoError
) -> Revision | None:
    """After a failure of unknown outcome look; the revision, where it was made all the same.

    Raises:
        OsmoError: the failure, with what was found.
    """
    if not error.outcome_unknown:
        raise error
    name = live.config_type.name
    error.hint = (
        f"it may have ended half-way: compare `osmo config show {name}` with "
        f"`osmo config show {name}:{wanted.number}`"
    )
    try:
        newest = _newest(service, live)
    except OsmoError:
        raise error from None
    if newest is None or not _is_of(newest, live, wanted.number):
        raise error
    return newest


def _compare(wanted: Revision, newest: Revision, live: Snapshot) -> None:
    """Whether the new revision is the old one again.

    Raises:
        StoredDifferentlyError: it is not.
    """
    from osmo_cli.config.changes.history import restored_differently
    from osmo_cli.plan.apply import StoredDifferentlyError

    wrong = restored_differently(live.config_type, wanted.data, newest.data)
    if wrong:
        name = live.config_type.name
        raise StoredDifferentlyError(
            f"the service rolled back, yet this is not as in revision {wanted.number}: "
            + ", ".join(wrong),
            hint=f"`osmo config diff {name}:{wanted.number} {name}:{newest.number}` shows how",
        )
