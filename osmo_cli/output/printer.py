"""Where results, hints, warnings and errors are printed: data to stdout, the rest to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TextIO

from osmo_cli.errors import OsmoError, OutputClosedError
from osmo_cli.output.clean import Redactor, clean
from osmo_cli.output.tables import key_value_rows, render_table

if TYPE_CHECKING:
    from osmo_cli.api.transport import Exchange
    from osmo_cli.config.changes.preview import Preview


class Format(StrEnum):
    """Forms of a result."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


class Printer:
    """The one sink of a run.

    Attributes:
        format: the form that the user asked for, or None: the command's own default.
        redactor: told of each secret that the run comes by.
    """

    def __init__(self, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr
        self.format: Format | None = None
        self.redactor = Redactor()

    @property
    def on_terminal(self) -> bool:
        """Whether a person reads stdout."""
        return self.stdout.isatty()

    @property
    def as_text(self) -> bool:
        """Whether data is shown as text: asked for, or by default on a terminal."""
        return (self.format or (Format.TEXT if self.on_terminal else Format.JSON)) is Format.TEXT

    @property
    def as_lines(self) -> bool:
        """Whether a report is shown as text: it is, unless data is asked for."""
        return self.format in (None, Format.TEXT)

    def text(self, text: str) -> None:
        """A line of the result."""
        self._write(self.stdout, self._safe(text))

    def secret(self, prefix: str, secret: str) -> None:
        """A line of the result that is a secret the user asked for."""
        self._write(self.stdout, prefix + clean(secret))

    def secret_data(self, value: dict[str, str]) -> None:
        """A result that holds a secret the user asked for: a line of JSON, or of YAML."""
        if self.format is Format.YAML:
            from osmo_cli.config.reading.yaml_scalars import write_yaml

            self._write(self.stdout, write_yaml(value).removesuffix("\n"))
        else:
            self._write(self.stdout, json.dumps(value))

    def data(self, value: Any) -> None:
        """A result in JSON (the default for data) or YAML."""
        if self.format is Format.YAML:
            self.yaml(value)
        else:
            self._write(self.stdout, self._safe(json.dumps(value, indent=2)))

    def yaml(self, value: Any) -> None:
        """A result that is YAML whatever the form asked for."""
        from osmo_cli.config.reading.yaml_scalars import write_yaml

        text = write_yaml(value)
        self._write(self.stdout, self._safe(text.removesuffix("\n").removesuffix("\n...")))

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        priorities: Sequence[int] | None = None,
    ) -> None:
        """Print a result as a table; on a terminal it is fitted to the width.

        Args:
            columns: headers.
            rows: cells.
            priorities: which columns to leave out first on a narrow terminal; see `render_table`.
        """
        import shutil

        width = shutil.get_terminal_size().columns if self.on_terminal else None
        safe = [[self._safe(cell) for cell in row] for row in rows]
        table = render_table(columns, safe, width, priorities)
        self._write(self.stdout, table.text.removesuffix("\n"))
        if table.hidden:
            self.note(f"columns hidden to fit the terminal: {', '.join(table.hidden)}")

    def object(self, value: Any) -> None:
        """A configuration: on a terminal a Key/Value table, else (or with -t) JSON or YAML."""
        if self.as_text and isinstance(value, dict):
            self.table(("Key", "Value"), key_value_rows(value))
        else:
            self.data(value)

    def preview(self, preview: Preview) -> None:
        """What a change would do: a diff, and on stderr the request; with -t json one object."""
        from osmo_cli.output.changes import change_data
        from osmo_cli.output.diffs import diff_lines

        lines = diff_lines(preview.before, preview.after, preview.before_name, preview.after_name)
        requests = [vars(request) for request in preview.requests]
        if not self.as_lines:
            self.data(
                {
                    "changed": bool(requests),
                    "diff": "\n".join(lines),
                    "differences": change_data(preview.differences),
                    "request": requests[0] if requests else None,
                    "requests": requests,
                }
            )
            return
        self.diff(lines)
        for request in preview.requests:
            body = json.dumps(request.body, indent=2, ensure_ascii=False)
            self.note(f"the request would be: {request.method} {request.path}\n{body}")

    def diff(self, lines: Sequence[str]) -> None:
        """The lines of a unified diff as the result, in colours on a terminal."""
        from osmo_cli.output.diffs import line_colour

        for line in lines:
            self._write(self.stdout, _painted(self.stdout, line_colour(line), self._safe(line)))

    def note(self, text: str) -> None:
        """Something good to know."""
        self._write(self.stderr, self._safe(text))

    def warn(self, text: str) -> None:
        """Something that may be wrong."""
        self._write(self.stderr, _painted(self.stderr, "33", "warning: ") + self._safe(text))

    def debug(self, exchange: Exchange) -> None:
        """One request in `--debug`."""
        status = exchange.status or "no answer"
        self._write(
            self.stderr,
            self._safe(
                f"debug: {exchange.method} {exchange.path} -> {status} "
                f"in {exchange.seconds * 1000:.0f} ms, "
                f"sent {exchange.sent} B, received {exchange.received} B"
            ),
        )

    def error(self, error: OsmoError) -> None:
        """What ended the command, and the way out; with `-t json` one JSON object."""
        if self.format is Format.JSON:
            content = {"message": error.message, "code": error.code, "hint": error.hint}
            content |= error.details
            self._write(self.stderr, self._safe(json.dumps(content)))
            return
        lines = self._safe(error.message).replace("\n", "\n       ")
        self._write(self.stderr, _painted(self.stderr, "31", "error: ") + lines)
        if error.hint:
            self._write(self.stderr, "  hint: " + self._safe(error.hint))

    def _safe(self, text: str) -> str:
        return self.redactor.redact(clean(text))

    @staticmethod
    def _write(stream: TextIO, text: str) -> None:
        try:
            try:
                stream.write(text + "\n")
            except UnicodeEncodeError:
                encoding = stream.encoding or "ascii"
                stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
            stream.flush()
        except BrokenPipeError:
            raise OutputClosedError("the reader of the output went away") from None


def _painted(stream: TextIO, colour: str | None, text: str) -> str:
    """`text` in a colour of the terminal, where `stream` is one that may have colours."""
    if colour is None or not stream.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"
