"""Editing a stored configuration until what the user typed is valid."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osmo_cli.errors import OsmoError

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.config.reading.references import Lookup
    from osmo_cli.output.printer import Printer
    from osmo_cli.plan.change import Change
    from osmo_cli.plan.live_object import LiveObject
    from osmo_cli.plan.secrets import SecretMemory


@dataclass(frozen=True)
class Edited:
    """A valid buffer: the change that it makes, and what was typed, without resolved values."""

    change: Change
    typed: Any = field(repr=False)


def edit(
    service: Service, target: LiveObject, memory: SecretMemory, lookup: Lookup
) -> Edited | None:
    """Open the editor until the buffer is valid; None if it was left unchanged or emptied."""
    from osmo_cli.commands.config.editor import Editor
    from osmo_cli.config.changes.merge import Mode
    from osmo_cli.config.problems import InvalidInputError
    from osmo_cli.config.reading.buffer import is_unchanged, new_buffer, parse_buffer, with_problems
    from osmo_cli.config.reading.references import resolve
    from osmo_cli.plan.change import plan_update

    text = new_buffer(target.shape, target.live)
    with Editor(_file_name(target)) as editor:
        while True:
            buffer = editor.edit(text)
            if is_unchanged(text, buffer):
                return None
            try:
                typed = parse_buffer("<editor>", buffer)
                document = resolve(typed, lookup, stored=target.live)
                change = plan_update(service, target, document, memory, mode=Mode.EDIT)
            except InvalidInputError as error:
                text = with_problems(buffer, error.problems)
            else:
                return Edited(change, typed.value)


@contextmanager
def kept_on_failure(edited: Edited | None, printer: Printer) -> Iterator[None]:
    """Keep what was typed in a file, without its secrets, if it cannot be sent."""
    from osmo_cli.config.reading.buffer import without_secrets
    from osmo_cli.private_files import create_private

    try:
        yield
    except OsmoError:
        if edited is not None:
            target = edited.change.target
            kept, secret = without_secrets(target.shape, edited.typed)
            path = Path(_file_name(target, f"-{time.time():.0f}"))
            create_private(path, json.dumps(kept, indent=2) + "\n")
            without = " without its secrets" if secret else ""
            printer.note(f"your edits are saved{without} in {path}; use it with --file")
        raise


def _file_name(target: LiveObject, suffix: str = "") -> str:
    shape = target.shape
    return f"{shape.config_type.name}-{shape.name or 'config'}{suffix}.json"
