"""The directory of a registration: its manifests, values, README, and record."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from osmo_cli import paths
from osmo_cli.backend.manifests import token_in
from osmo_cli.backend.readme import CONTROL_VALUES, MANIFESTS, VALUES
from osmo_cli.backend.record import Record, read_record, write_record
from osmo_cli.bounded_files import read_bytes
from osmo_cli.errors import ConflictError, OsmoError, UsageError
from osmo_cli.private_files import ReservedFile, make_private_dir, replace_private

RECORD = "record.json"
README = "README.md"
_FILES = (MANIFESTS, VALUES, CONTROL_VALUES, README, RECORD)
_LONGEST_TOKEN = 64


class RegistrationFolder:
    """The directory that a registration writes to.

    Args:
        path: the directory, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def manifests(self) -> Path:
        """The file with the secrets."""
        return self.path / MANIFESTS

    @property
    def values(self) -> Path:
        """The values of the operator's chart."""
        return self.path / VALUES

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs of this user from the directory until the block ends.

        The lock is a file elsewhere, as the directory may not exist yet, and no longer exist then.
        Where no such file can be created, nothing is locked.

        Raises:
            ConflictError: another run has it.
        """
        try:
            descriptor = self._open_lock()
        except (OSError, RuntimeError):  # such as a home directory that is missing
            yield
            return
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConflictError(
                    f"another run of `osmo backend register` uses {self.path}; nothing was changed",
                    hint="wait for it to end, then run the command again",
                ) from None
            yield
        finally:
            os.close(descriptor)

    def _open_lock(self) -> int:
        name = hashlib.sha256(os.fsencode(self.path.resolve())).hexdigest()[:16]
        path = paths.state_dir() / "register" / f"{name}.lock"
        make_private_dir(path.parent)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

    def record(self) -> Record | None:
        """The record of an earlier run, or None.

        Raises:
            UsageError: the record cannot be read, or other files have the names of these.
        """
        path = self.path / RECORD
        text = self._read(path)
        if text is not None:
            try:
                return read_record(text)
            except ValueError:
                raise UsageError(
                    f"{path} is not the record of a registration", hint="name a new directory"
                ) from None
        if others := [name for name in _FILES if os.path.lexists(self.path / name)]:
            raise UsageError(
                f"{self.path / others[0]} already exists, and is not of a registration",
                hint="name a new directory with --out",
            )
        return None

    def create(self) -> bool:
        """Create the directory; return whether it is new.

        Raises:
            UsageError: it cannot be created.
        """
        is_new = not self.path.exists()
        try:
            make_private_dir(self.path)
        except OSError as error:
            raise UsageError(f"cannot create {self.path}: {error.strerror}") from None
        return is_new

    def save(self, record: Record) -> None:
        """Write the record. Raises OsmoError if it cannot be written."""
        self.write(RECORD, write_record(record))

    def write(self, name: str, text: str) -> bool:
        """Write a file of the directory unless it has that text; return whether it was written.

        Raises:
            OsmoError: it cannot be written.
        """
        path = self.path / name
        if self._read(path) == text:
            return False
        try:
            replace_private(path, text)
        except OSError as error:
            raise OsmoError(f"cannot write {path}: {error.strerror}") from None
        return True

    def token(self, secret: str) -> str | None:
        """The token in the manifests, or None.

        Args:
            secret: name of the Secret that holds it.

        Raises:
            UsageError: the manifests cannot be read.
        """
        text = self._read(self.manifests)
        if text is None:
            return None
        try:
            return token_in(text, secret)
        except ValueError as error:
            raise UsageError(
                f"cannot read the token in {self.manifests}: {error}",
                hint="restore the file, or undo the registration with --undo",
            ) from None

    def reserve_manifests(self, text: str) -> ReservedFile:
        """Take the place of new manifests on the disk; older ones are deleted.

        Args:
            text: the manifests with a token of any value.

        Raises:
            UsageError: the file cannot be written.
        """
        with contextlib.suppress(FileNotFoundError):
            self.manifests.unlink()
        return ReservedFile(self.manifests, len(text.encode()) + 4 * _LONGEST_TOKEN)

    def remove(self, *, directory: bool) -> None:
        """Delete the files, and the directory where it is this one's and empty.

        Raises:
            OsmoError: a file cannot be deleted.
        """
        try:
            # The record comes last: as long as it exists, the registration can be undone.
            for name in _FILES:
                (self.path / name).unlink(missing_ok=True)
            if directory:
                with contextlib.suppress(OSError):
                    self.path.rmdir()
        except OSError as error:
            raise OsmoError(f"cannot delete {error.filename}: {error.strerror}") from None

    @staticmethod
    def _read(path: Path) -> str | None:
        try:
            return read_bytes(path).decode()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8"
            raise UsageError(f"cannot read {path}: {reason}") from None
