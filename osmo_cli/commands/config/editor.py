"""The user's editor on a private temporary file."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from osmo_cli.errors import UsageError
from osmo_cli.private_files import replace_private
from osmo_cli.text_files import decode

_USUAL = ("sensible-editor", "nano", "vi")
_NAME_A_FILE = "set $VISUAL or $EDITOR, or use --file FILE"
_ENDING_SIGNALS = ("SIGHUP", "SIGTERM")


class EditorError(UsageError):
    """The editor failed.

    Attributes:
        text: what the file holds now, or None if it cannot be read.
    """

    def __init__(self, message: str, *, hint: str = "nothing was sent", text: str | None) -> None:
        super().__init__(message, hint=hint)
        self.text = text


class Editor:
    """Edits texts in one file that only the user can read, and removes it at the end.

    Args:
        file_name: the name of the file; editors infer the format from its suffix.

    Raises:
        UsageError: there is no editor, or no directory for temporary files.
    """

    def __init__(self, file_name: str) -> None:
        self._command = _editor_command()
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="osmo-"))
        except OSError as error:
            raise _no_temporary_file(error) from None
        self._path = self._folder / file_name.replace("/", "_")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def edit(self, text: str) -> str:
        """Return the text as the user left it.

        Raises:
            EditorError: the editor cannot be run, ended with an error or by a signal, left no
                text, or the terminal was closed.
        """
        try:
            replace_private(self._path, text)
        except OSError as error:
            raise _no_temporary_file(error) from None
        name = self._command[0]
        try:
            with _signals_of_the_terminal():
                # The user's own choice of program.
                command = [*self._command, str(self._path)]
                status = subprocess.run(command, check=False).returncode  # noqa: S603
        except OSError as error:
            message = f"cannot run the editor {name}: {error.strerror}"
            raise EditorError(message, hint=_NAME_A_FILE, text=None) from None
        except _EndedError as error:
            raise EditorError(f"the editor was ended by {error}", text=self._saved()) from None
        if status < 0:
            message = f"the editor {name} was ended by {signal.Signals(-status).name}"
            raise EditorError(message, text=self._saved())
        if status != 0:
            message = f"the editor {name} exited with status {status}"
            raise EditorError(message, text=self._saved())
        try:
            return decode(self._path.read_bytes(), self._path.name)
        except FileNotFoundError:
            raise EditorError("the editor removed the file", text=None) from None
        except OSError as error:
            message = f"cannot read the edited text: {error.strerror}"
            raise EditorError(message, text=None) from None
        except UsageError as error:
            hint = "nothing was sent" + (f"; {error.hint}" if error.hint else "")
            raise EditorError(f"the edited text is {error.message}", hint=hint, text=None) from None

    def _saved(self) -> str | None:
        try:
            return decode(self._path.read_bytes(), self._path.name)
        except (OSError, UsageError):
            return None


class _EndedError(Exception):
    """A signal asked this program to end while the editor ran."""


@contextmanager
def _signals_of_the_terminal() -> Iterator[None]:
    """Leave Ctrl-C to the editor, and end in order if the terminal is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: Any) -> None:
        raise _EndedError(signal.Signals(number).name)

    # A handler, unlike SIG_IGN, is not inherited by the editor.
    before = {signal.SIGINT: signal.signal(signal.SIGINT, lambda number, frame: None)}
    for name in _ENDING_SIGNALS:
        if hasattr(signal, name):
            number = signal.Signals[name]
            before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _no_temporary_file(error: OSError) -> UsageError:
    return UsageError(
        f"cannot create a temporary file to edit: {error.strerror or error}",
        hint="set TMPDIR to a directory that you can write, or use --file FILE",
    )


def _editor_command() -> list[str]:
    """$VISUAL, else $EDITOR, with their arguments; else an editor that is usually installed."""
    for variable in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(os.environ.get(variable, ""))
        except ValueError:
            raise UsageError(f"${variable} has an unmatched quote") from None
        if words:
            return words
    for name in _USUAL:
        if path := shutil.which(name):
            return [path]
    raise UsageError("no editor found", hint=_NAME_A_FILE)
