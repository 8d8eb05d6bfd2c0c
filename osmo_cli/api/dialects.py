"""Which dialect the service speaks: its OpenAPI document says, else the shape of its answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from osmo_cli.api.client import Client
from osmo_cli.api.errors import NotFoundError, ServiceError, UnexpectedAnswerError
from osmo_cli.api.memory import ServiceMemory
from osmo_cli.api.transport import Transport
from osmo_cli.api.urls import build_path
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.errors import UsageError

T = TypeVar("T")
_UNPROCESSABLE = 422
_KEYLESS = "DefaultDataCredential"
"""What the service calls a data credential without keys (api.md 3.7)."""


class DialectLookup:
    """The dialect of one service, found out once per run.

    What was found out is remembered for an hour (`ServiceMemory`). A service may be upgraded
    meanwhile, so it is asked for its version again before a write, and detected again where an
    answer does not fit the remembered dialect.
    """

    def __init__(self, client: Client, memory: ServiceMemory) -> None:
        self._client = client
        self._memory = memory
        self._dialect: Dialect | None = None
        self._is_confirmed = False
        self._is_detected = False

    def current(self) -> Dialect:
        """The dialect, as remembered or detected; also sets the client's service version.

        Raises:
            UsageError: this program does not know the service's version.
            OsmoError: the service did not answer.
        """
        if self._dialect is None:
            if identity := self._memory.identity:
                self._client.service_version, self._dialect = identity
            else:
                return self.detect_again()
        return self._dialect

    def confirmed(self) -> Dialect:
        """The dialect, after asking the service whether it still has the remembered version.

        Raises:
            OsmoError: as `current`.
        """
        if self._is_confirmed:
            return self.current()
        version = version_of(self._client.transport)
        identity = self._memory.identity
        if identity is None or identity[0] != version:
            return self._detect(version)
        self._client.service_version, self._dialect = identity
        self._is_confirmed = True
        return self._dialect

    def detect_again(self) -> Dialect:
        """The dialect, detected anew unless this run has done so already.

        Raises:
            OsmoError: as `current`.
        """
        if self._is_detected:
            return self.current()
        return self._detect(version_of(self._client.transport))

    def with_users(self) -> Dialect:
        """The dialect; detected again where it is thought to keep no users.

        An upgrade to one that does may not show in the version.
        """
        dialect = self.current()
        return self.detect_again() if dialect.token_routes.users is None else dialect

    def follow_upgrade(self, action: Callable[[], T]) -> T:
        """The result of `action`; where its route is missing, once more in the actual dialect.

        A service may report the version that it had before an upgrade. Where a route is missing
        nothing was done.
        """
        dialect = self.current()
        try:
            return action()
        except NotFoundError:
            if self.detect_again() == dialect:
                raise
            return action()

    def _detect(self, version: str) -> Dialect:
        self._client.service_version = version
        self._dialect = _detect(self._client, version)
        self._is_confirmed = self._is_detected = True
        self._memory.remember_identity(version, self._dialect)
        return self._dialect


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
