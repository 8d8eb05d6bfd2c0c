"""Which login a command uses (docs/login.md)."""

from __future__ import annotations

import os
import shlex

from osmo_cli.credentials.credential import Credential, Method, Secrets, Vault
from osmo_cli.credentials.network import USUAL
from osmo_cli.credentials.origin import LOCAL, Origin, check_scheme, parse_origin
from osmo_cli.errors import NotLoggedInError, UsageError, naming

EMBEDDED_USER = "admin"
"""The user of the embedded service where only OSMO_URL=local is said."""

_TOKEN = "OSMO_TOKEN"  # noqa: S105 - a variable's name
_TOKEN_FILE = "OSMO_TOKEN_FILE"  # noqa: S105 - a variable's name


def resolve(*, profile: str | None = None) -> Credential:
    """The login to use: `profile`, the environment, the active profile, the official CLI's.

    In full: the profile that is named; OSMO_URL with OSMO_TOKEN or OSMO_TOKEN_FILE (nothing
    else is then read); OSMO_URL=local; the profile of OSMO_URL; the profile of OSMO_PROFILE;
    the active profile; the official CLI's login.yaml.

    Raises:
        NotLoggedInError: there is no login.
        UsageError: the environment or a file is wrong.
    """
    if profile is not None:
        return _named(profile)
    if url := os.environ.get("OSMO_URL"):
        return _environment(url)
    for variable in (_TOKEN, _TOKEN_FILE):
        if os.environ.get(variable):
            raise UsageError(
                f"{variable} is set without OSMO_URL: a token is only sent to the service it "
                "belongs to",
                hint="set OSMO_URL to the service's address",
            )
    if name := os.environ.get("OSMO_PROFILE"):
        with naming("OSMO_PROFILE"):
            return _named(name)

    from osmo_cli.credentials.profiles import active_profile, credential_of

    if active := active_profile():
        return _with_variables(credential_of(active))
    return _official()


def _environment(url: str) -> Credential:
    network = USUAL.with_variables()
    name, value = _token_variable()
    if url.strip() == str(LOCAL):
        unused = (f"{name} is not used: the embedded service needs no token",) if name else ()
        return Credential(
            LOCAL, Method.DEV, "environment (OSMO_URL)", username=EMBEDDED_USER, warnings=unused
        )
    if name is None:
        # Whether http is allowed, the profile says.
        with naming("OSMO_URL"):
            origin = parse_origin(url, allow_http=True)
        return _of_origin(origin)
    with naming("OSMO_URL"):
        origin = parse_origin(url, allow_http=network.allow_http)
    token, warnings = _token(name, value, origin)
    return Credential(
        origin,
        Method.TOKEN,
        f"environment ({name})",
        network=network,
        warnings=warnings,
        vault=Vault.holding(_secrets(token)),
    )


def _token_variable() -> tuple[str | None, str]:
    """The variable that says the token, and what it says; an empty one is as good as unset
    only beside the other."""
    values = {name: os.environ[name] for name in (_TOKEN, _TOKEN_FILE) if name in os.environ}
    filled = {name: value for name, value in values.items() if value} or values
    if len(filled) > 1:
        raise UsageError(
            f"both {_TOKEN} and {_TOKEN_FILE} are set", hint="set one of them, unset the other"
        )
    return next(iter(filled.items()), (None, ""))


def _token(name: str, value: str, origin: Origin) -> tuple[str, tuple[str, ...]]:
    from osmo_cli.credentials import secret_input

    if name == _TOKEN:
        return secret_input.check_token(value, name), ()
    if value in ("", "-"):
        raise UsageError(f"{name} names no file", hint="set it to the path of the token's file")
    with naming(name):
        text = secret_input.read_secret_file(value)
    token, issuer = secret_input.parse_token_text(text, f"the file of {name}")
    if issuer is not None and issuer != origin:
        raise UsageError(
            f"the file of {name} holds a token of {issuer}, OSMO_URL is {origin}",
            hint="set OSMO_URL to the service that the token belongs to; nothing was sent",
        )
    if secret_input.is_needlessly_readable(value):
        return token, (f"{value} can be read by other users; `chmod 600 {shlex.quote(value)}`",)
    return token, ()


def _secrets(token: str) -> Secrets:
    from osmo_cli.credentials.jwt import is_jwt

    return Secrets(jwt=token) if is_jwt(token) else Secrets(access_token=token)


def _named(name: str) -> Credential:
    from osmo_cli.credentials.profiles import check_profile_name, credential_of, list_profiles

    check_profile_name(name)
    profiles = list_profiles()
    for profile in profiles:
        if profile.name == name:
            return _with_variables(credential_of(profile))
    known = ", ".join(profile.name for profile in profiles)
    raise NotLoggedInError(
        f"profile {name} not found",
        hint=f"log in: osmo login URL --profile {name}"
        + (f"; existing profiles: {known}" if known else ""),
    )


def _of_origin(origin: Origin) -> Credential:
    """The login of OSMO_URL alone: that of OSMO_PROFILE, the active one, or any for it."""
    from osmo_cli.credentials.profiles import active_profile, credential_of, list_profiles

    fitting = [profile for profile in list_profiles() if profile.origin == origin]
    active = active_profile()
    first = os.environ.get("OSMO_PROFILE") or (active.name if active else None)
    fitting.sort(key=lambda profile: profile.name != first)
    if not fitting:
        raise NotLoggedInError(
            f"OSMO_URL is {origin}, for which there is no login",
            hint=f"set OSMO_TOKEN or OSMO_TOKEN_FILE too, or log in: osmo login {origin}",
        )
    return _with_variables(credential_of(fitting[0]))


def _official() -> Credential:
    from osmo_cli.credentials.official_login import official_login
    from osmo_cli.credentials.profile_file import config_file

    login = official_login(config_file("login.yaml"), USUAL.with_variables())
    if login is None:
        raise NotLoggedInError("not logged in", hint="log in: osmo login URL")
    return login


def _with_variables(credential: Credential) -> Credential:
    """A profile's login, with what the variables allow and name beyond it.

    Raises:
        UsageError: its service is plain http on another machine, and nothing allows that.
    """
    from dataclasses import replace

    network = credential.network.with_variables()
    check_scheme(credential.origin, allow_http=network.allow_http)
    return replace(credential, network=network)
