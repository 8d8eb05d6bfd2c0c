"""Logins and their renewal (docs/service/authentication.md#login-methods)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from osmo_cli.api.answers import as_object, optional_line, optional_text, text, unexpected
from osmo_cli.api.errors import InvalidTokenError, RouteNotFoundError, UnexpectedAnswerError
from osmo_cli.api.transport import Answer, Transport
from osmo_cli.api.urls import build_path
from osmo_cli.credentials.credential import Secrets
from osmo_cli.errors import NotLoggedInError, UsageError

EXCHANGE_PATH = build_path(("api", "auth", "jwt", "access_token"))
_SCOPE = "openid offline_access profile"
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
# Services of 6.0 name no client (docs/service/authentication.md#login-methods).
_DEFAULT_CLIENT_ID = "osmo-device"
_SHORTEST_INTERVAL_SECONDS = 1.0
_LONGEST_INTERVAL_SECONDS = 300.0
_LONGEST_LOGIN_SECONDS = 3600.0
_MOST_DIGITS = 12
_REFUSALS = frozenset({400, 401, 403, 428})


@dataclass(frozen=True)
class LoginInfo:
    """The identity provider as GET /api/auth/login describes it; None for what it lacks."""

    device_endpoint: str | None
    device_client_id: str | None
    token_endpoint: str | None


def login_info(transport: Transport) -> LoginInfo:
    """Ask the service for its identity provider (docs/service/authentication.md#open-routes)."""
    info = transport.send("GET", build_path(("api", "auth", "login"))).json()
    what = "GET /api/auth/login"
    fields = as_object(info, what)
    return LoginInfo(
        *(
            optional_text(fields, key) or None
            for key in ("device_endpoint", "device_client_id", "token_endpoint")
        )
    )


def exchange_access_token(transport: Transport, access_token: str) -> str:
    """Exchange an access token for a JWT (docs/service/authentication.md#token-exchange).

    The token is sent in a POST body. Only a service without that route (405, up to 6.0) gets it
    in the query of a GET, which its own proxies may log; this client does not.

    Raises:
        UnauthorizedError: the token is unknown or has expired.
    """
    try:
        try:
            answer = transport.send("POST", EXCHANGE_PATH, body={"token": access_token})
        except RouteNotFoundError as error:
            if error.status != HTTPStatus.METHOD_NOT_ALLOWED:
                raise  # another site, whose log must not contain the token
            answer = transport.send("GET", EXCHANGE_PATH, query=[("access_token", access_token)])
    except InvalidTokenError as error:
        raise NotLoggedInError(
            f"the service does not know this access token (HTTP {error.status})",
            hint=error.hint,
            code=error.status,
        ) from None
    return _jwt_of(answer, "token")


def _jwt_of(answer: Answer, key: str) -> str:
    payload = answer.json()
    jwt = payload.get(key) if isinstance(payload, dict) else None
    if not isinstance(jwt, str) or jwt.count(".") != 2:
        raise UnexpectedAnswerError(f"{answer.request} answered without a token")
    return jwt


def password_login(idp: Transport, info: LoginInfo, username: str, password: str) -> Secrets:
    """Exchange a name and password at the identity provider.

    docs/service/authentication.md#login-methods
    """
    form = {
        "grant_type": "password",
        "client_id": info.device_client_id or _DEFAULT_CLIENT_ID,
        "username": username,
        "password": password,
        "scope": _SCOPE,
    }
    return _oidc_secrets(idp.send("POST", _token_endpoint(info), form=form, accept=_REFUSALS))


@dataclass(frozen=True)
class DevicePrompt:
    """What the user has to do while a device login waits."""

    verification_uri: str
    user_code: str
    complete_uri: str | None
    expires_in: float


def device_login(
    idp: Transport,
    info: LoginInfo,
    device_endpoint: str,
    show: Callable[[DevicePrompt], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Secrets:
    """Log in with a code that the user types in a browser (RFC 8628).

    Args:
        idp: transport to the identity provider.
        info: the service's answer about it.
        device_endpoint: where the code comes from.
        show: called once with what the user has to do.
        sleep: waits between polls, in seconds.

    Raises:
        NotLoggedInError: the user refused, or the code's time ran out.
        UsageError: the service has no identity provider.
    """
    client_id = info.device_client_id or _DEFAULT_CLIENT_ID
    token_endpoint = _token_endpoint(info)
    start = idp.send("POST", device_endpoint, form={"client_id": client_id, "scope": _SCOPE}).json()
    device_code, prompt, interval = _device_start(start)
    show(prompt)
    form = {"grant_type": _DEVICE_GRANT, "device_code": device_code, "client_id": client_id}
    deadline = time.monotonic() + prompt.expires_in
    while time.monotonic() + interval < deadline:
        sleep(interval)
        answer = idp.send("POST", token_endpoint, form=form, accept=_REFUSALS)
        if answer.status == 200:
            return _oidc_secrets(answer)
        error = _oidc_error(answer)
        if error == "slow_down":
            interval += 5  # RFC 8628, 3.5
        elif error != "authorization_pending":
            raise NotLoggedInError(f"the identity provider ended the login: {error}")
    raise NotLoggedInError("the code was not confirmed in time", hint="run `osmo login` again")


def _device_start(answer: Any) -> tuple[str, DevicePrompt, float]:
    """The device code, what to show, and the seconds between polls, of an answer by RFC 8628.

    Raises:
        UnexpectedAnswerError: it is something else.
    """
    what = "not a device login by RFC 8628"
    try:
        fields = as_object(answer, what)
        prompt = DevicePrompt(
            text(fields, "verification_uri", what),
            text(fields, "user_code", what),
            optional_line(fields, "verification_uri_complete") or None,
            min(_number(fields, "expires_in", 900, what), _LONGEST_LOGIN_SECONDS),
        )
        interval = max(_SHORTEST_INTERVAL_SECONDS, _number(fields, "interval", 5, what))
        if interval > _LONGEST_INTERVAL_SECONDS:
            raise unexpected(what)
        return text(fields, "device_code", what), prompt, interval
    except UnexpectedAnswerError as error:
        error.hint = "check --device-endpoint, or log in with --method token"
        raise


def _number(fields: dict[str, Any], key: str, default: float, what: str) -> float:
    value = fields.get(key, default)
    # Some providers send numbers as strings.
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:_MOST_DIGITS])
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise unexpected(what)
    return value


def refresh(idp: Transport, refresh_url: str, refresh_token: str, client_id: str | None) -> Secrets:
    """Renew an OIDC login; its refresh token may change too.

    Raises:
        NotLoggedInError: the identity provider no longer accepts the refresh token.
    """
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": client_id or _DEFAULT_CLIENT_ID,
    }
    secrets = _oidc_secrets(idp.send("POST", refresh_url, form=form, accept=_REFUSALS))
    return Secrets(
        access_token=None, refresh_token=secrets.refresh_token or refresh_token, jwt=secrets.jwt
    )


def _token_endpoint(info: LoginInfo) -> str:
    if not info.token_endpoint:
        raise UsageError(
            "this service has no identity provider",
            hint="log in with --method token, or on a development service with --method dev",
        )
    return info.token_endpoint


def _oidc_secrets(answer: Answer) -> Secrets:
    if answer.status != 200:
        reason = f"{_oidc_error(answer)} (HTTP {answer.status})"
        raise NotLoggedInError(
            f"the identity provider refused the login: {reason}",
            hint="run `osmo login URL` again",
        )
    payload = as_object(answer.json(), answer.request)
    token = optional_text(payload, "refresh_token") or None
    return Secrets(access_token=None, refresh_token=token, jwt=_jwt_of(answer, "id_token"))


def _oidc_error(answer: Answer) -> str:
    """The error code of RFC 6749, 5.2; the description may repeat input, so it is left out."""
    try:
        payload = answer.json()
    except UnexpectedAnswerError:
        return "no reason given"
    code = payload.get("error") if isinstance(payload, dict) else None
    return code if isinstance(code, str) else "no reason given"
