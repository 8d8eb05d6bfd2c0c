"""What can go wrong between this client and a service, as typed errors (api.md 1.6, 1.7, 8.2)."""

from __future__ import annotations

import json
from typing import Any

from osmo_cli.errors import ConflictError, ExitCode, NotLoggedInError, OsmoError


class ServiceError(OsmoError):
    """The service answered with an error status.

    Attributes:
        status: the HTTP status.
    """

    def __init__(self, message: str, *, status: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint, code=status)
        self.status = status


class RefusedError(ServiceError):
    """Any other 4xx (exit 2)."""


class NotFoundError(RefusedError):
    """There is no such route (404) or method (405): often another version of the service."""


class SubmissionRefusedError(ServiceError):
    """`USAGE` or `RESOURCE` (exit 1)."""

    exit_code = ExitCode.REFUSED_SUBMISSION


class UnauthorizedError(ServiceError, NotLoggedInError):
    """401, 403 or an expired access token (exit 4)."""

    exit_code = ExitCode.NOT_AUTHORIZED


class ManagedElsewhereError(ServiceError, ConflictError):
    """409: the configuration is managed by a ConfigMap (exit 6, api.md 5)."""

    exit_code = ExitCode.CONFLICT


class RateLimitedError(ServiceError):
    """429 (exit 75)."""

    exit_code = ExitCode.RATE_LIMITED


class ServiceFailureError(ServiceError):
    """5xx, or a `DATABASE` error whose outcome is unknown (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE
    outcome_unknown = True


class UnreachableError(OsmoError):
    """No answer: the network, a name, TLS or a time limit (exit 10).

    Args:
        outcome_unknown: the request may have reached the service.
    """

    exit_code = ExitCode.SERVICE_FAILURE

    def __init__(
        self, message: str, *, hint: str | None = None, outcome_unknown: bool = False
    ) -> None:
        super().__init__(message, hint=hint)
        self.outcome_unknown = outcome_unknown


class UnexpectedAnswerError(OsmoError):
    """An answer that is not OSMO's: HTML, a redirect, broken JSON (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE
    outcome_unknown = True


_EXPIRED = ("Access Token has expired", "Token is expired, but no refresh token is present")
_RENEW = (
    "make a new one with `osmo token set NAME` from a login that still works, then "
    "`osmo login URL --method token --token-file FILE`"
)


def error_from(status: int, body: bytes, content_type: str, request: str) -> ServiceError:
    """The typed error for an answer with a status of 400 or more.

    Args:
        status: the HTTP status.
        body: the answer's body.
        content_type: its media type.
        request: method and path, for answers that say nothing themselves.
    """
    payload = _payload(body)
    error_code = payload.get("error_code")
    text = _message(payload) or _plain(body, content_type) or f"{request} answered {status}"
    if any(expired in text for expired in _EXPIRED) or (
        status == 400 and text.startswith("Access token ") and text.endswith(" has expired.")
    ):
        return UnauthorizedError(text.rstrip("."), status=status, hint=_RENEW)
    if status == 401:
        return UnauthorizedError(
            f"the service does not accept this login: {text}",
            status=status,
            hint="`osmo whoami` shows which login was sent; `osmo login URL` makes a new one",
        )
    if status == 403:
        return UnauthorizedError(
            f"this login may not do that: {request} is forbidden",
            status=status,
            hint="`osmo whoami` shows which login was sent; it needs the role osmo-admin",
        )
    if status == 409:
        return ManagedElsewhereError(
            text,
            status=status,
            hint="change the values of its Helm chart and deploy them; reading still works",
        )
    if status == 429:
        return RateLimitedError(
            "the service answers no more requests for now (429)", status=status, hint="try again"
        )
    if status >= 500:
        return ServiceFailureError(text, status=status)
    if error_code == "DATABASE":
        return ServiceFailureError(text, status=status)
    if error_code in ("USAGE", "RESOURCE"):
        return SubmissionRefusedError(text, status=status)
    if status in (404, 405):
        return NotFoundError(f"{request}: {text}", status=status)
    return RefusedError(text, status=status)


def _payload(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _message(payload: dict[str, Any]) -> str:
    message = payload.get("message")
    if isinstance(message, str):
        return message
    detail = payload.get("detail")
    if isinstance(detail, list):
        return "; ".join(_validation_text(entry) for entry in detail if isinstance(entry, dict))
    if isinstance(detail, dict):
        detail = detail.get("error")
    return detail if isinstance(detail, str) else ""


def _validation_text(entry: dict[str, Any]) -> str:
    """One entry of a 422 in either validation dialect (api.md 1.7); never its `input`."""
    # The first members say where in the request it stands: ["body", "configs", ...].
    place = entry.get("loc")
    parts = place if isinstance(place, list) else []
    names = [str(part) for part in parts if part not in ("body", "query")]
    text = str(entry.get("msg", "")).removeprefix("Value error, ")
    return f"{'.'.join(names)}: {text}" if names else text


def _plain(body: bytes, content_type: str) -> str:
    """A plain-text body, such as a gateway's `Jwt is missing`; not a page of HTML."""
    if "html" in content_type or body.lstrip()[:1] in (b"<", b"{", b"["):
        return ""
    return body[:500].decode("utf-8", "replace").strip()
