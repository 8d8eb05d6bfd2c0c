"""The service's errors, in both of its dialects, as typed errors without the input."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.api.errors import (
    NotFoundError,
    RateLimitedError,
    RefusedError,
    ServiceError,
    ServiceFailureError,
    UnauthorizedError,
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
        ([], f"{REQUEST} answered 422"),
        ("no list", "no list"),
        (None, f"{REQUEST} answered 422"),
    ],
)
def test_a_validation_error_of_either_dialect(entries: Any, text: str) -> None:
    error = error_of(422, {"detail": entries})
    assert isinstance(error, RefusedError)
    if text != "odd entries are left out":
        assert error.message == text
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
    assert error.message == "the service does not accept this login: Jwt is missing"
    assert "osmo whoami" in (error.hint or "")
    assert "osmo login" in (error.hint or "")


@pytest.mark.parametrize("body", [b"access denied", b'{"message":"Forbidden","error_code":403}'])
def test_a_missing_permission_names_the_request(body: bytes) -> None:
    error = error_of(403, body)
    assert error.message == f"this login may not do that: {REQUEST} is forbidden"
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
    assert error_of(404, {"detail": "Not Found"}).message == f"{REQUEST}: Not Found"
    assert type(error_of(405, {"detail": "Method Not Allowed"})) is NotFoundError
    assert type(error_of(429, b"")) is RateLimitedError
    assert type(error_of(502, b"<html>bad gateway</html>", "text/html")) is ServiceFailureError
    detail = {"token": None, "expires_at": None, "error": "PENDING"}
    assert error_of(400, {"detail": detail}).message == "PENDING"


def test_a_long_plain_answer_is_cut() -> None:
    assert len(error_of(400, b"x" * 10_000, "text/plain").message) <= 500


def test_deeply_nested_json_is_no_crash() -> None:
    assert error_of(500, b"[" * 100_000).message == f"{REQUEST} answered 500"
