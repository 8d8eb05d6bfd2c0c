"""The output of a command: results to stdout; notes, warnings and errors to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TextIO

from osmo_cli.errors import OsmoError
from osmo_cli.output.clean import clean, indented
from osmo_cli.output.redaction import Redactor
from osmo_cli.output.streams import output_error, reason_not_writable

if TYPE_CHECKING:
    from osmo_cli.api.transport import Exchange
    from osmo_cli.config.changes.preview import Preview

_CONTINUED = 4
"""Indentation of the second and later lines of a message; a hint is indented by two."""


class Format(StrEnum):
    """Output formats."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


class Printer:
    """Prints everything that a command prints.

    Attributes:
        format: the format that was asked for, or None for the command's default.
        redactor: the secrets that must not be printed.
    """

    def __init__(self, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr
        self.format: Format | None = None
        self.redactor = Redactor()

    @property
    def on_terminal(self) -> bool:
        """Whether stdout is a terminal."""
        return self.stdout.isatty()

    @property
    def as_text(self) -> bool:
        """Whether to print data as text: if asked for, and by default on a terminal."""
        return (self.format or (Format.TEXT if self.on_terminal else Format.JSON)) is Format.TEXT

    @property
    def as_lines(self) -> bool:
        """Whether to print a report as text: by default, unless another format is asked for."""
        return self.format in (None, Format.TEXT)

    def text(self, text: str) -> None:
        """Print a line of the result; text of a service in it starts no line of its own."""
        self._write(self.stdout, self._line(text))

    def block(self, text: str) -> None:
        """Print several lines of the result; none of their line ends is a service's."""
        self._write(self.stdout, self._safe(text))

    def document(self, text: str) -> None:
        """Print a result for machines, as it was written (`write_yaml`)."""
        self._write(self.stdout, self.redactor.redact_document(clean(text)).removesuffix("\n"))

    def secret(self, prefix: str, secret: str) -> None:
        """Print a line of the result that ends with a secret that was asked for."""
        self._write(self.stdout, prefix + clean(secret))

    def secret_data(self, value: dict[str, str]) -> None:
        """Print a result with a secret that was asked for: one line of JSON, or YAML."""
        if self.format is Format.YAML:
            from osmo_cli.config.reading.yaml_text import write_yaml

            self._write(self.stdout, write_yaml(value).removesuffix("\n"))
        else:
            self._write(self.stdout, json.dumps(value))

    def check_stdout(self) -> None:
        """Check that a result can be printed, as far as can be seen before it is.

        Raises:
            OutputError: stdout is closed, or what it goes to is full.
        """
        if (error := reason_not_writable(self.stdout)) is not None:
            raise output_error(error)

    def secret_on_stderr(self, prefix: str, secret: str) -> bool:
        """Print a secret to stderr, where stdout cannot be written; return whether it went out."""
        if not self.stderr_works():
            return False
        self._write(self.stderr, prefix + clean(secret))
        return self.stderr_works()

    def stderr_works(self) -> bool:
        """Whether somebody may read stderr, as far as can be seen."""
        return reason_not_writable(self.stderr) is None

    def data(self, value: Any) -> None:
        """Print a result as JSON (the default for data) or YAML."""
        if self.format is Format.YAML:
            self.yaml(value)
        else:
            self._write(self.stdout, _as_json(self.redactor.redact_data(value), indent=2))

    def yaml(self, value: Any) -> None:
        """Print a result as YAML, whatever format was asked for."""
        from osmo_cli.config.reading.yaml_text import write_yaml

        text = write_yaml(self.redactor.redact_data(value), ascii_only=not _takes_all(self.stdout))
        self._write(self.stdout, text.removesuffix("\n").removesuffix("\n..."))

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

        from osmo_cli.output.tables import render_table

        width = shutil.get_terminal_size().columns if self.on_terminal else None
        safe = [
            # A cell of the first column could start a line.
            [
                self._safe(cell) if index else self._safe(cell).replace("\n", " ")
                for index, cell in enumerate(row)
            ]
            for row in rows
        ]
        table = render_table(columns, safe, width, priorities)
        self._write(self.stdout, table.text.removesuffix("\n"))
        if table.hidden:
            self.note(f"columns hidden to fit the terminal: {', '.join(table.hidden)}")

    def object(self, value: Any) -> None:
        """Print a configuration: on a terminal as a Key/Value table, else as JSON or YAML."""
        if self.as_text and isinstance(value, dict):
            from osmo_cli.output.tables import key_value_rows

            self.table(("Key", "Value"), key_value_rows(value))
        else:
            self.data(value)

    def preview(self, preview: Preview) -> None:
        """Print what a change would do: a diff, and the requests to stderr; or one object."""
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
            self.note(f"the request would be: {request.method} {request.path}")
            self.note_block(body)

    def diff(self, lines: Sequence[str]) -> None:
        """Print the lines of a unified diff as the result, in color on a terminal."""
        from osmo_cli.output.diffs import line_color

        for line in lines:
            self._write(self.stdout, _colored(self.stdout, line_color(line), self._line(line)))

    def note(self, text: str) -> None:
        """Print additional information to stderr; see `text`."""
        self._write(self.stderr, self._line(text))

    def note_block(self, text: str) -> None:
        """Print several lines to stderr; see `block`."""
        self._write(self.stderr, self._safe(text))

    def warn(self, text: str) -> None:
        """Print a warning to stderr."""
        self._write(
            self.stderr, _colored(self.stderr, "33", "warning: ") + indented(self._safe(text), 9)
        )

    def debug(self, exchange: Exchange) -> None:
        """Print one request to stderr, for `--debug`."""
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
        """Print an error and its hint to stderr; with `-t json` as one JSON object."""
        if self.format is Format.JSON:
            content = {"message": error.message, "code": error.code, "hint": error.hint}
            content |= error.details
            self._write(self.stderr, _as_json(self.redactor.redact_messages(content)))
            return
        lines = indented(self._safe(error.message), 7)
        self._write(self.stderr, _colored(self.stderr, "31", "error: ") + lines)
        if error.hint:
            self._write(self.stderr, "  hint: " + indented(self._safe(error.hint), 8))

    def traceback(self, error: BaseException) -> None:
        """Print where an error that nobody expected comes from to stderr, for `--debug`."""
        import traceback

        self.note_block("".join(traceback.format_exception(error)).rstrip("\n"))

    def _safe(self, text: str) -> str:
        return self.redactor.redact(clean(text))

    def _line(self, text: str) -> str:
        return indented(self._safe(text), _CONTINUED)

    @staticmethod
    def _write(stream: TextIO, text: str) -> None:
        try:
            stream.write(text + "\n")
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()


def _as_json(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON in ASCII, without characters that a terminal acts on."""
    return json.dumps(value, indent=indent).replace("\x7f", "\\u007f")


def _takes_all(stream: TextIO) -> bool:
    """Whether a stream takes every character."""
    return (stream.encoding or "utf-8").lower().replace("-", "").startswith("utf")


def _colored(stream: TextIO, color: str | None, text: str) -> str:
    """Return `text` with an ANSI color code, if `stream` is a terminal and color is allowed."""
    if color is None or not stream.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{color}m{text}\x1b[0m"
