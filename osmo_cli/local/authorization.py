"""Checks before each request: identity, permission and the client's version.

See docs/service/authentication.md and docs/service/versions.md#client-version-header.
"""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, Literal

from osmo_cli.accounts.tokens import SOON_DAYS
from osmo_cli.local.faults import server_fault
from osmo_cli.local.jwts import Identity, RefusedJwtError
from osmo_cli.local.records import item, whole
from osmo_cli.local.request import Response
from osmo_cli.local.service import Service
from osmo_cli.local.tokens import list_tokens

AuthMode = Literal["none", "token"]
_NEWEST_CLIENT = {"seed": "cli_name", "6.0": "latest_version"}
"""The field of `cli_config` that names the newest client's version."""
_CLIENT = re.compile(r"(\d+)\.(\d+)\.(\d+)", re.ASCII)
_STORED = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:\..+)?", re.ASCII)

_DEVELOPER = "testuser"
_DEFAULT_ROLE = "osmo-default"
_OPEN_PATHS = (
    "/api/version",
    "/api/auth/login",
    "/api/auth/keys",
    "/api/auth/refresh_token",
    "/api/auth/jwt/refresh_token",
    "/api/auth/jwt/access_token",
    "/client/version",
)


class RefusedError(Exception):
    """A request is refused; `response` is the answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def identify(service: Service, method: str, path: str, headers: dict[str, str]) -> Identity:
    """Return who makes a request, if they may.

    Args:
        headers: by lower-case name.

    Raises:
        RefusedError: no valid JWT (401, plain text), or no role that permits it (403).
    """
    if service.developer:
        user = headers.get("x-osmo-user") or _DEVELOPER
        return Identity(user, token_name=headers.get("x-osmo-token-name"))
    if path.startswith(_OPEN_PATHS):
        return Identity("")
    token = headers.get("x-osmo-auth", "")
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    if not token and scheme.lower() == "bearer":
        token = bearer.strip()
    try:
        if not token:
            raise RefusedJwtError("Jwt is missing")
        identity = service.signer.check(token)
    except RefusedJwtError as refused:
        raise RefusedError(Response(status=401, text=str(refused))) from None
    if not _permitted(service, method, path, identity):
        if service.store.dialect.semantic_roles:
            raise RefusedError(Response(status=403, text="access denied"))
        raise RefusedError(Response({"message": "Forbidden", "error_code": 403}, 403))
    return identity


def _permitted(service: Service, method: str, path: str, identity: Identity) -> bool:
    if service.store.dialect.semantic_roles:
        return _permitted_by_name(service, method, path, identity)
    with service.store.read() as connection:
        roles = [item(connection, "ROLE", name) for name in (*identity.roles, _DEFAULT_ROLE)]
    return any(
        _matches(policy["actions"], method, path)
        for role in roles
        if role is not None
        for policy in role["policies"]
    )


def _permitted_by_name(service: Service, method: str, path: str, identity: Identity) -> bool:
    """What the default roles from 6.2 on permit on the routes that there are here.

    The gateway that checks the roles' own actions is not part of the service
    (docs/service/authentication.md#permissions).
    """
    if "osmo-admin" in identity.roles:
        return True
    if path == "/health":
        return True
    reads_backends = method == "GET" and re.match(r"/api/configs/backend(/|$)", path) is not None
    if reads_backends and "osmo-backend" in identity.roles:
        return True
    # Tokens of others too (docs/service/authentication.md#tokens-of-other-users).
    is_token = re.match(r"/api/auth/(user/[^/]+/)?access_token(/|$)", path) is not None
    makes_tokens = service.store.dialect.users_make_tokens and "osmo-user" in identity.roles
    return is_token and makes_tokens


def _matches(actions: list[str], method: str, path: str) -> bool:
    """Whether a policy's actions (`http:<path glob>:<method>`, `!` forbids) permit a request."""
    permitted = False
    for action in actions:
        _, pattern, wanted = action.split(":")
        if wanted != "*" and wanted.upper() != method:
            continue
        if pattern.startswith("!"):
            if fnmatchcase(path, pattern[1:]):
                return False
        elif fnmatchcase(path, pattern):
            permitted = True
    return permitted


def notices(
    service: Service, path: str, headers: dict[str, str], caller: Identity
) -> dict[str, str]:
    """Return the headers about the client's version and the caller's token.

    See docs/service/versions.md#warnings-in-headers.

    Raises:
        RefusedError: SERVICE does not support the client's version any more or the token has
            expired (400), or a version is malformed (500, as in the service).
    """
    client = headers.get("x-osmo-client-version")
    if client is None:
        return {}
    numbers = _numbers(client, _CLIENT)
    if path.startswith("/client"):
        return {}
    added, warnings = _about_version(service, client, numbers)
    warnings += _about_token(service, caller)
    if warnings and service.store.dialect.warning_header:
        added["x-osmo-warning"] = b64encode("\n".join(warnings).encode()).decode()
    return added


def _about_token(service: Service, caller: Identity) -> list[str]:
    name = caller.token_name
    if name is None or not service.store.dialect.checks_token_expiry:
        return []
    with service.store.read() as connection:
        listed = list_tokens(connection, "USER", caller.user)
    ends = next((token["expires_at"][:10] for token in listed if token["token_name"] == name), None)
    if ends is None:
        return []
    left = (date.fromisoformat(ends) - service.now().date()).days
    if left <= 0:
        message = f"Access token {name} has expired."
        raise RefusedError(Response({"message": message, "error_code": "OSMO_ERROR"}, 400))
    if left > SOON_DAYS:
        return []
    return [f"WARNING: Access token {name} is expiring on {ends} at 12AM UTC."]


def _about_version(
    service: Service, client: str, numbers: list[int]
) -> tuple[dict[str, str], list[str]]:
    with service.store.read() as connection:
        configuration = whole(connection, "SERVICE")
    latest, least = newest_client(service, configuration), least_client(configuration)
    if numbers >= _numbers(latest, _STORED):
        return {}, []
    if least and numbers < _numbers(least, _STORED):
        message = (
            f"Your client is out of date. Client version is {client} but the newest client version"
            f" is {latest}.{_way_out(service, configuration)}"
        )
        raise RefusedError(Response({"message": message, "error_code": "OSMO_ERROR"}, 400))
    warning = (
        f"WARNING: New client {latest} available.\nCurrent version: {client}."
        f"{_way_out(service, configuration)}"
    )
    return {"x-osmo-service-version": latest}, [warning]


def _way_out(service: Service, configuration: dict[str, Any]) -> str:
    """How an outdated client is told to be renewed."""
    if not service.store.dialect.client_install_url:
        return (
            " Please run the following command:\n"
            f"curl -fsSL {configuration['service_base_url']}/client/install.sh | bash"
        )
    if address := _client_versions(configuration).get("client_install_url"):
        return f"\nPlease run the following command:\ncurl -fsSL {address} | bash"
    return "\nPlease update by running the install command in the documentation."


def newest_client(service: Service, configuration: dict[str, Any]) -> str:
    """Return the version of the newest client, which SERVICE may name."""
    dialect = service.store.dialect
    named = _client_versions(configuration).get(dialect.newest(_NEWEST_CLIENT))
    return str(named or dialect.version)


def least_client(configuration: dict[str, Any]) -> str | None:
    """Return the version of the oldest client that SERVICE supports."""
    return _client_versions(configuration).get("min_supported_version")


def _client_versions(configuration: dict[str, Any]) -> dict[str, Any]:
    versions = configuration.get("cli_config")
    return versions if isinstance(versions, dict) else {}


def _numbers(version: str, form: re.Pattern[str]) -> list[int]:
    """Return the numbers of a version. Raises RefusedError (500) for a malformed one."""
    match = form.fullmatch(version)
    if match is None:
        raise RefusedError(malformed_version())
    return [int(part) for part in match.groups()]


def malformed_version() -> Response:
    """Return the answer to a malformed version, of a client or in SERVICE."""
    fault = server_fault("Version should be of the format major.minor.revision")
    return Response(fault.body, fault.status)


def check_version(version: str) -> None:
    """Raise RefusedError (500) for a malformed version in SERVICE."""
    _numbers(version, _STORED)
