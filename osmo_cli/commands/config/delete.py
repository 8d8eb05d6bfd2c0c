"""`osmo config delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import DescriptionOption, IgnoreMissingOption, TagsOption
from osmo_cli.commands.config.configmap_refusal import helm_values_on_refusal
from osmo_cli.commands.session import Session
from osmo_cli.config.changes.merge import ABSENT
from osmo_cli.config.registry.types import ConfigType, parse_reference
from osmo_cli.errors import OsmoError, UsageError

if TYPE_CHECKING:
    from osmo_cli.api.service import Service


def delete(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(metavar="TYPE | TYPE:REVISION", show_default=False)],
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None,
    description: DescriptionOption = None,
    tags: TagsOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Delete a backend although workflows run on it.")
    ] = False,
    ignore_missing: IgnoreMissingOption = False,
) -> None:
    """Delete an item by its name, or a revision from the history."""
    session: Session = ctx.obj
    printer = session.printer
    found, number = parse_reference(what)
    of_revision = f"osmo config delete {found.name}:3 deletes a revision"
    if found.named is None and number is None:
        raise UsageError(f"{found.name} has no items that could be deleted", hint=of_revision)
    if (number is None) == (name is None):
        hint = f"osmo config delete {found.name} NAME deletes an item, {of_revision}"
        raise UsageError("name either an item or a revision", hint=hint)
    with session.connect() as service:
        if number is not None:
            if description or tags:
                printer.warn(
                    "a revision is deleted without an entry: --description and --tags are not used"
                )
            if ignore_missing and not service.configs.has_revision(found, number):
                printer.note(f"nothing to delete: {found.name} has no revision {number}")
                return
            service.configs.delete_revision(found, number)
            printer.text(f"Successfully deleted revision {number} of {found.name} config")
            return
        assert name is not None
        # For an unknown name the service answers with success, and notes it in the history
        # (api.md 13).
        live = service.configs.read(found)
        if ignore_missing and name not in live.items():
            printer.note(f'nothing to delete: {found.name} has no item "{name}"')
            return
        states = (live.item(name), ABSENT)
        from osmo_cli.config.changes.history import loss_of_delete

        if loss := loss_of_delete(found, name, live.data):
            printer.note(f"note: {loss}")
        try:
            with helm_values_on_refusal(service, printer, found, name, states):
                service.configs.delete(found, name, description=description, tags=tags, force=force)
        except OsmoError as error:
            if not _is_gone(service, found, name, error):
                raise
            printer.warn(f"the service answered with an error, yet it is deleted: {error.message}")
    printer.text(f'Successfully deleted {found.name} config "{name}"')


def _is_gone(service: Service, found: ConfigType, name: str, error: OsmoError) -> bool:
    """After a failure of unknown outcome look; a hint says what was found."""
    if not error.outcome_unknown:
        return False
    if name not in service.configs.read(found).items():
        return True
    error.hint = "nothing was deleted (it was looked up)"
    if "running workflows" in error.message:
        error.hint += "; --force deletes it although workflows run"
    return False
