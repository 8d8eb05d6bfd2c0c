"""Runs a command of osmo in this process, so that a test does not pay for an interpreter.

A command gets what a new process would give it: its own arguments, environment, directory and
standard streams (bytes behind them, no terminal). All of it is put back when the command ends.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from osmo_cli.main import main

# Read once, when the interpreter starts or a library is imported: a command that sets one of
# these to something else needs a process.
_READ_ONCE = ("PYTHON", "LC_", "LANG", "DBUS_", "TERM", "FORCE_COLOR", "PY_COLORS", "GITHUB_")
_DEFAULTS = {"LANG": "C.UTF-8", "PYTHONWARNINGS": "error"}
_running = threading.Lock()


@dataclass(frozen=True)
class Result:
    """Exit code and output of a finished command."""

    code: int
    out: str
    err: str


class TimeLimitError(BaseException):
    """A command ran longer than it may. Not an Exception, which `main` would report itself."""


def can_run(env: Mapping[str, str]) -> bool:
    """Whether a command with this environment may run in this process now.

    It may not if it needs another interpreter's settings, beside a command that is still running,
    or outside the main thread: directory, environment and streams belong to the whole process.
    """
    settings = {name: text for name, text in env.items() if name.startswith(_READ_ONCE)}
    in_main_thread = threading.current_thread() is threading.main_thread()
    return settings == _DEFAULTS and in_main_thread and not _running.locked()


def run(
    words: Sequence[str], *, data: bytes, env: Mapping[str, str], folder: Path, seconds: float
) -> Result:
    """Run one command line (without the program's name) in `folder`.

    Args:
        data: what the command reads on standard input.
        env: the whole environment.
        seconds: limit after which TimeLimitError is raised.
    """
    out, err = io.BytesIO(), io.BytesIO()
    streams = {
        "stdin": _text(io.BytesIO(data), "surrogateescape"),
        "stdout": _text(out, "surrogateescape"),
        "stderr": _text(err, "backslashreplace", write_through=True),
    }
    # As a process would decode them.
    arguments = ["osmo", *(os.fsdecode(os.fsencode(word)) for word in words)]
    with (
        _running,
        _attributes(sys, argv=arguments, **streams),
        _environment(env),
        contextlib.chdir(folder),
        _no_keyring_chosen(),
        warnings.catch_warnings(),
        _signals(),
        _time_limit(seconds),
        _collector(),
    ):
        warnings.simplefilter("error")
        code = _exit_code()
        streams["stdout"].flush()
    return Result(code, out.getvalue().decode(), err.getvalue().decode())


def _text(stream: io.BytesIO, errors: str, *, write_through: bool = False) -> io.TextIOWrapper:
    """A stream as Python opens the standard ones in the locale C.UTF-8."""
    return io.TextIOWrapper(stream, "utf-8", errors, write_through=write_through)


def _exit_code() -> int:
    """Run `main`; what ends it is treated as the interpreter does."""
    try:
        main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except TimeLimitError:
        raise
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


@contextlib.contextmanager
def _attributes(owner: Any, **values: Any) -> Iterator[None]:
    before = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)


@contextlib.contextmanager
def _environment(env: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)

    def become(variables: Mapping[str, str]) -> None:
        os.environ.clear()
        os.environ.update(variables)
        time.tzset()

    become(env)
    try:
        yield
    finally:
        become(before)


@contextlib.contextmanager
def _no_keyring_chosen() -> Iterator[None]:
    """keyring chooses its backend once per process; each command makes its own choice."""
    core: Any = sys.modules.get("keyring.core")
    before = core and core._keyring_backend
    if core:
        core._keyring_backend = None
    try:
        yield
    finally:
        core = sys.modules.get("keyring.core")
        if core:
            core._keyring_backend = before


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """A command handles signals itself, to the end of its process."""
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGURG")
    before = {name: signal.getsignal(getattr(signal, name)) for name in names}
    hook = sys.unraisablehook
    try:
        yield
    finally:
        sys.unraisablehook = hook
        descriptor = signal.set_wakeup_fd(-1)
        if descriptor >= 0:
            os.close(descriptor)  # ends the thread that reads from it
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeLimitError(f"the command did not end within {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _collector() -> Iterator[None]:
    """`main` turns the garbage collector off for the life of its process."""
    try:
        yield
    finally:
        gc.unfreeze()
        gc.enable()
