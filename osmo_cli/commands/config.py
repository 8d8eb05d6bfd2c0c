"""`osmo config`: its commands, with `show` and `delete`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from osmo_cli.api import configs
from osmo_cli.commands.arguments import (
    DescriptionOption,
    FormatOption,
    OsmoCommand,
    TagsOption,
)
from osmo_cli.commands.config_history import diff, history, list_types, tag
from osmo_cli.commands.config_items import rename, set_role
from osmo_cli.commands.config_rollback import rollback
from osmo_cli.commands.config_update import update
from osmo_cli.commands.managed import told_as_helm_values
from osmo_cli.commands.session import Session
from osmo_cli.config.merge import ABSENT
from osmo_cli.config.types import POOL, ConfigType, parse_reference
from osmo_cli.errors import OsmoError, UsageError

if TYPE_CHECKING:
    from osmo_cli.api.client import Client

app = typer.Typer(
    name="config",
    help="Configurations and their history.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("list", cls=OsmoCommand)(list_types)
app.command("update", cls=OsmoCommand)(update)


@app.command("show", cls=OsmoCommand)
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
    with session.connect() as client:
        if number is None:
            data = configs.read(client, found, verbose=verbose).data
        else:
            data = configs.revision(client, found, number).data
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


def _is_gone(client: Client, found: ConfigType, name: str, error: OsmoError) -> bool:
    """After a failure of unknown outcome look; a hint says what was found."""
    if not getattr(error, "outcome_unknown", False):
        return False
    if name not in configs.read(client, found).items():
        return True
    error.hint = "nothing was deleted (it was looked up)"
    if "running workflows" in error.message:
        error.hint += "; --force deletes it although workflows run"
    return False


@app.command("delete", cls=OsmoCommand)
def delete(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(metavar="TYPE | TYPE:REVISION", show_default=False)],
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None,
    description: DescriptionOption = None,
    tags: TagsOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Delete a backend although workflows run on it.")
    ] = False,
    ignore_missing: Annotated[
        bool, typer.Option("--ignore-missing", help="What is not there is no error.")
    ] = False,
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
    with session.connect() as client:
        if number is not None:
            if description or tags:
                printer.warn(
                    "a revision is deleted without an entry: --description and --tags are not used"
                )
            if ignore_missing and not configs.has_revision(client, found, number):
                printer.note(f"nothing to delete: {found.name} has no revision {number}")
                return
            configs.delete_revision(client, found, number)
            printer.text(f"Successfully deleted revision {number} of {found.name} config")
            return
        assert name is not None
        # For an unknown name the service answers with success, and notes it in the history
        # (api.md 13).
        live = configs.read(client, found)
        if ignore_missing and name not in live.items():
            printer.note(f'nothing to delete: {found.name} has no item "{name}"')
            return
        states = (live.item(name), ABSENT)
        from osmo_cli.config.history import loss_of_delete

        if loss := loss_of_delete(found, name, live.data):
            printer.note(f"note: {loss}")
        try:
            with told_as_helm_values(client, printer, found, name, states):
                configs.delete(client, found, name, description=description, tags=tags, force=force)
        except OsmoError as error:
            if not _is_gone(client, found, name, error):
                raise
            printer.warn(f"the service answered with an error, yet it is deleted: {error.message}")
    printer.text(f'Successfully deleted {found.name} config "{name}"')


app.command("history", cls=OsmoCommand)(history)
app.command("diff", cls=OsmoCommand)(diff)
app.command("rollback", cls=OsmoCommand)(rollback)
app.command("tag", cls=OsmoCommand)(tag)
app.command("set", cls=OsmoCommand)(set_role)
app.command("rename", cls=OsmoCommand)(rename)
