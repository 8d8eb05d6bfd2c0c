"""Reading files that may never end: a pipe, a device, standard input.

Every file that a user or the environment names is read here, so that a command ends in time
whatever the file is.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from pathlib import Path

from osmo_cli import interruption

STDIN = "-"
"""The file name that means standard input."""

MAX_BYTES = 16 << 20
"""Maximum size of a file that this program has written itself, or of certificates."""

# A pipe without a writer is opened at once, and waited for with a limit.
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
_CHUNK = 1 << 16
_OF_A_SHELL = ("/dev/fd/", "/proc/self/fd/")
"""A process substitution, `<(command)`: it can be read only once, and is kept for a second time."""
_pipes: dict[str, bytes] = {}


def read_bytes(file: str | Path, limit: int = MAX_BYTES) -> bytes:
    """Return the content of a file, `-` for standard input.

    A pipe or device is waited for as long as for a request (`--timeout`), a terminal without a
    limit.

    Args:
        file: its name.
        limit: size in bytes from which it is not read any further.

    Raises:
        OSError: it cannot be read; a TimeoutError, that it did not end in time, and with the number
            EFBIG, that it is larger than `limit`.
        ValueError: the name is invalid.
    """
    if str(file).startswith(_OF_A_SHELL):
        if str(file) not in _pipes:
            _pipes[str(file)] = _checked(_read_file(file, limit + 1), limit)
        return _checked(_pipes[str(file)], limit)
    data = _read_stdin(limit + 1) if file == STDIN else _read_file(file, limit + 1)
    return _checked(data, limit)


def read_open(descriptor: int, limit: int = MAX_BYTES) -> bytes:
    """Return the content of an open file; see `read_bytes`."""
    return _checked(_read(descriptor, limit + 1), limit)


def open_file(file: str | Path) -> int:
    """Open a file for `read_open`; does not wait for the writer of a pipe.

    Raises:
        OSError: it cannot be opened.
        ValueError: the name is invalid.
    """
    return os.open(file, _FLAGS)


def _checked(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {size_text(limit)}")
    return data


def size_text(count: int) -> str:
    """A number of bytes for people."""
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count >> 10} KiB"


def _read_file(file: str | Path, count: int) -> bytes:
    descriptor = open_file(file)
    try:
        return _read(descriptor, count)
    finally:
        os.close(descriptor)


def _read_stdin(count: int) -> bytes:
    if sys.stdin is None:
        raise OSError(errno.EBADF, "it is closed")
    try:
        descriptor = sys.stdin.fileno()
    except (OSError, ValueError):
        return sys.stdin.buffer.read(count)  # in memory
    return _read(descriptor, count)


def _read(descriptor: int, count: int) -> bytes:
    """Up to `count` bytes of an open file."""
    mode = os.fstat(descriptor).st_mode
    seconds = None
    if os.isatty(descriptor):
        os.set_blocking(descriptor, True)  # a person types, and ends it
    elif not stat.S_ISREG(mode):
        seconds = interruption.limit()
    deadline = None if seconds is None else time.monotonic() + seconds
    pieces: list[bytes] = []
    missing = count
    while missing > 0:
        if deadline is not None and not _wait(descriptor, deadline - time.monotonic()):
            raise TimeoutError(errno.ETIMEDOUT, f"it does not end within {seconds:g} seconds")
        try:
            piece = os.read(descriptor, min(missing, _CHUNK))
        except BlockingIOError:
            continue  # another process was faster
        if not piece:
            break
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _wait(descriptor: int, seconds: float) -> bool:
    """Whether there is something to read, or the end, within the time."""
    import select

    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return seconds > 0 and bool(poll.poll(seconds * 1000))
