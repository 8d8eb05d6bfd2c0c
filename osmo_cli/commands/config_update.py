"""`osmo config update`: from a file, from stdin, or in an editor."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import (
    DescriptionOption,
    LongFormatOption,
    TagsOption,
    TypeArgument,
)
from osmo_cli.commands.managed import told_as_helm_values
from osmo_cli.commands.session import Session
from osmo_cli.config.document import InputFormat
from osmo_cli.config.types import config_type
from osmo_cli.errors import OsmoError, UsageError

if TYPE_CHECKING:
    from osmo_cli.api.client import Client
    from osmo_cli.output.printer import Printer
    from osmo_cli.plan.change import Change
    from osmo_cli.plan.secrets import SecretMemory
    from osmo_cli.plan.target import Target


def update(
    ctx: typer.Context,
    type_name: TypeArgument,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None,
    file: Annotated[
        str | None,
        typer.Option("--file", "-f", metavar="FILE", help="JSON or YAML to read; - is stdin."),
    ] = None,
    format: Annotated[
        InputFormat | None,
        typer.Option(
            "--format",
            help="Form of the input; else the file's ending tells.",
            case_sensitive=False,
        ),
    ] = None,
    description: DescriptionOption = None,
    tags: TagsOption = None,
    create: Annotated[
        bool, typer.Option("--create", help="Make the item if it does not exist.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the change; send nothing.")
    ] = False,
    format_type: LongFormatOption = None,
) -> None:
    """Change a configuration to what a file says; what the file does not mention stays.

    Without --file the stored configuration opens in $VISUAL or $EDITOR.
    """
    from osmo_cli.config.document import read_document
    from osmo_cli.output.changes import change_lines
    from osmo_cli.plan.apply import apply_change
    from osmo_cli.plan.change import plan_update
    from osmo_cli.plan.target import find_target

    session: Session = ctx.obj
    printer = session.use_format(format_type)
    found = config_type(type_name)
    if file is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "--file is missing, and there is no terminal to open an editor on",
            hint="osmo config update TYPE [NAME] --file FILE, or --file - for stdin",
        )
    if file is None and format is not None:
        raise UsageError("--format is about --file", hint="the editor shows and takes JSON")
    document = read_document(file, format) if file is not None else None
    credential = session.credential()
    memory = session.secret_memory(credential)
    with session.connect(credential) as client:
        target = find_target(client, found, name, create=create)
        if document is None:
            change = _edit(client, target, memory)
        else:
            change = plan_update(client, target, document, memory)
        if change is not None:
            for secret in change.secrets.values():
                printer.redactor.add(secret)
            for problem in change.warnings:
                printer.warn(str(problem))
        if change is None or change.patch is None:
            printer.text("No changes were made to the config.")
            return
        if dry_run:
            printer.change(change.differences)
            printer.note("dry run: nothing was sent")
            return
        for line in change_lines(change.differences):
            printer.note(line)
        states = (target.live, change.wanted)
        with (
            told_as_helm_values(client, printer, found, name, states, secrets=change.secrets),
            _kept_on_failure(change, document is None, printer),
        ):
            applied = apply_change(client, change, memory, description=description, tags=tags)
    for warning in applied.warnings:
        printer.warn(warning)
    if applied.revision is not None:
        printer.note(f"stored as revision {applied.revision} of {found.name}")
    printer.text(f"Successfully updated {found.name} config")


def _edit(client: Client, target: Target, memory: SecretMemory) -> Change | None:
    """Edit until the buffer is right; None where it was left unchanged or emptied."""
    from osmo_cli.commands.editor import Editor
    from osmo_cli.config.buffer import new_buffer, parse_buffer, with_problems
    from osmo_cli.config.problems import InvalidInputError
    from osmo_cli.plan.change import plan_update

    text = new_buffer(target.subject, target.live)
    with Editor(_file_name(target)) as editor:
        while True:
            edited = editor.edit(text)
            if edited == text or not edited.strip():
                return None
            try:
                document = parse_buffer("<editor>", edited)
                return plan_update(client, target, document, memory, whole=True)
            except InvalidInputError as error:
                text = with_problems(edited, error.problems)


@contextmanager
def _kept_on_failure(change: Change, edited: bool, printer: Printer) -> Iterator[None]:
    """Where what was typed in the editor cannot be sent, keep it in a file, without secrets."""
    from osmo_cli.config.buffer import without_secrets
    from osmo_cli.private_files import create_private

    try:
        yield
    except OsmoError:
        if edited:
            target = change.target
            kept, secret = without_secrets(target.subject, change.wanted)
            path = Path(_file_name(target, f"-{time.time():.0f}"))
            create_private(path, json.dumps(kept, indent=2) + "\n")
            without = " without its secrets" if secret else ""
            printer.note(f"what you edited is kept{without} in {path}, for --file")
        raise


def _file_name(target: Target, distinction: str = "") -> str:
    subject = target.subject
    return f"{subject.config_type.name}-{subject.name or 'config'}{distinction}.json"
