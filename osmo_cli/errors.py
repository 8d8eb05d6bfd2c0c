"""The base class of all errors that end a command, and the exit codes.

The packages raise subclasses; only `osmo_cli.main` turns them into a message and an exit code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

_SHOWN = 200
"""Characters of a value that a message shows at most."""


class ExitCode(IntEnum):
    """Process exit codes (docs/exit-codes.md)."""

    OK = 0
    REFUSED_SUBMISSION = 1
    INVALID = 2
    INTERRUPTED = 3
    NOT_AUTHORIZED = 4
    CHANGES_PENDING = 5
    CONFLICT = 6
    SERVICE_FAILURE = 10
    RATE_LIMITED = 75
    OUTPUT_CLOSED = 141


class OsmoError(Exception):
    """Something that ends the command with one message and an exit code.

    Attributes:
        message: what is wrong, in one line where possible; never holds a secret.
        hint: what to do next, or None.
        code: HTTP status where the service answered, else 1 (as the official CLI's JSON errors).
        details: more members for the JSON form of the error.
        outcome_unknown: the request may have been carried out
        (docs/service/parallel-writes.md#unknown-outcomes).
        needs_look: the request was refused, but perhaps not by the service itself: a proxy
        between may answer so, whatever the service did.
        may_repeat: the login has been renewed since the request was refused for want of it.
    """

    exit_code: ExitCode = ExitCode.INVALID
    outcome_unknown: bool = False
    needs_look: bool = False
    may_repeat: bool = False

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        code: int = 1,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.details = details or {}


class UsageError(OsmoError):
    """The command line, an input file or an environment variable is wrong (exit 2)."""


class MissingError(UsageError):
    """What was named does not exist (exit 2).

    Args:
        what: a noun phrase; the message is `WHAT not found`, the words that scripts look for.
        where: where it was looked for.
    """

    def __init__(self, what: str, *, where: str = "", hint: str | None = None) -> None:
        super().__init__(f"{what} not found" + (f" in {where}" if where else ""), hint=hint)


class NotLoggedInError(OsmoError):
    """No login is usable, or the service refused it (exit 4)."""

    exit_code = ExitCode.NOT_AUTHORIZED


class OutputError(OsmoError):
    """stdout cannot be written: it is closed, or the disk is full (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE


class OutputClosedError(OutputError):
    """The reader of stdout has gone away, as in `osmo ... | head` (exit 141).

    A shell shows the same for a program that the signal SIGPIPE has ended. Without a message
    nothing is printed.
    """

    exit_code = ExitCode.OUTPUT_CLOSED

    def __init__(self, message: str = "", *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)


class DeclinedError(OsmoError):
    """A person has answered a question with no (exit 3)."""

    exit_code = ExitCode.INTERRUPTED


class ConflictError(OsmoError):
    """What was read has changed since, or is managed by a ConfigMap (exit 6)."""

    exit_code = ExitCode.CONFLICT


@contextmanager
def naming(variable: str) -> Iterator[None]:
    """Let an error of the block begin with the variable of the environment that is wrong."""
    try:
        yield
    except OsmoError as error:
        error.message = f"{variable}: {error.message}"
        raise


def shortened(value: object) -> str:
    """A value as a message shows it: its beginning, if it is very long."""
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
