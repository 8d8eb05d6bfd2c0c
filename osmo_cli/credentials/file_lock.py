"""One writer at a time among this user's processes."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from osmo_cli.errors import OsmoError
from osmo_cli.private_files import make_private_dir

WAIT_SECONDS = 20.0
"""Longer than the keyring calls that a writer may be in."""
_POLL_SECONDS = 0.02


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, which is created and stays.

    Raises:
        OSError: the lock file can't be created.
        OsmoError: another process held it for 20 s.
    """
    make_private_dir(path.parent)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise OsmoError(
                        f"another process holds {path}",
                        hint="wait for the other osmo command to end, then try again",
                    ) from None
                time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)
