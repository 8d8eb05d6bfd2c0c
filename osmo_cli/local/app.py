"""The service as an ASGI application."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osmo_cli.local.authorization import AuthMode, RefusedError, identify, notices
from osmo_cli.local.clock import Clock, utc_now
from osmo_cli.local.configmap import ConfigMapSource
from osmo_cli.local.database import Store, open_database
from osmo_cli.local.extra import missing_packages
from osmo_cli.local.faults import server_error
from osmo_cli.local.rehearsal import Interceptor, find_fault
from osmo_cli.local.request import Request, Response
from osmo_cli.local.routes.table import routes
from osmo_cli.local.service import Route, Service, answer, failed_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.applications import Starlette
    from starlette.requests import Request as HttpRequest
    from starlette.responses import Response as HttpResponse

_DEEPEST = 5000
"""Python's limit of nested calls while the service runs."""
Runner = Callable[..., Awaitable[Response]]
"""Runs a handler, which blocks: in a thread, or directly where nothing else waits."""


async def run_directly(work: Callable[..., Response], *arguments: Any) -> Response:
    """The runner for one request at a time."""
    return work(*arguments)


def build_app(
    path: Path,
    *,
    dialect: str | None = None,
    auth: AuthMode = "none",
    now: Clock = utc_now,
    source: ConfigMapSource | None = None,
    fault: str | None = None,
) -> Starlette:
    """Build the service on the database at `path`, which is created if it does not exist.

    Handlers run in worker threads; the database is closed when the application shuts down.

    Args:
        dialect: which generation of the service; None takes the database's own.
        auth: `none` trusts the header x-osmo-user, as the real developer mode does; `token` wants
            a JWT.
        source: the file that configurations come from, if not from the database.
        fault: name of a fault to have (`rehearsal.FAULTS`).

    Raises:
        UsageError: there is no such fault.
        InvalidInputError: that file is not right.
        OsmoError: the database cannot be used (`open_database`), or the extra is not installed.
    """
    try:
        from starlette.concurrency import run_in_threadpool
    except ImportError:
        raise missing_packages() from None
    store = open_database(path, dialect, now=now, source=source)
    try:
        interceptor = find_fault(fault, store.dialect).make() if fault else None
    except BaseException:
        store.close()
        raise
    return app_on(store, auth, now, run_in_threadpool, interceptor)


def app_on(
    store: Store,
    auth: AuthMode,
    now: Clock,
    run: Runner,
    interceptor: Interceptor | None = None,
) -> Starlette:
    """The service on an open store; `run` runs its handlers, behind an interceptor if any."""
    from starlette.applications import Starlette
    from starlette.routing import Route as StarletteRoute

    # Configurations may be nested as deeply as the real service stores them.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _DEEPEST))
    service = Service(store, now, developer=auth == "none")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            store.close()

    def endpoint(route: Route) -> Callable[[HttpRequest], Awaitable[HttpResponse]]:
        async def respond(http_request: HttpRequest) -> HttpResponse:
            request = Request(
                path=http_request.path_params,
                query=http_request.query_params.multi_items(),
                body=await http_request.body(),
                accept=http_request.headers.get("accept", ""),
                content_type=http_request.headers.get("content-type", ""),
                caller=http_request.state.caller,
            )
            handler = partial(answer, route, service, request)
            if interceptor is None:
                response = await run(handler)
            else:
                response = await run(interceptor, route.method, handler)
            http_request.state.unhandled = response.unhandled
            return _response(response)

        return respond

    table = [
        StarletteRoute(route.path, endpoint(route), methods=[route.method])
        for route in routes(store.dialect)
    ]
    app = Starlette(
        routes=table,
        lifespan=lifespan,
        exception_handlers={404: _detail, 405: _detail},
    )
    app.add_middleware(_Gate, service=service)
    return app


async def _detail(_: HttpRequest, error: Exception) -> HttpResponse:
    from starlette.exceptions import HTTPException

    assert isinstance(error, HTTPException)
    return _response(Response({"detail": error.detail}, error.status_code, headers=error.headers))


def _response(response: Response) -> HttpResponse:
    from starlette.responses import Response as HttpResponse

    if response.text is not None:
        return HttpResponse(response.text, response.status, media_type=response.media_type)
    separators = (",", ":") if response.indent is None else None
    text = json.dumps(
        response.data, ensure_ascii=False, indent=response.indent, separators=separators
    )
    # An error text may quote half a surrogate pair from the request.
    body = text.encode("utf-8", "replace")
    return HttpResponse(body, response.status, response.headers, media_type="application/json")


class _Gate:
    """Asks `gate` before the routes are looked at, and adds its headers to the answer."""

    def __init__(self, app: Any, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        path = scope["path"]
        try:
            caller = identify(self._service, scope["method"], path, headers)
            extra = notices(self._service, path, headers, caller)
        except RefusedError as refused:
            await _response(refused.response)(scope, receive, send)
            return
        except sqlite3.Error as error:
            await _response(failed_database(error))(scope, receive, send)
            return
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # A row of the database that this program did not write.
            damaged = Response(server_error(type(error).__name__), 500)
            await _response(damaged)(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["caller"] = caller

        async def send_more(message: Any) -> None:
            is_start = message["type"] == "http.response.start"
            if extra and is_start and not state.get("unhandled"):
                more = [(name.encode(), value.encode()) for name, value in extra.items()]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self._app(scope, receive, send_more)
