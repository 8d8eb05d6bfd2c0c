"""Answers of the service that are errors: what the real one sends, status and body (api.md 1.7)."""

from __future__ import annotations

from typing import Any


class Fault(Exception):
    """Ends a request with an error answer.

    Attributes:
        status: HTTP status.
        body: what is sent as JSON.
        keeps_changes: the real service has committed what it did before it failed.
    """

    def __init__(self, status: int, body: Any, *, keeps_changes: bool = False) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
        self.keeps_changes = keeps_changes


def user_fault(message: str, code: str = "USER", *, keeps_changes: bool = False) -> Fault:
    """400 with one of the service's error codes."""
    body = {"message": message, "error_code": code, "workflow_id": None}
    return Fault(400, body, keeps_changes=keeps_changes)


def server_fault(message: str, *, keeps_changes: bool = False) -> Fault:
    """500, as the service answers for everything it does not expect, unknown backends included."""
    body = {"message": f"Internal server error: {message}"}
    return Fault(500, body, keeps_changes=keeps_changes)
