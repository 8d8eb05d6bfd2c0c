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
    DevicePrompt,
    LoginInfo,
    device_login,
    exchange_access_token,
    login_info,
    password_login,
    refresh,
)
from osmo_cli.api.transport import Exchange, Transport
from osmo_cli.credentials.credential import Secrets
from osmo_cli.errors import ExitCode, NotLoggedInError, OsmoError, UsageError
from tests.loopback import Request, Server, always, answer, in_turn

JWT = "aGVhZA.Ym9keQ.c2ln"
ACCESS_TOKEN = "f" * 64


def reply(status: int, value: Any) -> bytes:
    return answer(status, json.dumps(value))


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
    assert result.message == "the service does not know this access token"
    assert result.exit_code is ExitCode.NOT_AUTHORIZED
    assert "osmo login" in (result.hint or "")


def test_an_expired_token_says_how_to_make_a_new_one() -> None:
    refusal = reply(400, {"message": "Access Token has expired", "error_code": "USER"})
    result, _, _ = exchange(NO_POST, refusal)
    assert isinstance(result, NotLoggedInError)
    assert result.message == "Access Token has expired"
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


DEVICE = {
    "device_code": "the-device-code",
    "user_code": "ABCD-EFGH",
    "verification_uri": "https://idp.example/device",
    "interval": 5,
    "expires_in": 600,
}
TOKENS = {"id_token": JWT, "refresh_token": "the-refresh-token", "access_token": "unused"}


class DeviceRun:
    """A device login against scripted answers; time passes in `sleep` only."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        start: Any,
        polls: list[bytes],
        info: LoginInfo | None = None,
    ) -> None:
        self.slept: list[float] = []
        self.prompts: list[DevicePrompt] = []
        clock = [1000.0]

        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            clock[0] += seconds
            assert len(self.slept) < 200, "polls without end"

        first = start if isinstance(start, bytes) else reply(200, start)
        with Server(in_turn(first, *polls)) as server, Transport(server.url) as transport:
            info = info or LoginInfo(None, "the-client", f"{server.url}/token")
            with monkeypatch.context() as patch:
                patch.setattr("osmo_cli.api.login.time.monotonic", lambda: clock[0])
                patch.setattr("osmo_cli.api.transport.time", _RealTime)
                self.secrets: Secrets | None = None
                self.error: OsmoError | None = None
                try:
                    self.secrets = device_login(
                        transport, info, f"{server.url}/device", self.prompts.append, sleep
                    )
                except OsmoError as error:
                    self.error = error
            self.forms = [
                {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
                for request in server.requests
            ]


class _RealTime:
    """The transport keeps its own clock."""

    import time as _time

    monotonic = staticmethod(_time.monotonic)
    sleep = staticmethod(_time.sleep)
    time = staticmethod(_time.time)


def pending(code: str = "authorization_pending", status: int = 400) -> bytes:
    return reply(status, {"error": code, "error_description": "s3cret input"})


def test_a_device_login(monkeypatch: pytest.MonkeyPatch) -> None:
    start = DEVICE | {"verification_uri_complete": "https://idp.example/device?code=ABCD"}
    run = DeviceRun(monkeypatch, start, [pending(), pending(), reply(200, TOKENS)])
    assert run.secrets == Secrets(access_token=None, refresh_token="the-refresh-token", jwt=JWT)
    assert run.prompts == [
        DevicePrompt(
            "https://idp.example/device",
            "ABCD-EFGH",
            "https://idp.example/device?code=ABCD",
            600,
        )
    ]
    assert run.slept == [5, 5, 5]
    assert run.forms[0] == {
        "client_id": "the-client",
        "scope": "openid offline_access profile",
    }
    assert (
        run.forms[1:]
        == [
            {
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                "device_code": "the-device-code",
                "client_id": "the-client",
            }
        ]
        * 3
    )


def test_slow_down_is_honoured_for_all_later_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    polls = [pending(), pending("slow_down"), pending(), pending("slow_down"), reply(200, TOKENS)]
    run = DeviceRun(monkeypatch, DEVICE, polls)
    assert run.secrets
    assert run.slept == [5, 5, 10, 10, 15]


@pytest.mark.parametrize("code", ["access_denied", "expired_token", "invalid_grant"])
def test_an_end_of_the_login_names_its_reason_only(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    run = DeviceRun(monkeypatch, DEVICE, [pending(), pending(code)])
    assert isinstance(run.error, NotLoggedInError)
    assert run.error.message == f"the identity provider ended the login: {code}"
    assert run.error.exit_code is ExitCode.NOT_AUTHORIZED
    assert len(run.forms) == 3


def test_nobody_confirms(monkeypatch: pytest.MonkeyPatch) -> None:
    run = DeviceRun(monkeypatch, DEVICE | {"expires_in": 18}, [pending()] * 9)
    assert isinstance(run.error, NotLoggedInError)
    assert run.error.message == "nobody confirmed the code in time"
    assert run.slept == [5, 5, 5]


@pytest.mark.parametrize("interval", [0, -1, 0.001, "nan"])
def test_an_odd_interval_does_not_flood_the_identity_provider(
    monkeypatch: pytest.MonkeyPatch, interval: Any
) -> None:
    start = DEVICE | {"interval": interval, "expires_in": 10}
    run = DeviceRun(monkeypatch, start, [pending()] * 30)
    assert isinstance(run.error, NotLoggedInError | UnexpectedAnswerError)
    assert all(seconds >= 1 for seconds in run.slept)


def test_without_an_interval_it_is_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    start = {key: value for key, value in DEVICE.items() if key not in ("interval", "expires_in")}
    run = DeviceRun(monkeypatch, start, [reply(200, TOKENS)])
    assert run.secrets
    assert run.slept == [5]


@pytest.mark.parametrize(
    "start",
    [
        [],
        {},
        DEVICE | {"interval": "often"},
        DEVICE | {"expires_in": None},
        {key: value for key, value in DEVICE.items() if key != "user_code"},
        answer(200, "<html>", "text/html"),
    ],
)
def test_a_device_endpoint_that_is_none(monkeypatch: pytest.MonkeyPatch, start: Any) -> None:
    run = DeviceRun(monkeypatch, start, [])
    assert isinstance(run.error, UnexpectedAnswerError)
    assert run.error.hint
    assert not run.prompts


def test_a_service_without_an_identity_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    run = DeviceRun(monkeypatch, DEVICE, [], LoginInfo(None, None, None))
    assert isinstance(run.error, UsageError)
    assert run.error.message == "this service has no identity provider"
    assert not run.prompts, "nobody is sent to a browser in vain"


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
    refusal = pending("invalid_grant", status)
    with Server(always(refusal)) as server, Transport(server.url) as transport:
        info = LoginInfo(None, None, f"{server.url}/token")
        with pytest.raises(NotLoggedInError) as caught:
            password_login(transport, info, "u", "s3cret")
    assert caught.value.message == "the identity provider refused the login: invalid_grant"
    assert "s3cret" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("body", ["<html>no</html>", "[]", '{"error": 5}'])
def test_a_refusal_in_another_form(body: str) -> None:
    with Server(always(answer(400, body))) as server, Transport(server.url) as transport:
        info = LoginInfo(None, None, f"{server.url}/token")
        with pytest.raises(NotLoggedInError, match="refused the login: status 400"):
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
    with Server(always(pending("invalid_grant"))) as server, Transport(server.url) as transport:
        with pytest.raises(NotLoggedInError, match="refused the login: invalid_grant") as caught:
            refresh(transport, f"{server.url}/token", "old-refresh-token", "c")
        assert "old-refresh-token" not in str(caught.value)
