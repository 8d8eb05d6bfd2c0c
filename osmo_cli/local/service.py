"""The running service, its routes, and how a handler's outcome becomes an answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from osmo_cli.local.checking.messages import InvalidRequestError, entries
from osmo_cli.local.clock import Clock
from osmo_cli.local.configmap import EXEMPT_USER, ConfigMap, managed_elsewhere
from osmo_cli.local.database import Store
from osmo_cli.local.faults import Fault, database_fault, server_error
from osmo_cli.local.jwts import Signer
from osmo_cli.local.records import whole
from osmo_cli.local.request import Request, Response


@dataclass
class Service:
    """The running service.

    Attributes:
        store: where everything is kept.
        now: the clock.
        developer: no authorization; up to 6.2 the service then accepts unknown fields
            (docs/service/unknown-fields.md#developer-mode).
        forbids_unknown_fields: a PATCH was refused, so PUTs with unknown fields are refused too.
    """

    store: Store
    now: Clock
    developer: bool
    forbids_unknown_fields: bool = field(default=False, init=False)
    _signer: Signer | None = field(default=None, init=False)

    @property
    def signer(self) -> Signer:
        """Makes and checks JWTs with the key that SERVICE names now."""
        with self.store.read() as connection:
            auth = whole(connection, "SERVICE")["service_auth"]
        if self._signer is None or self._signer.auth != auth:
            self._signer = Signer(auth, self.now)
        return self._signer


Handler = Callable[[Service, Request], Response]


@dataclass(frozen=True)
class Route:
    """One row of the route table.

    Attributes:
        path: the path with its parameters in braces.
        body: name of the request body's model (`checking.bodies.body_model`); None without a body.
        documented: it is in the OpenAPI document.
    """

    method: str
    path: str
    handler: Handler
    body: str | None = None
    documented: bool = True

    @property
    def changes_configuration(self) -> bool:
        """Whether ConfigMap mode refuses it (docs/service/configmap.md#refused-writes)."""
        is_config = self.path.startswith("/api/configs/") and "/revision/" not in self.path
        return is_config and self.method != "GET"


def answer(route: Route, service: Service, request: Request) -> Response:
    """Run a handler; turn every outcome into an answer (docs/service/errors.md#error-bodies)."""
    try:
        if service.store.configmap:
            service = _with_configmap(route, service, request, service.store.configmap)
        return route.handler(service, request)
    except Fault as fault:
        return Response(fault.body, fault.status, unhandled=fault.unhandled)
    except InvalidRequestError as invalid:
        return Response({"detail": entries(invalid.problems, service.store.dialect.pydantic)}, 422)
    except (sqlite3.Error, UnicodeEncodeError) as error:
        return failed_database(error)
    except Exception as error:
        return Response(server_error(str(error)), 500, unhandled=True)


def failed_database(error: Exception) -> Response:
    """The answer to a failure of the database; SQLite may quote what a row holds."""
    refused = database_fault(str(error).partition(" with text ")[0])
    return Response(refused.body, refused.status)


def _with_configmap(
    route: Route, service: Service, request: Request, configmap: ConfigMap
) -> Service:
    """The service that answers in ConfigMap mode. Raises Fault for what it refuses."""
    if not route.changes_configuration:
        configmap.check_read(route.path, request.path)
        return service
    # An invalid request is reported first (docs/service/configmap.md#refused-writes).
    if route.body:
        read_body(service, request, route.body)
    if request.caller.user != EXEMPT_USER:
        raise managed_elsewhere()
    configmap.check_exempt_write(route.path, request.path)
    return replace(service, store=service.store.without_configmap())


def read_body(service: Service, request: Request, name: str) -> Any:
    """The request's body as a model of `checking.bodies.body_model`.

    Raises:
        InvalidRequestError: it is wrong.
        Fault: so is a value that the service looks at by itself (400).
    """
    from osmo_cli.local.checking.bodies import body_model
    from osmo_cli.local.checking.validation import parse

    dialect = service.store.dialect
    return parse(
        body_model(name, dialect),
        request.json(),
        ("body",),
        dialect.pydantic,
        closed=service.forbids_unknown_fields,
    )
