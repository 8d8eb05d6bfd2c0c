"""SIGINT, SIGTERM and SIGHUP: they end a command at once, or when a write's outcome is known.

`main` calls `handle_signals`. Whoever sends a write wraps it in `held_back` and records what it
has done, so that the last words of an interrupted command say what is stored.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

_ENDING = frozenset(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_NUDGE = getattr(signal, "SIGURG", None)
"""Ignored by default, and sent by this module alone."""
_PATIENCE_SECONDS = 0.05
DEFAULT_LIMIT_SECONDS = 60.0


class Interrupted(KeyboardInterrupt):
    """A signal asked the command to end (exit 3)."""


class _Run:
    """The state of one run of the program.

    Args:
        notify: takes a message about what is being waited for.

    Attributes:
        limit: how long a signal is held back at most, in seconds.
        done: what the last write has done.
        writes: how many writes have an outcome.
        depth: how many blocks hold signals back.
        action: what the outermost of them does.
        requested: whether a signal has asked the command to end.
        give_up_at: until when that signal is held back.
        lost: the exception that should end the command was swallowed.
        arrived: signals that have reached the process.
        handled: signals of which Python has run the handler.
    """

    # A dataclass would take longer to import than `osmo --version` to run.
    def __init__(self, notify: Callable[[str], None]) -> None:
        self.notify = notify
        self.limit = DEFAULT_LIMIT_SECONDS
        self.done = ""
        self.writes = 0
        self.depth = 0
        self.action = ""
        self.requested = False
        self.give_up_at: float | None = None
        self.lost = False
        self.arrived = 0
        self.handled = 0


def _say_nothing(text: str) -> None:
    """Where no program runs, nobody waits."""


_run = _Run(_say_nothing)


def handle_signals(notify: Callable[[str], None]) -> None:
    """Begin a run of the program; to be called once, in the main thread.

    Args:
        notify: takes a message about what is being waited for when a signal is held back.
    """
    global _run
    _run = run = _Run(notify)
    for number in _ENDING:
        # Ignored signals stay ignored: nohup, or a job in the background.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)
    if _NUDGE is not None:
        signal.signal(_NUDGE, _handle_nudge)
        _watch_arrivals(run)
    sys.unraisablehook = _find_lost


def ignore_signals() -> None:
    """End the run: what is left to do takes no time, and cannot be interrupted halfway."""
    for number in _ENDING:
        if signal.getsignal(number) is _handle:
            signal.signal(number, signal.SIG_IGN)


def set_limit(seconds: float) -> None:
    """Set how long a signal is held back at most: the time limit of a request."""
    _run.limit = seconds


def limit() -> float:
    """Return the time limit of a request, in seconds: for whatever else a command waits for."""
    return _run.limit


def requested() -> bool:
    """Whether a signal has asked the command to end."""
    return _run.requested


def record(done: str) -> None:
    """Keep what a write has done, for the case that the command is ended before it can say so."""
    _run.done = done
    _run.writes += 1


def recorded() -> str:
    """Return what the last write has done; "" if there was none."""
    if _run.writes < 2:
        return _run.done
    return f"{_run.done} ({_run.writes} writes in all)"


@contextmanager
def held_back(action: str) -> Iterator[None]:
    """Hold signals back until the block ends, at most for the time limit of a request.

    A second signal is not held back. Blocks may be nested; the outermost counts.

    Args:
        action: a noun phrase, for what is waited for.

    Raises:
        Interrupted: at the end of the block if a signal has arrived; within it if the limit is
            over, or at the second signal.
    """
    run = _run
    if run.depth == 0:
        run.action = action
    run.depth += 1
    try:
        yield
    finally:
        run.depth -= 1
        if run.depth == 0:
            run.give_up_at = None
    if run.depth == 0 and run.requested:
        raise Interrupted


def _handle(number: int, frame: Any) -> None:
    run = _run
    run.handled += 1
    first, run.requested = not run.requested, True
    if run.depth == 0 or not first:
        raise Interrupted
    run.give_up_at = time.monotonic() + run.limit
    with suppress(RuntimeError):  # the signal came while something was printed
        run.notify(f"waiting for {run.action} to finish; press Ctrl-C again to stop waiting")


def _handle_nudge(number: int, frame: Any) -> None:
    run = _run
    # Python has run the handlers of all signals with lower numbers first.
    run.handled = run.arrived
    late = run.give_up_at is not None and time.monotonic() >= run.give_up_at
    if late or run.lost:
        run.lost, run.give_up_at = False, None
        raise Interrupted


def _find_lost(unraisable: Any) -> None:
    """Take note of an interruption that hit a finalizer, where Python drops exceptions."""
    if isinstance(unraisable.exc_value, KeyboardInterrupt):
        _run.lost = True
        _run.arrived = _run.handled + 1
    else:
        sys.__unraisablehook__(unraisable)


def _watch_arrivals(run: _Run) -> None:
    """Start a thread that sees to it that a signal is handled.

    Python runs a handler between two steps of the main thread. A signal that arrives just before
    the thread waits for an answer is handled when the answer has come, unless another one wakes
    the thread.
    """
    import _thread

    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    _thread.start_new_thread(_watch, (run, reader, _thread.get_ident()))


def _watch(run: _Run, reader: int, main_thread: int) -> None:
    import select

    poll = select.poll()
    poll.register(reader, select.POLLIN)
    while True:
        is_waiting = run.requested or run.arrived > run.handled
        if poll.poll(_PATIENCE_SECONDS * 1000 if is_waiting else None):
            numbers = os.read(reader, 64)
            if not numbers:
                os.close(reader)
                return
            run.arrived += sum(number in _ENDING for number in numbers)
        elif run.arrived > run.handled or run.give_up_at is not None or run.lost:
            assert _NUDGE is not None
            signal.pthread_kill(main_thread, _NUDGE)
