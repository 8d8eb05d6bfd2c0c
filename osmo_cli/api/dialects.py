"""Which dialect the service speaks: its OpenAPI document says, else the shape of its answers."""

from __future__ import annotations

import json
import time
from typing import Any

from osmo_cli.api.client import Client
from osmo_cli.api.errors import NotFoundError, ServiceError, UnexpectedAnswerError
from osmo_cli.api.transport import Transport
from osmo_cli.api.urls import build_path
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.errors import UsageError
from osmo_cli.paths import cache_dir
from osmo_cli.private_files import replace_private

_CACHE = "services.json"
_MAX_AGE_SECONDS = 3600.0
_UNPROCESSABLE = 422
_KEYLESS = "DefaultDataCredential"
"""What the service calls a data credential without keys (api.md 3.7)."""


def identify(client: Client, *, for_write: bool = False, anew: bool = False) -> Dialect:
    """The dialect of the client's service; also sets the client's `service_version`.

    What was learnt is kept for an hour by origin. Before a write the version is asked for
    again, since a service may have been upgraded meanwhile; `anew` forgets what was learnt.

    Raises:
        UsageError: it is a version that this program does not know.
        OsmoError: the service cannot be asked.
    """
    remembered = None if anew else _remembered(client)
    if remembered and not for_write:
        client.service_version = remembered[0]
        return remembered[1]
    client.service_version = version = version_of(client.transport)
    if remembered and remembered[0] == version:
        return remembered[1]
    dialect = _detect(client, version)
    _remember(client, version, dialect)
    return dialect


def version_of(transport: Transport) -> str:
    """`major.minor.revision` of GET /api/version, which needs no login (api.md 1.3, 1.4).

    Raises:
        UnexpectedAnswerError: this is no OSMO service.
    """
    answer = transport.send("GET", build_path(("api", "version"))).json()
    try:
        return ".".join(str(answer[part]) for part in ("major", "minor", "revision"))
    except (KeyError, TypeError):
        raise UnexpectedAnswerError(
            "this address does not answer as an OSMO service", hint="check the address"
        ) from None


def _detect(client: Client, version: str) -> Dialect:
    try:
        openapi = client.get(("api", "openapi.json"))
    except (ServiceError, UnexpectedAnswerError):
        openapi = None
    fitting = _described(openapi)
    if fitting is None:
        shape = _shape_facts(client)
        fitting = [
            dialect
            for dialect in DIALECTS.values()
            if _is_like(shape, dialect) and _is_of(version, dialect)
        ]
        if not any(shape):
            fitting = _with_exchange(client, fitting)
    if not fitting:
        known = ", ".join(DIALECTS)
        raise UsageError(
            f"{client.credential.origin} is an OSMO service of version {version}, "
            f"which this version of osmo does not know (it knows {known})",
            hint="use a newer osmo",
        )
    return fitting[-1]


def _described(openapi: Any) -> list[Dialect] | None:
    """The dialects that fit the service's own description, of whatever version it says that it is;
    None where the description is not usable. What it has beside what is known here does not count.
    """
    from osmo_cli.config.registry.types import CONFIG_TYPES

    try:
        schemas, paths = openapi["components"]["schemas"], frozenset(openapi["paths"])
        conditions = frozenset(schemas["BackendNodeConditions"]["properties"])
    except (KeyError, TypeError):
        return None
    types = {name for name, row in CONFIG_TYPES.items() if f"/api/configs/{row.path}" in paths}
    return [
        dialect
        for dialect in DIALECTS.values()
        if dialect.node_condition_fields == conditions
        and dialect.config_types == types
        and dialect.keyless_credentials is (_KEYLESS in schemas)
        and _own_token(dialect) in paths
    ]


def _is_of(version: str, dialect: Dialect) -> bool:
    """Whether the number may be that of a service of this dialect, in any revision."""
    release = version.rpartition(".")[0]
    return release in (dialect.name, dialect.version.rpartition(".")[0])


def scheduler_types(client: Client) -> frozenset[str]:
    """Values of `scheduler_type` that the service takes; empty where its document does not say."""
    try:
        schemas = client.get(("api", "openapi.json"))["components"]["schemas"]
        return frozenset(schemas["BackendSchedulerType"]["enum"])
    except (ServiceError, UnexpectedAnswerError, KeyError, TypeError):
        return frozenset()


def _own_token(dialect: Dialect) -> str:
    """The path of one of the caller's own tokens."""
    return "/" + "/".join((*dialect.token_routes.own, "{token_name}"))


_Shape = tuple[frozenset[str], frozenset[str]]
"""Fields of `node_conditions` and of `scheduler_settings`; empty where they are not known."""


def _is_like(shape: _Shape, dialect: Dialect) -> bool:
    conditions, scheduler = shape
    return conditions in (frozenset(), dialect.node_condition_fields) and (
        scheduler in (frozenset(), dialect.scheduler_fields)
    )


def _shape_facts(client: Client) -> _Shape:
    """The shape of the first backend; nothing where there is none."""
    try:
        backend = client.get(("api", "configs", "backend"))["backends"][0]
        return frozenset(backend["node_conditions"]), frozenset(backend["scheduler_settings"])
    except (ServiceError, KeyError, IndexError, TypeError):
        return frozenset(), frozenset()


def _with_exchange(client: Client, candidates: list[Dialect]) -> list[Dialect]:
    """Those that exchange tokens as the service does; all, where that is not to be found out.

    A request without a token changes nothing, and the route is open to everybody (api.md 1.3).
    """
    try:
        client.transport.send("POST", build_path(("api", "auth", "jwt", "access_token")), body={})
    except NotFoundError:
        by_post = False
    except ServiceError as error:
        if error.status != _UNPROCESSABLE:
            return candidates
        by_post = True
    else:
        return candidates
    return [dialect for dialect in candidates if dialect.exchange_by_post is by_post]


def _cache() -> dict[str, Any]:
    try:
        cache = json.loads((cache_dir() / _CACHE).read_text("utf-8"))
    except (OSError, ValueError, RuntimeError):
        return {}
    return cache if isinstance(cache, dict) else {}


def _entry(client: Client) -> dict[str, Any]:
    """What was learnt of the client's service within the last hour; empty for nothing."""
    entry = _cache().get(str(client.credential.origin))
    if client.credential.session_key is None or not isinstance(entry, dict):
        return {}
    age = time.time() - entry["at"] if isinstance(entry.get("at"), int | float) else -1.0
    return entry if 0 <= age < _MAX_AGE_SECONDS else {}


def _remembered(client: Client) -> tuple[str, Dialect] | None:
    entry = _entry(client)
    dialect = DIALECTS.get(str(entry.get("dialect")))
    return (str(entry["version"]), dialect) if dialect and "version" in entry else None


def _remember(client: Client, version: str, dialect: Dialect) -> None:
    _keep(client, {"version": version, "dialect": dialect.name, "at": int(time.time())})


def _keep(client: Client, entry: dict[str, Any]) -> None:
    # A login from the environment leaves nothing behind (design: Credentials).
    if client.credential.session_key is None:
        return
    cache = _cache() | {str(client.credential.origin): entry}
    try:
        replace_private(cache_dir() / _CACHE, json.dumps(cache))
    except (OSError, RuntimeError):
        return


def remember_managed(client: Client) -> None:
    """Keep in mind that the service has just refused a write, being in ConfigMap mode."""
    if entry := _entry(client):
        _keep(client, entry | {"managed": True})


def is_managed(client: Client) -> bool:
    """Whether the service refused a write within the last hour, being in ConfigMap mode.

    No answer of the service tells it without one (api.md 5).
    """
    return _entry(client).get("managed") is True
