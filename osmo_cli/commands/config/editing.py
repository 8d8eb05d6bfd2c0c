"""Editing a stored configuration until what the user typed is valid."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from osmo_cli.errors import OsmoError, UsageError
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.config.problems import Problem
    from osmo_cli.config.reading.references import References
    from osmo_cli.config.registry.shape import Shape
    from osmo_cli.output.printer import Printer
    from osmo_cli.plan.change import Change
    from osmo_cli.plan.live_object import LiveObject
    from osmo_cli.plan.secrets import SecretMemory


@dataclass(frozen=True)
class Edited:
    """A valid buffer: the change that it makes, and what was typed, without resolved values."""

    change: Change
    typed: str = field(repr=False)


def edit(
    service: Service,
    target: LiveObject,
    memory: SecretMemory,
    references: References,
    printer: Printer,
) -> Edited | None:
    """Open the editor until the buffer is valid; None if it was left unchanged or emptied.

    Raises:
        UsageError: the editor failed, or the buffer was left invalid. What was typed is saved.
    """
    from osmo_cli.commands.config.editor import Editor, EditorError
    from osmo_cli.config.changes.merge import Mode
    from osmo_cli.config.problems import InvalidInputError
    from osmo_cli.config.reading.buffer import is_unchanged, new_buffer, parse_buffer, with_problems
    from osmo_cli.config.reading.references import resolve
    from osmo_cli.plan.change import plan_update

    first = text = new_buffer(target.shape, target.live)
    invalid: InvalidInputError | None = None
    with Editor(_file_name(target.shape)) as editor:
        while True:
            try:
                buffer = editor.edit(text)
            except EditorError as error:
                # Later failures must not lose what an earlier round of editing left.
                last = error.text if error.text is not None else text
                if not is_unchanged(first, last):
                    _save(target.shape, last, printer)
                raise
            if not buffer.strip() or is_unchanged(first, buffer):
                return None
            if invalid is not None and is_unchanged(text, buffer):
                _save(target.shape, buffer, printer)
                # The places are those of the buffer, not of the saved file.
                problems = [_without_place(problem) for problem in invalid.problems]
                hint = "nothing was sent; fix the saved file, and use it with --file"
                raise InvalidInputError(problems, hint=hint)
            try:
                document = parse_buffer("<editor>", buffer)
                document = resolve(document, target.shape, references, stored=target.live)
                change = plan_update(service, target, document, memory, mode=Mode.EDIT)
            except InvalidInputError as error:
                invalid = error
                text = with_problems(buffer, error.problems)
            else:
                _warn(printer, document.warnings)
                return Edited(change, buffer)


def _warn(printer: Printer, warnings: Iterable[Problem]) -> None:
    for problem in warnings:
        printer.warn(str(problem))


def _without_place(problem: Problem) -> Problem:
    return replace(problem, file=None, line=None, column=None)


@contextmanager
def kept_on_failure(edited: Edited | None, printer: Printer) -> Iterator[None]:
    """Save what was typed, without its secrets, if it cannot be sent."""
    try:
        yield
    except OsmoError:
        if edited is not None:
            _save(edited.change.target.shape, edited.typed, printer)
        raise


def _save(shape: Shape, typed: str, printer: Printer) -> None:
    """Save an edited text without its secrets in a private file, and say where."""
    from osmo_cli.config.reading.buffer import text_to_keep
    from osmo_cli.private_files import create_private

    text, has_secrets = text_to_keep(shape, typed)
    without = " without its secrets" if has_secrets else ""
    stamp = f"{time.time():.0f}"
    for folder in (Path(), Path.home(), Path(tempfile.gettempdir())):
        for number in range(10):
            path = folder / _file_name(shape, f"-{stamp}" + f"-{number}" * bool(number))
            try:
                create_private(path, text)
            except UsageError:
                continue
            printer.note(f"your edits are saved{without} in {path}; use it with --file")
            return
    printer.warn("your edits could not be saved")


def _file_name(shape: Shape, suffix: str = "") -> str:
    name = (shape.name or "config").replace("/", "_")
    return f"{shape.config_type.name}-{name}{suffix}.json"
