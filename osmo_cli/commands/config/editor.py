"""The user's editor on a private temporary file."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from osmo_cli.errors import UsageError
from osmo_cli.private_files import replace_private

_USUAL = ("sensible-editor", "nano", "vi")


class Editor:
    """Edits texts in one file that only the user can read, removed at the end.

    Args:
        file_name: name of the file, whose ending tells the editor what it is.
    """

    def __init__(self, file_name: str) -> None:
        self._command = _editor_command()
        self._folder = Path(tempfile.mkdtemp(prefix="osmo-"))
        self._path = self._folder / file_name.replace("/", "_")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def edit(self, text: str) -> str:
        """The text as the user left it.

        Raises:
            UsageError: the editor can't be run, ended with an error, or left no text.
        """
        replace_private(self._path, text)
        try:
            # The user's own choice of program.
            command = [*self._command, str(self._path)]
            status = subprocess.run(command, check=False).returncode  # noqa: S603
        except OSError as error:
            raise UsageError(
                f"cannot run the editor {self._command[0]}: {error.strerror}",
                hint="set $VISUAL or $EDITOR, or give a file with --file",
            ) from None
        if status != 0:
            raise UsageError(
                f"the editor {self._command[0]} ended with status {status}",
                hint="nothing was sent",
            )
        try:
            return self._path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            raise UsageError("the editor left no readable text", hint="nothing was sent") from None


def _editor_command() -> list[str]:
    """$VISUAL, else $EDITOR, with their arguments; else an editor that is usually there."""
    for variable in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(os.environ.get(variable, ""))
        except ValueError:
            raise UsageError(f"${variable} has a quote without its pair") from None
        if words:
            return words
    for name in _USUAL:
        if found := shutil.which(name):
            return [found]
    raise UsageError(
        "there is no editor", hint="set $VISUAL or $EDITOR, or give a file with --file"
    )
