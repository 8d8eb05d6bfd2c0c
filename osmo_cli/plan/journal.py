"""The journal of an apply: what was about to be written, and what was.

One JSON object per line, each on the disk before the next request is sent. It holds names and
revisions, never values.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from osmo_cli import paths
from osmo_cli.errors import ConflictError, OsmoError, UsageError
from osmo_cli.private_files import append_synced, make_private_dir, read_private

FORMAT = 1
"""Raised when a version could not resume what an earlier one has begun."""
KEPT = 20
"""Journals of finished applies that are kept."""

_FIELDS = frozenset(
    ("service", "directory", "folder", "types", "names", "prune", "partial", "digest", "wanted")
) | {"bases", "description", "tags", "on_failure"}
_SEE_REST = "`osmo config plan DIR` shows what is left to do"


@dataclass(frozen=True)
class Entry:
    """A step of an apply: which objects, and the revision that it made, or None if not known."""

    config_type: str
    names: tuple[str, ...]
    base: int | None
    revision: int | None
    done: bool


@dataclass
class Journal:
    """The journal of one apply, locked while the apply runs.

    Attributes:
        header: what is applied, where and how.
        entries: the steps so far.
        rolling_back: it failed, and its types are being returned to where it began.
        rolled_back: names of the types that are returned.
        size: bytes of its whole lines, when it was read.
    """

    path: Path
    header: Mapping[str, Any]
    entries: list[Entry] = field(default_factory=list)
    rolling_back: bool = False
    rolled_back: list[str] = field(default_factory=list)
    finished: bool = False
    size: int = 0
    _descriptor: int = -1

    @property
    def tag(self) -> str:
        """The tag of every revision that the apply makes."""
        return f"apply-{self.path.stem}"

    @property
    def touched(self) -> list[str]:
        """Names of the types of its steps, in the order in which they were first touched."""
        return list(dict.fromkeys(entry.config_type for entry in self.entries))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def about_to(self, config_type: str, names: Sequence[str], base: int | None) -> None:
        """Note a step before its first request."""
        self._add({"about_to": config_type, "names": list(names), "base": base})

    def done(self, config_type: str, names: Sequence[str], revision: int | None) -> None:
        """Note that a step is stored."""
        self._add({"done": config_type, "names": list(names), "revision": revision})

    def roll_back(self) -> None:
        """Note that the types are to be returned to where the apply began."""
        self._add({"rolling_back": self.touched})

    def returned(self, config_type: str) -> None:
        """Note that a type is returned."""
        self._add({"rolled_back": config_type})

    def finish(self, outcome: str) -> None:
        """Note that nothing is left to resume."""
        self._add({"finished": outcome})

    def _add(self, line: Mapping[str, Any]) -> None:
        self._append(line)
        self._take(line)

    def _append(self, line: Mapping[str, Any]) -> None:
        try:
            append_synced(self._descriptor, json.dumps(line) + "\n")
        except OSError as error:
            raise OsmoError(
                f"cannot write the journal {self.path}: {error.strerror}",
                hint="the step after the last line of the journal was not sent",
            ) from None

    def _take(self, line: Mapping[str, Any]) -> None:
        """Take a line in. Raises ValueError, or what a value of another form leads to."""
        if "about_to" in line:
            names = tuple(line["names"])
            self.entries.append(Entry(line["about_to"], names, line["base"], None, done=False))
        elif "done" in line and self.entries:
            last = self.entries[-1]
            self.entries[-1] = Entry(
                last.config_type, last.names, last.base, line["revision"], done=True
            )
        elif "rolling_back" in line:
            self.rolling_back = True
        elif "rolled_back" in line:
            self.rolled_back.append(line["rolled_back"])
        elif "finished" in line:
            self.finished = True
        else:
            raise ValueError("not a line of a journal")


def start(header: Mapping[str, Any]) -> Journal:
    """Start the journal of an apply.

    Raises:
        UsageError: the state directory cannot be written.
    """
    path = _folder() / f"{secrets.token_hex(6)}.jsonl"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        make_private_dir(path.parent)
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}",
            hint="nothing was sent; set XDG_STATE_HOME to a directory that you can write",
        ) from None
    journal = Journal(path, {"format": FORMAT, **header}, _descriptor=descriptor)
    _lock(journal)
    journal._append(journal.header)
    _forget_old()
    return journal


def resume(service: str) -> Journal:
    """Return the newest journal of a service that is not finished, to go on with.

    Raises:
        UsageError: it has no such journal, or a journal that may be it cannot be read.
        ConflictError: its apply is still running.
    """
    for path in _newest_first():
        if not _is_open_for(service, _read(path)):
            continue
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(path, flags)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}") from None
        journal = Journal(path, {}, _descriptor=descriptor)
        try:
            _lock(journal)
        except ConflictError:
            os.close(descriptor)
            raise
        # Read again: until it was locked its apply may have run.
        current = _read(path)
        if current is not None and _is_open_for(service, current):
            current._descriptor = descriptor
            # What comes next must not be joined to a line that was cut off.
            os.ftruncate(descriptor, current.size)
            return current
        os.close(descriptor)
    raise UsageError(f"no interrupted apply for {service}", hint="start one: osmo config apply DIR")


def _is_open_for(service: str, journal: Journal | None) -> bool:
    return journal is not None and journal.header["service"] == service and not journal.finished


def _lock(journal: Journal) -> None:
    try:
        fcntl.flock(journal._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConflictError(
            "the apply is still running", hint="wait for it to end, then try again"
        ) from None


def _read(path: Path) -> Journal | None:
    """Return the journal in a file, or None if it was cut off before anything was sent.

    Raises:
        UsageError: it cannot be read, or another version of osmo wrote it.
    """
    try:
        content = read_private(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"cannot read the journal {path}: {error.strerror}") from None
    # A line that was cut off by a crash was not on the disk before its request.
    whole = content[: content.rfind(b"\n") + 1]
    journal = Journal(path, {}, size=len(whole))
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            entry = json.loads(line)
            if number == 1:
                journal.header = _header(entry)
            else:
                journal._take(entry)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise UsageError(
                f"cannot read the journal {path}: line {number} is not one of a journal",
                hint=f"nothing was sent; remove the file, and apply anew. {_SEE_REST}",
            ) from None
    if not journal.header:
        return None
    if journal.header["format"] != FORMAT:
        raise UsageError(
            f"the journal {path} was written by another version of osmo",
            hint=f"resume with that version, or remove the file, and apply anew. {_SEE_REST}",
        )
    return journal


def _header(entry: Any) -> Mapping[str, Any]:
    """Return the first line of a journal. Raises KeyError and others if it is not one."""
    entry["service"]
    header: Mapping[str, Any] = {"format": None} | entry
    missing = _FIELDS - header.keys() if header["format"] == FORMAT else ()
    if missing:
        raise KeyError(*missing)
    return header


def _folder() -> Path:
    return paths.state_dir() / "apply"


def _newest_first() -> Iterator[Path]:
    with contextlib.suppress(OSError):
        times = {path: path.stat().st_mtime_ns for path in _folder().glob("*.jsonl")}
        yield from sorted(times, key=lambda path: times[path], reverse=True)


def _forget_old() -> None:
    for path in list(_newest_first())[KEPT:]:
        with contextlib.suppress(OSError, UsageError):
            journal = _read(path)
            if journal is None or journal.finished:
                path.unlink()
