"""The device login (RFC 8628) against a real HTTP server."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from osmo_cli.api.errors import (
    UnexpectedAnswerError,
)
from osmo_cli.api.login import (
    DevicePrompt,
    LoginInfo,
    device_login,
)
from osmo_cli.api.transport import Transport
from osmo_cli.credentials.credential import Secrets
from osmo_cli.errors import ExitCode, NotLoggedInError, OsmoError, UsageError
from tests.support.loopback import Server, answer, in_turn
from tests.unit.api.identity import JWT, TOKENS, oauth_error, reply

DEVICE = {
    "device_code": "the-device-code",
    "user_code": "ABCD-EFGH",
    "verification_uri": "https://idp.example/device",
    "interval": 5,
    "expires_in": 600,
}


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


def test_a_device_login(monkeypatch: pytest.MonkeyPatch) -> None:
    start = DEVICE | {"verification_uri_complete": "https://idp.example/device?code=ABCD"}
    run = DeviceRun(monkeypatch, start, [oauth_error(), oauth_error(), reply(200, TOKENS)])
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
    polls = [
        oauth_error(),
        oauth_error("slow_down"),
        oauth_error(),
        oauth_error("slow_down"),
        reply(200, TOKENS),
    ]
    run = DeviceRun(monkeypatch, DEVICE, polls)
    assert run.secrets
    assert run.slept == [5, 5, 10, 10, 15]


@pytest.mark.parametrize("code", ["access_denied", "expired_token", "invalid_grant"])
def test_an_end_of_the_login_names_its_reason_only(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    run = DeviceRun(monkeypatch, DEVICE, [oauth_error(), oauth_error(code)])
    assert isinstance(run.error, NotLoggedInError)
    assert run.error.message == f"the identity provider ended the login: {code}"
    assert run.error.exit_code is ExitCode.NOT_AUTHORIZED
    assert len(run.forms) == 3


def test_nobody_confirms(monkeypatch: pytest.MonkeyPatch) -> None:
    run = DeviceRun(monkeypatch, DEVICE | {"expires_in": 18}, [oauth_error()] * 9)
    assert isinstance(run.error, NotLoggedInError)
    assert run.error.message == "the code was not confirmed in time"
    assert run.slept == [5, 5, 5]


@pytest.mark.parametrize("interval", [0, -1, 0.001, "nan"])
def test_an_odd_interval_does_not_flood_the_identity_provider(
    monkeypatch: pytest.MonkeyPatch, interval: Any
) -> None:
    start = DEVICE | {"interval": interval, "expires_in": 10}
    run = DeviceRun(monkeypatch, start, [oauth_error()] * 30)
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


@pytest.mark.parametrize("key", ["expires_in", "interval"])
@pytest.mark.parametrize(
    "number", ["1e400", "NaN", "-Infinity", "-1", "null", "true", '"soon"', "[5]", "-1e300"]
)
def test_odd_times_are_an_unexpected_answer(
    monkeypatch: pytest.MonkeyPatch, key: str, number: str
) -> None:
    body = json.dumps(DEVICE | {key: "?"}).replace('"?"', number)
    run = DeviceRun(monkeypatch, answer(200, body), [])
    assert isinstance(run.error, UnexpectedAnswerError)
    assert (run.slept, run.prompts) == ([], [])


@pytest.mark.parametrize("interval", [1e300, 301, 10**400])
def test_an_interval_that_never_ends_is_an_unexpected_answer(
    monkeypatch: pytest.MonkeyPatch, interval: float
) -> None:
    run = DeviceRun(monkeypatch, DEVICE | {"interval": interval}, [])
    assert isinstance(run.error, UnexpectedAnswerError)


@pytest.mark.parametrize("expires_in", [1e300, 10**30, 3601, "99999999999999999999"])
def test_a_login_waits_for_an_hour_at_most(
    monkeypatch: pytest.MonkeyPatch, expires_in: float | str
) -> None:
    start = DEVICE | {"expires_in": expires_in, "interval": 300}
    run = DeviceRun(monkeypatch, start, [oauth_error()] * 20)
    assert isinstance(run.error, NotLoggedInError)
    assert sum(run.slept) <= 3600
    assert run.prompts[0].expires_in == 3600
