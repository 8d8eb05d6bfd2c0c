"""What can go wrong between this client and a service, as typed errors.

A service's error answers are recognised here and nowhere else (docs/service/errors.md). What
they have in common is in one table, `_KNOWN`; the advice for each kind in another, `_HINTS`.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from osmo_cli.api.bodies import InvalidBodyError, parse_json
from osmo_cli.errors import ConflictError, ExitCode, NotLoggedInError, OsmoError

_LONGEST_PLAIN_TEXT = 450
_REFUSALS_OF_THE_SERVICE = frozenset({400, 409, 422})
"""Others may come from a gateway or a proxy (docs/service/errors.md#who-answers)."""


class ServiceError(OsmoError):
    """The service answered with an error status, which the message ends with.

    Attributes:
        status: the HTTP status.
        text: what the service said.
    """

    def __init__(self, text: str, *, status: int, hint: str | None = None) -> None:
        super().__init__(f"{text} (HTTP {status})", hint=hint, code=status)
        self.status = status
        self.text = text


class RefusedError(ServiceError):
    """Any other 4xx (exit 2)."""


class NotFoundError(RefusedError):
    """The service does not have what was named; the message holds the words `not found`."""


class RouteNotFoundError(NotFoundError):
    """The service does not have the route (404) or method (405): often it has another version."""


class UserNotFoundError(NotFoundError):
    """The service does not have the user."""


class RoleNotFoundError(NotFoundError):
    """The service does not have the role."""


class TokenNotFoundError(NotFoundError):
    """The service does not have the access token."""


class RevisionNotFoundError(NotFoundError):
    """The history does not have the revision, or it was deleted."""


class UnknownConfigTypeError(NotFoundError):
    """The service does not have the config type."""


class AlreadyExistsError(RefusedError):
    """The name is taken."""


class InUseError(RefusedError):
    """Something else refers to what is to be deleted."""


class RolesNotHeldError(RefusedError):
    """A token is to have roles that its user does not have."""


class NoRolesError(RefusedError):
    """A token is to be created for a user who has no role, or who does not exist."""


class InvalidTokenError(RefusedError):
    """The service does not know the access token."""


class OutdatedClientError(RefusedError):
    """The version check refuses this client
    (docs/service/versions.md#locked-out-by-the-version-check)."""


class SubmissionRefusedError(ServiceError):
    """`USAGE` or `RESOURCE` (exit 1)."""

    exit_code = ExitCode.REFUSED_SUBMISSION


class UnauthorizedError(ServiceError, NotLoggedInError):
    """401, 403 or an expired access token (exit 4)."""

    exit_code = ExitCode.NOT_AUTHORIZED


class ExpiredTokenError(UnauthorizedError):
    """The access token of this login has expired."""


class ForbiddenError(UnauthorizedError):
    """403: the login's roles do not allow the request."""


class ManagedElsewhereError(ServiceError, ConflictError):
    """409: the configuration is managed by a ConfigMap
    (docs/service/configmap.md#refused-writes)."""

    exit_code = ExitCode.CONFLICT


class RateLimitedError(ServiceError):
    """429 (exit 75)."""

    exit_code = ExitCode.RATE_LIMITED


class ServiceFailureError(ServiceError):
    """5xx, or a `DATABASE` error whose outcome is unknown (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE
    outcome_unknown = True


class MalformedVersionError(ServiceFailureError):
    """The version check fails for every request that carries a version.

    The check comes before the request is carried out, so nothing has happened.
    """

    outcome_unknown = False


class WorkflowsRunningError(ServiceFailureError):
    """Workflows still run on the backend that is to be deleted."""


class UnreadableBackendError(ServiceFailureError):
    """A stored backend does not fit the service's version, so that no backend can be read.

    Attributes:
        backend: its name.
    """

    backend = ""


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


class _Known(NamedTuple):
    """How an error answer is recognised by its text.

    Attributes:
        error: the kind.
        pattern: is searched for in the text.
        failure: it comes with a 5xx; else with a 4xx.
    """

    error: type[ServiceError]
    pattern: str
    failure: bool = False


_KNOWN = (
    _Known(ExpiredTokenError, r"^Access Token has expired"),
    _Known(ExpiredTokenError, r"^Token is expired, but no refresh token is present"),
    _Known(ExpiredTokenError, r"^Access token .* has expired\.$"),
    _Known(InvalidTokenError, r"^Access Token is invalid"),
    _Known(InvalidTokenError, r"^Access token has invalid length"),
    _Known(OutdatedClientError, r"^Your client is out of date"),
    _Known(TokenNotFoundError, r"\b[Aa]ccess token .* does not exist\.$"),
    _Known(TokenNotFoundError, r"^Token .* not found or does not belong to current user$"),
    _Known(UserNotFoundError, r"^User .* not found$"),
    _Known(RoleNotFoundError, r"\bRole .* does not exist\.?$"),
    _Known(RoleNotFoundError, r"\bInvalid role: "),
    _Known(RevisionNotFoundError, r"^(?:not found: )?No config history entry found for type"),
    _Known(UnknownConfigTypeError, r"^config_types\b"),
    _Known(AlreadyExistsError, r"already exists\.?$"),
    _Known(InUseError, r" is used in "),
    _Known(RolesNotHeldError, r"^User does not have all the requested roles"),
    _Known(NoRolesError, r"^At least one role must be specified"),
    _Known(MalformedVersionError, r"Version should be of the format major", failure=True),
    _Known(WorkflowsRunningError, r" is not finished running workflows", failure=True),
    _Known(UnreadableBackendError, r"Failed to load backend '([^']*)'", failure=True),
)
_MISSING = r".*(?:\bnot found\b|does not exist|Invalid role: |No config history entry found)"
"""What the service says of anything that does not exist."""

_RENEW = (
    "create a new token with `osmo token set NAME` from a login that still works, then run "
    "`osmo login URL --method token --token-file FILE`"
)
_HINTS: dict[type[ServiceError], str] = {
    ExpiredTokenError: _RENEW,
    UnauthorizedError: "`osmo whoami` shows which login was sent; "
    "`osmo login URL` creates a new one",
    ForbiddenError: "`osmo whoami` shows which login was sent; it needs the role osmo-admin",
    ManagedElsewhereError: "change the values of its Helm chart and deploy them; "
    "reading still works",
    RateLimitedError: "try again",
    InvalidTokenError: "it was deleted, or belongs to another service: `osmo whoami` shows where "
    "it comes from; `osmo login URL` creates a new login",
    WorkflowsRunningError: "wait until they have finished, or delete it with --force",
    UnreadableBackendError: "store valid scheduler settings to repair it: "
    """`osmo config update BACKEND {backend} --file FILE` with {{"scheduler_settings": """
    """{{"scheduler_type": "kai"}}}}""",
    RoleNotFoundError: "`osmo config show ROLE` shows the roles",
    RolesNotHeldError: "`osmo user get USER` shows the roles to choose from",
    NoRolesError: "a token has roles of its user, and this user has none or does not exist: "
    "`osmo user update USER --add-roles ROLE`",
    RouteNotFoundError: "`osmo version` shows the version of the service",
}


def error_from(status: int, body: bytes, content_type: str, request: str) -> ServiceError:
    """The typed error for an answer with a status of 400 or more.

    Args:
        status: the HTTP status.
        body: the answer's body.
        content_type: its media type.
        request: method and path, for answers that say nothing themselves.
    """
    from osmo_cli.api.validation_text import without_inputs

    payload = _payload(body)
    said = without_inputs(_message(payload) or _plain(body, content_type))
    text = said or f"{request} failed"
    error = _error(status, payload.get("error_code"), text, request)
    error.hint = _hint(error)
    error.needs_look = status not in _REFUSALS_OF_THE_SERVICE or not _message(payload)
    return error


def is_transient(status: int, body: bytes) -> bool:
    """Whether an answer is the failure of a service under load, so that a read may be repeated
    (docs/service/parallel-writes.md#failures-under-load)."""
    return status == 400 and _payload(body).get("error_code") == "DATABASE"


def _error(status: int, error_code: Any, text: str, request: str) -> ServiceError:
    if error_code != "DATABASE":
        if status == 400 and re.match(_MISSING, text):
            text = _with_not_found(text)
        known = _recognised(status, text)
        if known is not None:
            return known
    if status in (404, 405):
        usual = ("Not Found", "Method Not Allowed", f"{request} failed")
        detail = "" if text in usual else f": {text}"
        return RouteNotFoundError(f"route not found: {request}{detail}", status=status)
    kind, text = _kind(status, error_code, text, request)
    return kind(text, status=status)


def _kind(status: int, error_code: Any, text: str, request: str) -> tuple[type[ServiceError], str]:
    """The class of an error that only its status and code tell, and its text."""
    if status == 401:
        return UnauthorizedError, f"the service does not accept this login: {text}"
    if status == 403:
        return ForbiddenError, f"this login may not do that: {request} is forbidden"
    if status == 409:
        return ManagedElsewhereError, text
    if status == 429:
        return RateLimitedError, f"too many requests: {request} was refused"
    if status >= 500 or error_code == "DATABASE":
        return ServiceFailureError, text
    if error_code in ("USAGE", "RESOURCE"):
        return SubmissionRefusedError, text
    return (NotFoundError if re.match(_MISSING, text) else RefusedError), text


def _with_not_found(text: str) -> str:
    """The text with the words that scripts look for."""
    return text if "not found" in text else f"not found: {text}"


def _recognised(status: int, text: str) -> ServiceError | None:
    if status not in (400, 422) and status < 500:
        return None
    for row in _KNOWN:
        match = re.search(row.pattern, text) if row.failure is (status >= 500) else None
        if match is not None:
            error = row.error(text.rstrip("."), status=status)
            if isinstance(error, UnreadableBackendError):
                error.backend = match[1]
            return error
    return None


def _hint(error: ServiceError) -> str | None:
    """The advice for the nearest kind that has one."""
    kinds = (kind for kind in type(error).__mro__ if kind in _HINTS)
    kind = next(kinds, None)
    if kind is None:
        return None
    return _HINTS[kind].format(backend=getattr(error, "backend", ""))


def _payload(body: bytes) -> dict[str, Any]:
    try:
        payload = parse_json(body)
    except InvalidBodyError:
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
    """One entry of a 422, in the form of either pydantic generation; never its `input`
    (docs/service/errors.md#validation-errors)."""
    # The first members say which part of the request it is: ["body", "configs", ...].
    place = entry.get("loc")
    parts = place if isinstance(place, list) else []
    names = [str(part) for part in parts if part not in ("body", "query")]
    text = str(entry.get("msg", "")).removeprefix("Value error, ")
    return f"{'.'.join(names)}: {text}" if names else text


def _plain(body: bytes, content_type: str) -> str:
    """A plain-text body, such as a gateway's `Jwt is missing`; not a page of HTML."""
    if "html" in content_type or body.lstrip()[:1] in (b"<", b"{", b"["):
        return ""
    return body[:_LONGEST_PLAIN_TEXT].decode("utf-8", "replace").strip()
