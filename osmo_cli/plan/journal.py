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
from osmo_cli.private_files import append_synced, make_private_dir

KEPT = 20
"""Journals of finished applies that are kept."""


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
    """

    path: Path
    header: Mapping[str, Any]
    entries: list[Entry] = field(default_factory=list)
    finished: bool = False
    _descriptor: int = -1

    @property
    def tag(self) -> str:
        """The tag of every revision that the apply makes."""
        return f"apply-{self.path.stem}"

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

    def finish(self, outcome: str) -> None:
        """Note that nothing is left to resume."""
        self._add({"finished": outcome})

    def _add(self, line: Mapping[str, Any]) -> None:
        try:
            append_synced(self._descriptor, json.dumps(line) + "\n")
        except OSError as error:
            raise OsmoError(
                f"cannot write the journal {self.path}: {error.strerror}",
                hint="the step after the last line of the journal was not sent",
            ) from None
        self._take(line)

    def _take(self, line: Mapping[str, Any]) -> None:
        if "about_to" in line:
            names = tuple(line["names"])
            self.entries.append(Entry(line["about_to"], names, line["base"], None, done=False))
        elif "done" in line and self.entries:
            last = self.entries[-1]
            self.entries[-1] = Entry(
                last.config_type, last.names, last.base, line["revision"], done=True
            )
        elif "finished" in line:
            self.finished = True


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
    journal = Journal(path, dict(header), _descriptor=descriptor)
    _lock(journal)
    journal._add(header)
    _forget_old()
    return journal


def resume(service: str) -> Journal:
    """Return the newest journal of a service that is not finished, to go on with.

    Raises:
        UsageError: it has no such journal.
        ConflictError: its apply is still running.
    """
    for path in _newest_first():
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, IndexError):
            journal = _read(path)
            if journal.header["service"] == service and not journal.finished:
                flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
                journal._descriptor = os.open(path, flags)
                _lock(journal)
                return journal
    raise UsageError(f"no interrupted apply for {service}", hint="start one: osmo config apply DIR")


def _lock(journal: Journal) -> None:
    try:
        fcntl.flock(journal._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConflictError(
            "the apply is still running", hint="wait for it to end, then try again"
        ) from None


def _read(path: Path) -> Journal:
    text = path.read_text("utf-8")
    # A line that was cut off by a crash was not on the disk before its request.
    lines = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
    journal = Journal(path, lines[0])
    for line in lines[1:]:
        journal._take(line)
    return journal


def _folder() -> Path:
    return paths.state_dir() / "apply"


def _newest_first() -> Iterator[Path]:
    with contextlib.suppress(OSError):
        times = {path: path.stat().st_mtime_ns for path in _folder().glob("*.jsonl")}
        yield from sorted(times, key=lambda path: times[path], reverse=True)


def _forget_old() -> None:
    for path in list(_newest_first())[KEPT:]:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, IndexError):
            if _read(path).finished:
                path.unlink()
