"""`osmo config update`: from a file, from stdin, or in an editor."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from osmo_cli.commands.arguments import (
    DescriptionOption,
    InputFormatOption,
    LongFormatOption,
    TagsOption,
    TypeArgument,
)
from osmo_cli.commands.config.configmap_refusal import helm_values_on_refusal
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.types import find_type
from osmo_cli.errors import ExitCode, OsmoError, UsageError

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.config.reading.document import Document
    from osmo_cli.config.reading.references import Lookup
    from osmo_cli.output.printer import Printer
    from osmo_cli.plan.change import Change
    from osmo_cli.plan.live_object import LiveObject
    from osmo_cli.plan.secrets import SecretMemory


def update(
    ctx: typer.Context,
    type_name: TypeArgument,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None,
    file: Annotated[
        str | None,
        typer.Option("--file", "-f", metavar="FILE", help="JSON or YAML to read; - is stdin."),
    ] = None,
    format: InputFormatOption = None,
    description: DescriptionOption = None,
    tags: TagsOption = None,
    create: Annotated[
        bool, typer.Option("--create", help="Make the item if it does not exist.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the change and the request; send nothing.")
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="With --dry-run: end with 5 if there is a change.")
    ] = False,
    format_type: LongFormatOption = None,
) -> int:
    """Change a configuration to what a file says; what the file does not mention stays.

    Without --file the stored configuration opens in $VISUAL or $EDITOR.
    """
    from osmo_cli.config.reading.files import read_document
    from osmo_cli.output.changes import change_lines
    from osmo_cli.plan.apply import apply_change
    from osmo_cli.plan.live_object import read_live

    session: Session = ctx.obj
    printer = session.use_format(format_type)
    found = find_type(type_name)
    if file is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "--file is missing, and there is no terminal to open an editor on",
            hint="osmo config update TYPE [NAME] --file FILE, or --file - for stdin",
        )
    if file is None and format is not None:
        raise UsageError("--format is about --file", hint="the editor shows and takes JSON")
    if exit_code and not dry_run:
        # Nothing is pending after an update: it is done, or it is an error.
        raise UsageError("--exit-code is about --dry-run", hint="add --dry-run")
    document = read_document(file, format) if file is not None else None
    credential = session.credential()
    memory = session.secret_memory(credential)
    with session.connect(credential) as service:
        target = read_live(service, found, name, create=create)
        edited = None
        if document is None:
            change, edited = _edit(service, target, memory, session.lookup(None))
        else:
            change = _from_file(service, target, memory, document, session)
        for secret in change.secrets.values() if change is not None else ():
            printer.redactor.add(secret)
        for problem in change.warnings if change is not None else ():
            printer.warn(str(problem))
        if dry_run and change is not None and (change.patches or not printer.as_lines):
            from osmo_cli.plan.preview import preview

            printer.preview(preview(change, description=description, tags=tags))
            printer.note("dry run: nothing was sent")
            if service.is_managed:
                printer.note(
                    "the service takes no writes: without --dry-run the values of its chart "
                    "that make the change are printed"
                )
            return ExitCode.CHANGES_PENDING if exit_code and change.patches else ExitCode.OK
        if change is None or not change.patches:
            printer.text("No changes were made to the config.")
            return ExitCode.OK
        for line in change_lines(change.differences):
            printer.note(line)
        states = (change.shown.before, change.shown.after)
        with (
            helm_values_on_refusal(service, printer, found, name, states, secrets=change.secrets),
            _kept_on_failure(target, edited, printer),
        ):
            applied = apply_change(service, change, memory, description=description, tags=tags)
    for warning in applied.warnings:
        printer.warn(warning)
    if applied.revision is not None:
        printer.note(f"stored as revision {applied.revision} of {found.name}")
    printer.text(f"Successfully updated {found.name} config")
    return ExitCode.OK


def _from_file(
    service: Service, target: LiveObject, memory: SecretMemory, document: Document, session: Session
) -> Change:
    """What a file changes; its warnings are shown."""
    from osmo_cli.config.reading.references import resolve
    from osmo_cli.plan.change import plan_update

    document = resolve(document, session.lookup(document.name), stored=target.live)
    for problem in document.warnings:
        session.printer.warn(str(problem))
    return plan_update(service, target, document, memory)


def _edit(
    service: Service, target: LiveObject, memory: SecretMemory, lookup: Lookup
) -> tuple[Change | None, Any]:
    """Edit until the buffer is right; no change where it was left unchanged or emptied.

    Returns:
        The change, and what was typed: without the values of references.
    """
    from osmo_cli.commands.config.editor import Editor
    from osmo_cli.config.problems import InvalidInputError
    from osmo_cli.config.reading.buffer import is_unchanged, new_buffer, parse_buffer, with_problems
    from osmo_cli.config.reading.references import resolve
    from osmo_cli.plan.change import plan_update

    text = new_buffer(target.shape, target.live)
    with Editor(_file_name(target)) as editor:
        while True:
            edited = editor.edit(text)
            if is_unchanged(text, edited):
                return None, None
            try:
                typed = parse_buffer("<editor>", edited)
                document = resolve(typed, lookup, stored=target.live)
                change = plan_update(service, target, document, memory, whole=True)
            except InvalidInputError as error:
                text = with_problems(edited, error.problems)
            else:
                return change, typed.value


@contextmanager
def _kept_on_failure(target: LiveObject, edited: Any, printer: Printer) -> Iterator[None]:
    """Where what was typed in the editor cannot be sent, keep it in a file, without secrets."""
    from osmo_cli.config.reading.buffer import without_secrets
    from osmo_cli.private_files import create_private

    try:
        yield
    except OsmoError:
        if edited is not None:
            kept, secret = without_secrets(target.shape, edited)
            path = Path(_file_name(target, f"-{time.time():.0f}"))
            create_private(path, json.dumps(kept, indent=2) + "\n")
            without = " without its secrets" if secret else ""
            printer.note(f"what you edited is kept{without} in {path}, for --file")
        raise


def _file_name(target: LiveObject, distinction: str = "") -> str:
    shape = target.shape
    return f"{shape.config_type.name}-{shape.name or 'config'}{distinction}.json"
