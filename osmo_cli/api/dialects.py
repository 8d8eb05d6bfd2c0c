"""Which dialect a service uses: by its OpenAPI document, else by the shape of its answers
(docs/service/versions.md#telling-versions-apart)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from osmo_cli.api.client import Client
from osmo_cli.api.errors import (
    RefusedError,
    RouteNotFoundError,
    ServiceError,
    UnexpectedAnswerError,
)
from osmo_cli.api.memory import ServiceMemory
from osmo_cli.api.transport import Transport
from osmo_cli.api.urls import build_path
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.errors import UsageError

T = TypeVar("T")
_UNPROCESSABLE = 422
_VERSION = re.compile(r"[\w.+-]{1,60}", re.ASCII)
_KEYLESS = "DefaultDataCredential"
"""The service's name for a data credential without keys
(docs/service/workflow.md#data-credentials)."""


class DialectLookup:
    """The dialect of one service, found out once per run.

    It is remembered for an hour (`ServiceMemory`). A service may be upgraded meanwhile, so it is
    asked for its version again before a write, and detected again where an answer does not fit
    the remembered dialect.
    """

    def __init__(self, client: Client, memory: ServiceMemory) -> None:
        self._client = client
        self._memory = memory
        self._dialect: Dialect | None = None
        self._is_confirmed = False
        self._is_detected = False
        self._is_following = False

    def current(self) -> Dialect:
        """The dialect, as remembered or detected; also sets the client's service version.

        Raises:
            UsageError: this program does not know the service's version.
            OsmoError: the service did not answer.
        """
        if self._dialect is None:
            identity = self._memory.identity
            if identity is None:
                return self.detect_again()
            self._use(*identity)
        assert self._dialect is not None
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
        self._is_confirmed = True
        return self._use(*identity)

    def detect_again(self) -> Dialect:
        """Return the dialect; detect it again, but only once per run.

        Raises:
            OsmoError: as `current`.
        """
        if self._is_detected:
            return self.current()
        return self._detect(version_of(self._client.transport))

    def with_users(self) -> Dialect:
        """Return the dialect; detect it again if the known one has no users.

        An upgrade to one that does may not show in the version.
        """
        dialect = self.current()
        return self.detect_again() if dialect.token_routes.users is None else dialect

    def follow_upgrade(self, action: Callable[[], T]) -> T:
        """The result of a read; if its route has changed, once more in the actual dialect.

        The outermost call decides, so that all of its action is in one dialect.
        """
        dialect = self.current()
        if self._is_following:
            return action()
        self._is_following = True
        try:
            return action()
        except RefusedError as error:
            if not self.has_changed(dialect, error):
                raise
            return action()
        finally:
            self._is_following = False

    def has_changed(self, dialect: Dialect, error: RefusedError) -> bool:
        """Whether a request failed because the service does not have `dialect` any more.

        A service may report the version that it had before an upgrade. Where a route is missing, or
        has other parameters, it is detected again.

        Raises:
            OsmoError: as `current`.
        """
        is_route = isinstance(error, RouteNotFoundError) or error.status == _UNPROCESSABLE
        return is_route and self.detect_again() != dialect

    def _detect(self, version: str) -> Dialect:
        self._client.service_version = version
        dialect = _detect(self._client, version)
        self._is_confirmed = self._is_detected = True
        self._memory.remember_identity(version, dialect)
        return self._use(version, dialect)

    def _use(self, version: str, dialect: Dialect) -> Dialect:
        self._client.service_version, self._dialect = version, dialect
        if not _is_of(version, dialect) and _is_newest(version):
            self._client.note(
                f"the service's version {version} is newer than this osmo knows; "
                f"it is used as {dialect.name}"
            )
        return dialect


def version_of(transport: Transport) -> str:
    """`major.minor.revision` of GET /api/version, which needs no login.

    Raises:
        UnexpectedAnswerError: this is no OSMO service.
    """
    answer = transport.send("GET", build_path(("api", "version"))).json()
    try:
        version = ".".join(str(answer[part]) for part in ("major", "minor", "revision"))
    except (KeyError, TypeError):
        version = ""
    if not _VERSION.fullmatch(version):
        raise UnexpectedAnswerError(
            "this address does not answer as an OSMO service", hint="check the address"
        )
    return version


def dialect_before_login(transport: Transport) -> Dialect | None:
    """The newest dialect that the service may have, by what it shows without a login.

    Raises:
        OsmoError: the service did not answer.
    """
    version = version_of(transport)
    candidates = [dialect for dialect in DIALECTS.values() if _is_of(version, dialect)]
    if not candidates and _is_newest(version):
        candidates = list(DIALECTS.values())
    if len({dialect.exchange_by_post for dialect in candidates}) > 1:
        candidates = _with_exchange(transport, candidates)
    return candidates[-1] if candidates else None


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
            fitting = _with_exchange(client.transport, fitting)
    if not fitting and _is_newest(version):
        fitting = list(DIALECTS.values())
    if not fitting:
        known = ", ".join(DIALECTS)
        raise UsageError(
            f"{client.credential.origin} is an OSMO service of version {version}, "
            f"which this version of osmo does not know (it knows {known})",
            hint="use a newer osmo",
        )
    return fitting[-1]


def _is_newest(version: str) -> bool:
    """Whether the number is above that of every dialect."""
    try:
        number, *known = (
            tuple(map(int, text.split(".")[:2]))
            for text in (version, *(dialect.version for dialect in DIALECTS.values()))
        )
    except ValueError:
        return False
    return number > max(known)


def _described(openapi: Any) -> list[Dialect] | None:
    """The dialects that fit the service's OpenAPI document; None where it is not usable.

    The version number does not matter, nor do routes and types that no dialect has.
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
    """Whether a service of this dialect, in any revision, may report this version."""
    release = version.rpartition(".")[0]
    return release in (dialect.name, dialect.version.rpartition(".")[0])


def scheduler_types(client: Client) -> frozenset[str]:
    """Values of `scheduler_type` that the service accepts; empty where it does not say."""
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
    """The shape of the first backend; empty where there is no backend."""
    try:
        backend = client.get(("api", "configs", "backend"))["backends"][0]
        return frozenset(backend["node_conditions"]), frozenset(backend["scheduler_settings"])
    except (ServiceError, KeyError, IndexError, TypeError):
        return frozenset(), frozenset()


def _with_exchange(transport: Transport, candidates: list[Dialect]) -> list[Dialect]:
    """The candidates that exchange tokens as the service does; all where it does not show.

    A request without a token changes nothing, and the route needs no login
    (docs/service/authentication.md#open-routes).
    """
    try:
        transport.send("POST", build_path(("api", "auth", "jwt", "access_token")), body={})
    except RouteNotFoundError:
        by_post = False
    except ServiceError as error:
        if error.status != _UNPROCESSABLE:
            return candidates
        by_post = True
    else:
        return candidates
    return [dialect for dialect in candidates if dialect.exchange_by_post is by_post]
