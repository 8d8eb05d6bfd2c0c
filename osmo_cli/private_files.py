"""Files that only their owner may read: secrets, sessions, the embedded database.

Every write goes to a new file beside the target (O_EXCL, O_NOFOLLOW, mode 0600), reaches the
disk, and only then takes the target's name; so a reader sees the old or the new text, whole.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from osmo_cli.errors import UsageError

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def make_private_dir(path: Path) -> None:
    """Create `path` and its parents; what is created is 0700. Raises OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write_new(path: Path, text: str) -> None:
    descriptor = os.open(path, _FLAGS, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def create_private(path: Path, text: str) -> None:
    """Write a new 0600 file; an existing one, also a link, is never touched.

    Raises:
        UsageError: something is there already, or the folder can't be written.
    """
    try:
        _write_new(path, text)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def replace_private(path: Path, text: str) -> None:
    """Write or replace a 0600 file, whole or not at all; a link at `path` is replaced itself.

    Raises:
        OSError: the folder can't be created or written.
    """
    make_private_dir(path.parent)
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    _write_new(temporary, text)
    try:
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class ReservedFile:
    """A new 0600 file for content that is not known yet; it appears when it is written.

    Until then a temporary file takes the space, so that the content fits even if the disk is
    full by then.

    Args:
        path: the file; it must not exist.
        size: bytes to reserve.

    Raises:
        UsageError: something is there already, or the folder can't be written.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        if os.path.lexists(path):
            raise _exists(path)
        self._temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
        try:
            _write_new(self._temporary, " " * size)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}") from None

    def write(self, text: str) -> None:
        """Put the text in its place, whole, under the file's own name.

        Raises:
            OSError: it can't be written, or something else has taken the name.
        """
        descriptor = os.open(self._temporary, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "r+b") as file:
            file.write(text.encode())
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, unlike a rename, never replaces a file.
            os.link(self._temporary, self.path, follow_symlinks=False)
        except FileExistsError:
            raise
        except OSError:
            _write_new(self.path, text)  # not every file system has links
        self.release()

    def release(self) -> None:
        """Remove what is left of the reservation."""
        with contextlib.suppress(OSError):
            self._temporary.unlink()


def _exists(path: Path) -> UsageError:
    return UsageError(f"{path} exists already", hint="name a new file; nothing was overwritten")


def append_synced(descriptor: int, text: str) -> None:
    """Append text to an open file, and wait until it is on the disk. Raises OSError."""
    with os.fdopen(descriptor, "w", encoding="utf-8", closefd=False) as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
