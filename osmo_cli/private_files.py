"""Files that only their owner may read: secrets, sessions, the embedded database.

Every write goes to a new file beside the target (O_EXCL, O_NOFOLLOW, mode 0600), reaches the
disk, and only then takes the target's name; so a reader sees the old or the new text, whole.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from osmo_cli.bounded_files import open_file, read_open
from osmo_cli.errors import UsageError

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class ForeignFileError(UsageError):
    """A file or folder of osmo belongs to another user, who could change what it says."""


def make_private_dir(path: Path) -> None:
    """Create `path` and its parents; what is created is 0700, whatever the umask.

    Raises:
        OSError: it cannot be created.
        ForeignFileError: it exists and belongs to another user.
    """
    missing = []
    folder = path
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for folder in reversed(missing):
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue  # another process was faster
        folder.chmod(0o700)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    check_owner(path)


def check_owner(path: Path) -> None:
    """Check that `path`, if it exists, belongs to this user or to root.

    Raises:
        OSError: it cannot be looked at.
        ForeignFileError: it belongs to somebody else.
    """
    try:
        owner = path.stat().st_uid
    except (FileNotFoundError, NotADirectoryError):
        return
    _check(owner, path)


def read_private(path: Path) -> bytes:
    """Return the content of a file that belongs to this user or to root.

    Raises:
        OSError: it cannot be read.
        ForeignFileError: it belongs to somebody else.
    """
    descriptor = open_file(path)
    try:
        _check(os.fstat(descriptor).st_uid, path)
        return read_open(descriptor)
    finally:
        os.close(descriptor)


def _check(owner: int, path: Path) -> None:
    # As ssh does: root can change everything anyway.
    if owner not in (0, os.geteuid()):
        raise ForeignFileError(
            f"{path} belongs to another user (uid {owner}) and is not used",
            hint="remove it, take it over with chown, or set HOME to your own home directory",
        )


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
        ForeignFileError: the folder belongs to another user.
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
