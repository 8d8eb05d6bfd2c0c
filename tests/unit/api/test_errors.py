"""The service's errors, in both of its dialects, as typed errors without the input."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.api.errors import (
    AlreadyExistsError,
    ExpiredTokenError,
    InUseError,
    InvalidTokenError,
    MalformedVersionError,
    NoRolesError,
    NotFoundError,
    OutdatedClientError,
    RateLimitedError,
    RefusedError,
    RevisionNotFoundError,
    RoleNotFoundError,
    RolesNotHeldError,
    RouteNotFoundError,
    ServiceError,
    ServiceFailureError,
    SubmissionRefusedError,
    TokenNotFoundError,
    UnauthorizedError,
    UnknownConfigTypeError,
    UnreadableBackendError,
    UserNotFoundError,
    WorkflowsRunningError,
    error_from,
)
from osmo_cli.errors import ConflictError, NotLoggedInError

REQUEST = "PATCH /api/configs/workflow"


def error_of(status: int, payload: Any, content_type: str = "application/json") -> ServiceError:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return error_from(status, body, content_type, REQUEST)


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        (
            [
                {
                    "loc": ["body", "configs"],
                    "msg": "field required",
                    "type": "value_error.missing",
                },
                {"loc": ["query", "limit"], "msg": "too large", "type": "value_error"},
            ],
            "configs: field required; limit: too large",
        ),
        (
            [
                {
                    "type": "value_error",
                    "loc": ["body", "configs", "tests", 0],
                    "msg": "Value error, no such test",
                    "input": "s3cret",
                    "ctx": {"error": "s3cret"},
                    "url": "https://errors.pydantic.dev",
                }
            ],
            "configs.tests.0: no such test",
        ),
        ([{"loc": ["body"], "msg": "bad"}], "bad"),
        ([{"msg": "bad"}], "bad"),
        ([{"loc": None, "msg": "bad"}], "bad"),
        ([{"loc": "body", "msg": None}, "odd", 5], "odd entries are left out"),
        ([], f"{REQUEST} failed"),
        ("no list", "no list"),
        (None, f"{REQUEST} failed"),
    ],
)
def test_a_validation_error_of_either_dialect(entries: Any, text: str) -> None:
    error = error_of(422, {"detail": entries})
    assert isinstance(error, RefusedError)
    if text != "odd entries are left out":
        assert error.message == f"{text} (HTTP 422)"
    assert error.message
    assert error.exit_code == 2


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["detail", "message", "error_code", "loc", "msg", "error"]), inner
        )
    ),
    max_leaves=8,
)


@given(payload=json_values, canary=st.just("s3cr3t-c4n4ry"))
def test_the_input_of_a_validation_error_is_never_shown(payload: Any, canary: str) -> None:
    def with_input(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: with_input(inner) for key, inner in value.items()} | {"input": canary}
        return [with_input(inner) for inner in value] if isinstance(value, list) else value

    error = error_of(422, with_input(payload))
    assert canary not in f"{error.message} {error.hint} {error.details}"
    assert isinstance(error.message, str)
    assert error.message


@given(
    status=st.integers(400, 599),
    body=st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode()),
    content_type=st.sampled_from(["", "text/plain", "text/html", "application/json"]),
)
def test_any_answer_becomes_one_error_with_words(
    status: int, body: bytes, content_type: str
) -> None:
    error = error_from(status, body, content_type, REQUEST)
    assert error.status == status
    assert error.message.strip()


@pytest.mark.parametrize(
    "text",
    [
        "Access Token has expired",
        "Token is expired, but no refresh token is present",
        "Access token ci-token has expired.",
    ],
)
def test_an_expired_access_token_is_a_login_that_ended(text: str) -> None:
    error = error_of(400, {"message": text, "error_code": "USER"})
    assert isinstance(error, UnauthorizedError)
    assert isinstance(error, NotLoggedInError)
    assert error.exit_code == 4
    assert "osmo token set" in (error.hint or "")


def test_a_refused_login_says_how_to_look_and_renew() -> None:
    error = error_of(401, b"Jwt is missing", "text/plain")
    assert error.message == "the service does not accept this login: Jwt is missing (HTTP 401)"
    assert "osmo whoami" in (error.hint or "")
    assert "osmo login" in (error.hint or "")


@pytest.mark.parametrize("body", [b"access denied", b'{"message":"Forbidden","error_code":403}'])
def test_a_missing_permission_names_the_request(body: bytes) -> None:
    error = error_of(403, body)
    assert error.message == f"this login may not do that: {REQUEST} is forbidden (HTTP 403)"
    assert error.exit_code == 4


def test_configmap_mode_is_a_conflict_that_names_the_way_out() -> None:
    error = error_of(409, {"message": "Configs are managed by ConfigMap", "error_code": "USER"})
    assert isinstance(error, ConflictError)
    assert error.exit_code == 6
    assert "Helm" in (error.hint or "")


def test_what_may_have_been_carried_out_says_so() -> None:
    unknown = {"message": "Error: connection pool is closed", "error_code": "DATABASE"}
    assert error_of(400, unknown).outcome_unknown
    assert error_of(500, {"message": "Internal server error: x"}).outcome_unknown
    assert not error_of(400, {"message": "x", "error_code": "USER"}).outcome_unknown
    assert not error_of(429, b"").outcome_unknown


def test_other_kinds() -> None:
    assert error_of(404, {"detail": "Not Found"}).message == (
        f"route not found: {REQUEST} (HTTP 404)"
    )
    assert type(error_of(405, {"detail": "Method Not Allowed"})) is RouteNotFoundError
    assert type(error_of(429, b"")) is RateLimitedError
    assert type(error_of(502, b"<html>bad gateway</html>", "text/html")) is ServiceFailureError
    detail = {"token": None, "expires_at": None, "error": "PENDING"}
    assert error_of(400, {"detail": detail}).message == "PENDING (HTTP 400)"


def test_a_long_plain_answer_is_cut() -> None:
    assert len(error_of(400, b"x" * 10_000, "text/plain").message) <= 500


def test_deeply_nested_json_is_no_crash() -> None:
    assert error_of(500, b"[" * 100_000).message == f"{REQUEST} failed (HTTP 500)"


ANSWERS: list[tuple[int, str, str, type[ServiceError], int]] = [
    (400, "USER", "User access token laptop does not exist.", TokenNotFoundError, 2),
    (400, "USER", "Service access token a does not exist.", TokenNotFoundError, 2),
    (400, "USER", "Access token laptop does not exist.", TokenNotFoundError, 2),
    (400, "USER", "Token t not found or does not belong to current user", TokenNotFoundError, 2),
    (400, "USER", "User agent-a not found", UserNotFoundError, 2),
    (400, "USER", "Role nope does not exist.", RoleNotFoundError, 2),
    (400, "USER", "Role nope does not exist", RoleNotFoundError, 2),
    (400, "USER", "Invalid role: nope", RoleNotFoundError, 2),
    (
        *(400, "USER", "No config history entry found for type BACKEND at revision 2"),
        *(RevisionNotFoundError, 2),
    ),
    (400, "USER", "Bucket team not found in dataset configuration", NotFoundError, 2),
    (400, "USER", "Backend test with name t not found", NotFoundError, 2),
    (400, "USAGE", "Pod template nope does not exist!", SubmissionRefusedError, 1),
    (500, "", "Internal server error: Backend gpu-z is not found.", ServiceFailureError, 10),
    (400, "USER", "Token name agent-a already exists.", AlreadyExistsError, 2),
    (400, "USER", "User agent-a already exists", AlreadyExistsError, 2),
    (400, "USER", "Pod template default_user is used in pools default", InUseError, 2),
    (
        400,
        "USER",
        "User does not have all the requested roles. Token creation failed.",
        *(RolesNotHeldError, 2),
    ),
    (400, "USER", "At least one role must be specified for the access token.", NoRolesError, 2),
    (400, "USER", "Access Token is invalid", InvalidTokenError, 2),
    (400, "USER", "Access token has invalid length 11", InvalidTokenError, 2),
    (400, "USER", "Access Token has expired", ExpiredTokenError, 4),
    (400, "OSMO_ERROR", "Access token ci has expired.", ExpiredTokenError, 4),
    (
        400,
        "OSMO_ERROR",
        "Your client is out of date. Client version is 6.0.0 but ...",
        *(OutdatedClientError, 2),
    ),
    (
        500,
        "",
        "Internal server error: Version should be of the format major.minor.revision",
        *(MalformedVersionError, 10),
    ),
    (
        500,
        "",
        "Internal server error: Backend gpu-a is not finished running workflows.",
        *(WorkflowsRunningError, 10),
    ),
    (
        500,
        "",
        "Internal server error: Failed to load backend 'gpu-a': 1 error",
        *(UnreadableBackendError, 10),
    ),
    (
        422,
        "",
        "config_types.0: value is not a valid enumeration member",
        *(UnknownConfigTypeError, 2),
    ),
]


@pytest.mark.parametrize(("status", "code", "text", "kind", "exit_code"), ANSWERS)
def test_each_known_answer_is_recognised(
    status: int, code: str, text: str, kind: type[ServiceError], exit_code: int
) -> None:
    error = error_of(status, {"message": text, "error_code": code})
    assert type(error) is kind
    assert error.exit_code == exit_code
    assert error.message.endswith(f"(HTTP {status})")
    missing = issubclass(kind, NotFoundError) and kind is not UnknownConfigTypeError
    if missing or "does not exist" in text:
        assert "not found" in error.message


def test_a_database_error_is_never_a_known_refusal() -> None:
    """Under parallel writes its text says anything; the outcome is unknown."""
    text = "Token name agent-a already exists."
    error = error_of(400, {"message": text, "error_code": "DATABASE"})
    assert type(error) is ServiceFailureError
    assert error.outcome_unknown


def test_an_unreadable_backend_is_named_with_its_repair() -> None:
    text = "Internal server error: Failed to load backend 'gpu-a': 1 validation error"
    error = error_of(500, {"message": text})
    assert isinstance(error, UnreadableBackendError)
    assert error.backend == "gpu-a"
    assert "osmo config update BACKEND gpu-a" in (error.hint or "")


def test_a_version_that_stops_every_request_has_done_nothing() -> None:
    text = "Internal server error: Version should be of the format major.minor.revision"
    assert not error_of(500, {"message": text}).outcome_unknown
