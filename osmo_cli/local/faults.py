"""Answers of the service that are errors: what the real one sends, status and body.

docs/service/errors.md#error-bodies
"""

from __future__ import annotations

from typing import Any


class Fault(Exception):
    """Ends a request with an error answer.

    Attributes:
        status: HTTP status.
        body: what is sent as JSON.
        keeps_changes: the real service has committed what it did before it failed.
        unhandled: the real service does not expect the error: its answer lacks the headers that
            are added to others.
    """

    def __init__(
        self, status: int, body: Any, *, keeps_changes: bool = False, unhandled: bool = False
    ) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
        self.keeps_changes = keeps_changes
        self.unhandled = unhandled


def user_fault(message: str, code: str = "USER", *, keeps_changes: bool = False) -> Fault:
    """400 with one of the service's error codes."""
    body = {"message": message, "error_code": code, "workflow_id": None}
    return Fault(400, body, keeps_changes=keeps_changes)


def server_fault(message: str, *, keeps_changes: bool = False) -> Fault:
    """500 with a message of the service's own, for example for an unknown backend."""
    return Fault(500, server_error(message), keeps_changes=keeps_changes)


def crash(message: str, *, keeps_changes: bool = False) -> Fault:
    """500 where the real service fails with an exception that it does not handle."""
    return Fault(500, server_error(message), keeps_changes=keeps_changes, unhandled=True)


def database_fault(message: str) -> Fault:
    """400 where PostgreSQL refuses a value."""
    return user_fault(f"Error: {message}", "DATABASE")


def server_error(message: str) -> dict[str, str]:
    """Return the body of a 500."""
    return {"message": f"Internal server error: {message}"}
