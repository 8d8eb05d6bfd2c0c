"""The standard streams of the process: one rule for those that are closed, full or broken.

- stdin that is closed is empty.
- stdout that cannot be written ends the command with one error; once.
- stderr that cannot be written changes nothing.

Whoever writes (the printer, Typer's help, rich) is bound by it, since it holds below Python's
buffers.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from typing import TYPE_CHECKING, TextIO

from osmo_cli.errors import OutputClosedError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable


def open_standard_streams() -> None:
    """Replace the standard streams of this process by ones that follow the rule."""
    # A file that is opened later would get the number of a closed stream, and what a library
    # writes to that stream would end up in it.
    for descriptor in range(3):
        _occupy(descriptor)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - lives to the end
    sys.stdout = _guarded(sys.stdout, 1, _end_command)
    sys.stderr = _guarded(sys.stderr, 2, _say_nothing)


def reason_not_writable(stream: TextIO) -> OSError | None:
    """Return why a stream cannot be written, as far as can be seen without writing to it."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return None  # in memory
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    if isinstance(raw, _GuardedOutput) and raw.failure is not None:
        return raw.failure
    import select

    try:
        os.write(descriptor, b"")
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and os.fstatvfs(descriptor).f_bavail == 0:
            return _error(errno.ENOSPC)
        poll = select.poll()
        poll.register(descriptor, 0)
        broken = any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    except OSError as error:
        return error
    return _error(errno.EPIPE) if broken else None


def output_error(error: OSError) -> OutputError:
    """Return what ends a command whose stdout cannot be written."""
    if error.errno == errno.EPIPE:
        return OutputClosedError()
    reason = "it is closed" if error.errno == errno.EBADF else error.strerror
    return OutputError(f"cannot write standard output: {reason}")


class _GuardedOutput(io.FileIO):
    """A descriptor that is written until it fails; what comes after that is dropped.

    Python would write the rest of its buffers again when the process ends, and complain.
    """

    def __init__(self, descriptor: int, on_failure: Callable[[OSError], None]) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self.failure: OSError | None = None
        self._on_failure = on_failure

    def write(self, data: object) -> int:
        content = memoryview(data)  # type: ignore[arg-type]
        if self.failure is None:
            try:
                return self._write_some(content)
            except OSError as error:
                self.failure = error
                self._on_failure(error)
        return content.nbytes

    def _write_some(self, content: memoryview) -> int:
        while (written := super().write(content)) is None:
            # Another process has made the stream non-blocking.
            import select

            poll = select.poll()
            poll.register(self.fileno(), select.POLLOUT)
            poll.poll()
        return written


def _end_command(error: OSError) -> None:
    raise output_error(error) from None


def _say_nothing(error: OSError) -> None:
    """Drop an error of stderr: there is nobody to tell."""


def _guarded(
    stream: TextIO | None, descriptor: int, on_failure: Callable[[OSError], None]
) -> TextIO:
    """Return a stream that writes what `stream` would, by the rule."""
    if stream is not None:
        try:
            if stream.fileno() != descriptor:
                return stream
        except (OSError, ValueError):
            return stream  # in memory
    encoding = getattr(stream, "encoding", None) or "utf-8"
    errors = getattr(stream, "errors", None) or "backslashreplace"
    return io.TextIOWrapper(
        io.BufferedWriter(_GuardedOutput(descriptor, on_failure)),
        encoding=encoding,
        errors=errors,
        line_buffering=bool(getattr(stream, "line_buffering", True)),
        write_through=bool(getattr(stream, "write_through", False)),
    )


def _occupy(descriptor: int) -> None:
    """Give a closed standard stream's number to something that cannot be used the wrong way."""
    try:
        os.fstat(descriptor)
    except OSError:
        # The lowest free number is the one that was closed. stdout and stderr cannot be written.
        opened = os.open(os.devnull, os.O_RDONLY)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
