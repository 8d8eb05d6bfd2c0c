"""The ways to a JWT, against a real HTTP server that plays the service and identity provider."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from osmo_cli.api.errors import (
    RateLimitedError,
    RefusedError,
    ServiceFailureError,
    UnauthorizedError,
    UnexpectedAnswerError,
)
from osmo_cli.api.login import (
    LoginInfo,
    exchange_access_token,
    login_info,
    password_login,
    refresh,
)
from osmo_cli.api.transport import Exchange, Transport
from osmo_cli.errors import ExitCode, NotLoggedInError, OsmoError
from tests.support.loopback import Request, Server, always, answer, in_turn
from tests.unit.api.identity import JWT, TOKENS, oauth_error, reply

ACCESS_TOKEN = "f" * 64
EXCHANGED = reply(200, {"token": JWT, "expires_at": 1, "error": None})
NO_POST = reply(405, {"detail": "Method Not Allowed"})


def exchange(*replies: bytes) -> tuple[str | OsmoError, list[Request], list[Exchange]]:
    seen: list[Exchange] = []
    with (
        Server(in_turn(*replies)) as server,
        Transport(server.url, timeout=5, on_exchange=seen.append) as transport,
    ):
        try:
            return exchange_access_token(transport, ACCESS_TOKEN), server.requests, seen
        except OsmoError as error:
            return error, server.requests, seen


def test_an_access_token_is_exchanged_by_post() -> None:
    result, requests, _ = exchange(EXCHANGED)
    assert result == JWT
    (request,) = requests
    assert (request.method, request.target) == ("POST", "/api/auth/jwt/access_token")
    assert json.loads(request.body) == {"token": ACCESS_TOKEN}


def test_only_a_service_without_post_gets_the_token_in_a_query() -> None:
    result, requests, seen = exchange(NO_POST, EXCHANGED)
    assert result == JWT
    assert [request.method for request in requests] == ["POST", "GET"]
    assert parse_qs(urlsplit(requests[1].target).query) == {"access_token": [ACCESS_TOKEN]}
    assert requests[1].body == b""
    assert [(e.method, e.path) for e in seen] == [
        ("POST", "/api/auth/jwt/access_token"),
        ("GET", "/api/auth/jwt/access_token"),
    ]
    assert ACCESS_TOKEN not in repr(seen), "a debug log would hold it"


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (reply(400, {"message": "x", "error_code": "USER"}), RefusedError),
        (reply(401, {}), UnauthorizedError),
        (reply(404, {"detail": "Not Found"}), RefusedError),
        (answer(404, "<html>some other site</html>", "text/html"), RefusedError),
        (reply(422, {"detail": []}), RefusedError),
        (reply(500, {}), ServiceFailureError),
        (reply(429, {}), RateLimitedError),
        (answer(302, location="https://idp.example/login"), UnexpectedAnswerError),
    ],
)
def test_after_any_other_answer_the_token_is_not_put_into_a_query(
    first: bytes, kind: type[OsmoError]
) -> None:
    result, requests, _ = exchange(first, EXCHANGED)
    assert isinstance(result, kind)
    assert [request.method for request in requests] == ["POST"]
    assert ACCESS_TOKEN not in f"{result} {result.hint}"


@pytest.mark.parametrize(
    "message", ["Access Token is invalid", "Access token has invalid length 5"]
)
@pytest.mark.parametrize("by_get", [False, True])
def test_an_unknown_token_is_no_login(message: str, by_get: bool) -> None:
    refusal = reply(400, {"message": message, "error_code": "USER", "workflow_id": None})
    result, _, _ = exchange(*([NO_POST] if by_get else []), refusal)
    assert isinstance(result, NotLoggedInError)
    assert result.message == "the service does not know this access token (HTTP 400)"
    assert result.exit_code is ExitCode.NOT_AUTHORIZED
    assert "osmo login" in (result.hint or "")


def test_an_expired_token_says_how_to_make_a_new_one() -> None:
    refusal = reply(400, {"message": "Access Token has expired", "error_code": "USER"})
    result, _, _ = exchange(NO_POST, refusal)
    assert isinstance(result, NotLoggedInError)
    assert result.message == "Access Token has expired (HTTP 400)"
    assert "osmo token set" in (result.hint or "")


@pytest.mark.parametrize("value", [{}, {"token": None}, {"token": "no jwt"}, [], "x", None])
def test_an_exchange_that_gives_no_jwt(value: Any) -> None:
    result, _, _ = exchange(reply(200, value))
    assert isinstance(result, UnexpectedAnswerError)
    assert result.message == "POST /api/auth/jwt/access_token answered without a token"


def test_the_service_names_its_identity_provider() -> None:
    endpoints = {
        "device_endpoint": "https://idp/device",
        "device_client_id": "osmo",
        "browser_endpoint": None,
        "browser_client_id": None,
        "token_endpoint": "https://idp/token",
        "logout_endpoint": None,
    }
    with Server(always(reply(200, endpoints))) as server, Transport(server.url) as transport:
        info = login_info(transport)
        assert info == LoginInfo("https://idp/device", "osmo", "https://idp/token")
        assert server.requests[0].target == "/api/auth/login"
    with (
        Server(always(reply(200, []))) as server,
        Transport(server.url) as transport,
        pytest.raises(UnexpectedAnswerError),
    ):
        login_info(transport)


@pytest.fixture
def idp() -> Iterator[Server]:
    with Server(always(reply(200, TOKENS))) as server:
        yield server


def form_of(request: Request) -> dict[str, list[str]]:
    return parse_qs(request.body.decode())


def test_a_password_login(idp: Server) -> None:
    with Transport(idp.url) as transport:
        info = LoginInfo(None, None, f"{idp.url}/token")
        secrets = password_login(transport, info, "u", "p&s =ü")
    assert (secrets.jwt, secrets.refresh_token) == (JWT, "the-refresh-token")
    assert form_of(idp.requests[0]) == {
        "grant_type": ["password"],
        "client_id": ["osmo-device"],
        "username": ["u"],
        "password": ["p&s =ü"],
        "scope": ["openid offline_access profile"],
    }


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_password(status: int) -> None:
    refusal = oauth_error("invalid_grant", status)
    with Server(always(refusal)) as server, Transport(server.url) as transport:
        info = LoginInfo(None, None, f"{server.url}/token")
        with pytest.raises(NotLoggedInError) as caught:
            password_login(transport, info, "u", "s3cret")
    assert caught.value.message == (
        f"the identity provider refused the login: invalid_grant (HTTP {status})"
    )
    assert "s3cret" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("body", ["<html>no</html>", "[]", '{"error": 5}'])
def test_a_refusal_in_another_form(body: str) -> None:
    with Server(always(answer(400, body))) as server, Transport(server.url) as transport:
        info = LoginInfo(None, None, f"{server.url}/token")
        with pytest.raises(
            NotLoggedInError, match=r"refused the login: no reason given \(HTTP 400\)"
        ):
            password_login(transport, info, "u", "p")


def test_a_login_is_renewed(idp: Server) -> None:
    with Transport(idp.url) as transport:
        renewed = refresh(transport, f"{idp.url}/token", "old-refresh-token", None)
    assert (renewed.jwt, renewed.refresh_token) == (JWT, "the-refresh-token")
    assert form_of(idp.requests[0]) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["old-refresh-token"],
        "client_id": ["osmo-device"],
    }


def test_a_refresh_token_that_stays_is_kept() -> None:
    with (
        Server(always(reply(200, {"id_token": JWT}))) as server,
        Transport(server.url) as transport,
    ):
        renewed = refresh(transport, f"{server.url}/token", "old-refresh-token", "c")
    assert renewed.refresh_token == "old-refresh-token"


def test_a_login_that_cannot_be_renewed() -> None:
    with Server(always(oauth_error("invalid_grant"))) as server, Transport(server.url) as transport:
        with pytest.raises(NotLoggedInError, match="refused the login: invalid_grant") as caught:
            refresh(transport, f"{server.url}/token", "old-refresh-token", "c")
        assert "old-refresh-token" not in str(caught.value)
