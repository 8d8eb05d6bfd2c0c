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


def invalid_request(*details: dict[str, Any]) -> Fault:
    """422: the request itself is wrong; `details` are pydantic v1's entries."""
    return Fault(422, {"detail": list(details)})


def detail(
    loc: tuple[str | int, ...], message: str, kind: str, context: dict[str, Any] | None = None
) -> dict[str, Any]:
    """One entry of a 422 body."""
    entry: dict[str, Any] = {"loc": list(loc), "msg": message, "type": kind}
    if context is not None:
        entry["ctx"] = context
    return entry


def enum_detail(loc: tuple[str | int, ...], permitted: list[str]) -> dict[str, Any]:
    """The entry for a text that is none of the permitted ones."""
    listed = ", ".join(f"'{value}'" for value in permitted)
    return detail(
        loc,
        f"value is not a valid enumeration member; permitted: {listed}",
        "type_error.enum",
        {"enum_values": permitted},
    )


def limit_detail(loc: tuple[str | int, ...], limit: float, words: str, name: str) -> dict[str, Any]:
    """The entry for a number beyond a limit; `words` is e.g. `greater than`, `name` `not_gt`."""
    return detail(
        loc,
        f"ensure this value is {words} {limit}",
        f"value_error.number.{name}",
        {"limit_value": limit},
    )
