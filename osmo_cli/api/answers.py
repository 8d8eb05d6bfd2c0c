"""Reading values out of service answers: what does not fit is an error of the service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from osmo_cli.api.errors import UnexpectedAnswerError


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn the failure of a pure function on a value of an answer into UnexpectedAnswerError."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise unexpected(what) from None


def as_object(value: Any, what: str) -> dict[str, Any]:
    """Return `value` if it is a JSON object.

    Raises:
        UnexpectedAnswerError: it is not; the message names `what`.
    """
    if not isinstance(value, dict):
        raise unexpected(what)
    return value


def as_objects(value: Any, what: str) -> list[dict[str, Any]]:
    """Return `value` if it is a list of JSON objects.

    Raises:
        UnexpectedAnswerError: it is not; the message names `what`.
    """
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise unexpected(what)
    return value


def text(answer: Mapping[str, Any], key: str, what: str) -> str:
    """Return a required string of one line, such as a name.

    Raises:
        UnexpectedAnswerError: it is missing, empty, or not a string.
    """
    value = answer.get(key)
    if not isinstance(value, str) or not value or len(value.splitlines()) > 1:
        raise unexpected(f"{what}: {key}")
    return value


def optional_line(answer: Mapping[str, Any], key: str) -> str:
    """Return a string of one line; "" where it is missing or null.

    Raises:
        UnexpectedAnswerError: it is something else.
    """
    value = optional_text(answer, key)
    if len(value.splitlines()) > 1:
        raise unexpected(key)
    return value


def optional_text(answer: Mapping[str, Any], key: str) -> str:
    """Return a string; "" where it is missing or null.

    Raises:
        UnexpectedAnswerError: it is something else.
    """
    value = answer.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise unexpected(key)
    return value


def integer(answer: Mapping[str, Any], key: str, what: str) -> int:
    """Return a required integer that a 64-bit service can have.

    Raises:
        UnexpectedAnswerError: it is missing, negative, too large, or not an integer.
    """
    value = answer.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise unexpected(f"{what}: {key}")
    return value


def texts(value: Any, what: str) -> tuple[str, ...]:
    """Return a list of strings as a tuple; null is empty.

    Raises:
        UnexpectedAnswerError: it is something else.
    """
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise unexpected(what)
    return tuple(value)


def unexpected(what: str) -> UnexpectedAnswerError:
    """The error for an answer that does not have the known form."""
    return UnexpectedAnswerError(f"unexpected answer of the service: {what}")
