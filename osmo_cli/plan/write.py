"""The one way to write: send each request once, read what is stored, and say what it is.

Everything that changes something on a service goes through `perform`: updates, creations,
deletions, renames, rollbacks, revisions, tags, tokens, users and their roles. Success is what
was read after the write, never what the service answered to it; and no request is repeated
before the state that it left has been read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any, Generic, TypeVar

from osmo_cli.errors import ExitCode, OsmoError
from osmo_cli.interruption import Interrupted, held_back, record, requested
from osmo_cli.quick_dataclass import dataclass

State = TypeVar("State")


class UnknownOutcomeError(OsmoError):
    """A write was sent, and what is stored now could not be read (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE
    outcome_unknown = True


class NotStoredError(OsmoError):
    """The service accepted a write, and shows another state than was wanted (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE


@dataclass(frozen=True)
class Wording:
    """How a write is named in messages.

    Attributes:
        action: a noun phrase: `the update of BACKEND gpu-a`.
        done: a clause: `the change is stored`.
        not_done: a clause: `the change is not stored`.
        check: the command that shows what is stored.
    """

    action: str
    done: str
    not_done: str
    check: str


@dataclass(frozen=True)
class Write(Generic[State]):
    """One change of what a service stores.

    Attributes:
        wording: how it is named.
        requests: send its requests, in order; each returns what the service answered.
        look: reads what is stored.
        wrong: names what differs from the wanted state in what was read; nothing once it is
            stored.
        unchanged: whether what was read is what was stored before the write; without it a write
            that failed and is not stored is taken to have changed nothing.
        repair: returns the requests that complete a write that stopped half-way, made of what
            was read; they are sent once.
        atomic: a refused first request has changed nothing, so there is nothing to look up.
        completes: it completes what an earlier write has begun, so that a signal that is held
            back does not prevent it.
    """

    wording: Wording
    requests: Sequence[Callable[[], Any]] = field(repr=False)
    look: Callable[[], State] = field(repr=False)
    wrong: Callable[[State], Sequence[str]] = field(repr=False)
    unchanged: Callable[[State], bool] = field(default=lambda _: True, repr=False)
    repair: Callable[[State], Sequence[Callable[[], Any]]] | None = field(default=None, repr=False)
    atomic: bool = True
    completes: bool = False


@dataclass(frozen=True)
class Outcome(Generic[State]):
    """What a write has left.

    Attributes:
        write: the write.
        state: what is stored, read after it.
        answers: what the service answered, one for each request that succeeded.
        failure: the error that the next request ended with, or None.
    """

    write: Write[State]
    state: State = field(repr=False)
    answers: tuple[Any, ...] = field(repr=False)
    failure: OsmoError | None

    @property
    def wrong(self) -> list[str]:
        """What differs from the wanted state; nothing where the write is stored."""
        return list(self.write.wrong(self.state))

    @property
    def summary(self) -> str:
        """A clause that says what is stored."""
        wording = self.write.wording
        wrong = self.wrong
        if not wrong:
            return wording.done
        if self.write.unchanged(self.state):
            return wording.not_done
        return f"only a part is stored; this is not as wanted: {', '.join(wrong)}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to tell about a write that is stored."""
        if self.failure is None:
            return ()
        done = self.write.wording.done
        return (f"the service answered with an error, but {done}: {self.failure.message}",)

    def check(self) -> None:
        """Raise an error unless the write is stored.

        Raises:
            OsmoError: the failure of the request, whose hint says what is stored.
            NotStoredError: no request failed.
        """
        wrong = self.wrong
        if not wrong:
            return
        wording = self.write.wording
        names = ", ".join(wrong)
        if self.failure is None:
            raise NotStoredError(
                f"the service accepted {wording.action}, but {wording.not_done}: {names}",
                hint=f"`{wording.check}` shows what is stored",
            )
        if self.write.unchanged(self.state):
            advice = self.failure.hint or "run the command again"
            self.failure.hint = f"{wording.not_done} (checked after the error); {advice}"
        else:
            self.failure.hint = (
                f"the service stopped half-way, and this is not as wanted: {names}; "
                f"`{wording.check}` shows what is stored"
            )
        raise self.failure


def perform(write: Write[State]) -> Outcome[State]:
    """Send the requests of a write, each once, up to the first that fails; then look.

    Signals are held back until it is known what is stored.

    Raises:
        OsmoError: the service refused the write and nothing has changed.
        UnknownOutcomeError: what is stored could not be read.
        Interrupted: a signal arrived meanwhile; what is stored is recorded.
    """
    with held_back(write.wording.action):
        if requested() and not write.completes:
            raise Interrupted
        try:
            outcome = _perform(write)
        except Interrupted:
            raise UnknownOutcomeError(
                f"unknown outcome: interrupted before {write.wording.action} was answered",
                hint=_check_first(write.wording),
            ) from None
        record(outcome.summary)
    return outcome


def _perform(write: Write[State]) -> Outcome[State]:
    answers, failure = _send(write.requests)
    if failure is not None and not answers and write.atomic and _is_refusal(failure):
        raise failure
    state = _look(write, failure)
    if failure is not None and write.wrong(state):
        requests = _to_complete(write, state, failure, is_first=not answers)
        if requests and not requested():
            more, failure = _send(requests)
            answers += more
            state = _look(write, failure)
    return Outcome(write, state, tuple(answers), failure)


def _is_refusal(failure: OsmoError) -> bool:
    """Return whether the service itself has refused the request, or nothing was sent."""
    return not failure.outcome_unknown and not failure.needs_look


def _to_complete(
    write: Write[State], state: State, failure: OsmoError, *, is_first: bool
) -> Sequence[Callable[[], Any]]:
    """Return the requests that complete a write that failed, of which nothing or a part is stored.

    Args:
        write: the write.
        state: what is stored.
        failure: what a request ended with.
        is_first: whether it was the first.
    """
    if write.unchanged(state):
        return write.requests if failure.may_repeat and is_first else ()
    return write.repair(state) if write.repair is not None else ()


def _send(requests: Sequence[Callable[[], Any]]) -> tuple[list[Any], OsmoError | None]:
    """Send requests up to the first that fails; return the answers, and the failure or None.

    Once a signal has arrived no further one is sent.
    """
    answers: list[Any] = []
    for send in requests:
        if answers and requested():
            break
        try:
            answers.append(send())
        except OsmoError as error:
            return answers, error
    return answers, None


def _look(write: Write[State], failure: OsmoError | None) -> State:
    wording = write.wording
    try:
        return write.look()
    except OsmoError as error:
        if failure is None:
            first = f"the service accepted {wording.action}, but what is stored could not be read"
        elif failure.outcome_unknown or not failure.needs_look:
            first = f"{wording.action} failed ({failure.message}), and could not be looked up"
        else:
            # Refused, and the look as well: a login that may do neither.
            advice = f"{failure.hint}; " if failure.hint else ""
            failure.hint = f"{advice}what is stored could not be read: check `{wording.check}`"
            raise failure from None
        raise UnknownOutcomeError(
            f"unknown outcome: {first}: {error.message}", hint=_check_first(wording)
        ) from error


def _check_first(wording: Wording) -> str:
    return f"check it with `{wording.check}` before you run this again"
