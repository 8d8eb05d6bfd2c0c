"""An existing login of the official CLI; its login.yaml is read and never changed.

docs/service/authentication.md#loginyaml
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from osmo_cli.bounded_files import open_file, read_open
from osmo_cli.credentials.credential import Credential, Method, Secrets, Vault
from osmo_cli.credentials.network import Network
from osmo_cli.credentials.origin import Origin, parse_origin
from osmo_cli.credentials.secret_input import check_token, split_refresh_url
from osmo_cli.errors import NotLoggedInError, UsageError

_MAX_BYTES = 1024 * 1024
_SOURCE = "official login.yaml"
_CLIENT_ID_OF_6_0 = "osmo-device"
_NEXT = "log in with `osmo login URL`; the file is not changed"


def official_login(file: Path, network: Network) -> Credential | None:
    """The login in `file`, or None where there is no such file.

    Args:
        file: login.yaml.
        network: what is allowed and trusted.

    Raises:
        UsageError: the file can't be read or is damaged.
        NotLoggedInError: nobody is logged in with it.
    """
    try:
        descriptor = open_file(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}", hint=_NEXT) from None
    try:
        data, status = read_open(descriptor, _MAX_BYTES), os.fstat(descriptor)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}", hint=_NEXT) from None
    finally:
        os.close(descriptor)
    content = _Section(file, "", _parse(file, data))
    url = content.text("url")
    if not url:
        raise _damaged(file, "it has no url")
    try:
        origin = parse_origin(url, allow_http=network.allow_http)
    except UsageError as error:
        raise UsageError(f"{file}: {error.message}", hint=error.hint) from None
    method, username, secrets, refresh_url, client_id = _login(content, origin)
    return Credential(
        origin=origin,
        method=method,
        source=_SOURCE,
        username=username,
        refresh_url=refresh_url,
        client_id=client_id,
        network=network,
        # The official CLI writes the file anew at each log-in.
        session_key=f"{file} {status.st_ino} {status.st_mtime_ns}",
        vault=Vault.holding(secrets),
    )


_Login = tuple[Method, str | None, Secrets, str | None, str | None]


def _login(content: _Section, origin: Origin) -> _Login:
    """Return method, user name, secrets, refresh URL and client ID of a login.yaml."""
    file = content.file
    if dev := content.section("dev_login"):
        username = dev.text("username")
        if not username:
            raise _damaged(file, "dev_login has no username")
        return Method.DEV, username, Secrets(), None, None
    login = content.section("token_login")
    if login is None:
        raise NotLoggedInError(f"{file} contains no login", hint=_NEXT)
    jwt, refresh_token = login.text("id_token"), login.text("refresh_token")
    refresh_url, username = login.text("refresh_url"), login.text("username")
    if not content.flag("osmo_token"):
        client_id = login.text("client_id") or _CLIENT_ID_OF_6_0
        secrets = Secrets(refresh_token=refresh_token, jwt=jwt)
        return Method.CODE, username, secrets, refresh_url, client_id
    token = check_token(refresh_token, f"refresh_token in {file}") if refresh_token else None
    if refresh_url and "?" in refresh_url:
        token_in_url, issuer = split_refresh_url(refresh_url, f"refresh_url in {file}")
        if issuer != origin:
            raise UsageError(
                f"{file} has a token of {issuer} for {origin}", hint=f"it was not sent; {_NEXT}"
            )
        token = token or token_in_url
    if token is None and jwt is None:
        raise _damaged(file, "it has no token")
    return Method.TOKEN, username, Secrets(access_token=token, jwt=jwt), None, None


class _Section:
    """A mapping in the file; its members are checked as they are read."""

    def __init__(self, file: Path, name: str, members: dict[Any, Any]) -> None:
        self.file = file
        self._name = name
        self._members = members

    def text(self, key: str) -> str | None:
        value = self._members.get(key)
        if not isinstance(value, str | None):
            raise self._wrong(key, "a string")
        return value or None

    def flag(self, key: str) -> bool:
        value = self._members.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, "a boolean")
        return value

    def section(self, key: str) -> _Section | None:
        value = self._members.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._wrong(key, "a mapping")
        return _Section(self.file, f"{key}.", value)

    def _wrong(self, key: str, expected: str) -> UsageError:
        return _damaged(self.file, f"{self._name}{key} is not {expected}")


def _parse(file: Path, data: bytes) -> dict[Any, Any]:
    import yaml

    try:
        content = yaml.safe_load(data.decode("utf-8"))
    except yaml.MarkedYAMLError as error:
        # The parser's own text quotes the file, and with it secrets.
        mark = error.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise _damaged(file, f"it is not YAML{place}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise _damaged(file, "it is not YAML text") from None
    if not isinstance(content, dict):
        raise _damaged(file, "it is not a mapping")
    return content


def _damaged(file: Path, reason: str) -> UsageError:
    return UsageError(f"{file} is damaged: {reason}", hint=_NEXT)
