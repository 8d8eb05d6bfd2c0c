"""The route table of a dialect, and the OpenAPI document made from it."""

from __future__ import annotations

from functools import cache
from typing import Any

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.local.request import Request, Response
from osmo_cli.local.routes import auth, configs, history, items, pools, users, whole
from osmo_cli.local.service import Route, Service
from osmo_cli.local.tokens import AccessType

_HISTORY = "/api/configs/history"
_REVISION = _HISTORY + "/{config_type}/revision/{revision}"
_EXCHANGE = "/api/auth/jwt/access_token"


_CLIENT_PACKAGES = {"seed": True, "6.0": False}
"""Whether clients can be downloaded as Python packages."""
_EVERYWHERE = (
    Route("GET", "/api/version", auth.get_version),
    Route("GET", "/client/version", auth.get_client_version),
    Route("GET", "/api/auth/login", auth.get_login, documented=False),
    Route("GET", "/api/auth/keys", auth.get_keys, documented=False),
    Route("GET", _EXCHANGE, auth.exchange),
    Route("GET", "/api/configs/backend", configs.list_backends),
    Route("GET", "/api/configs/backend/{name}", configs.get_backend),
    Route("POST", "/api/configs/backend/{name}", configs.post_backend, "post_backend"),
    Route("DELETE", "/api/configs/backend/{name}", configs.delete_backend, "delete_backend"),
    *pools.routes(),
    Route("GET", _HISTORY, history.get_history),
    Route("POST", _HISTORY + "/rollback", history.post_rollback, "rollback"),
    Route("DELETE", _REVISION, history.delete_revision),
    Route("POST", _REVISION + "/tags", history.post_tags, "tags"),
    Route("GET", "/api/configs/diff", history.get_diff),
)


@cache
def routes(dialect: Dialect) -> tuple[Route, ...]:
    """All routes of a dialect."""
    table = [
        *_EVERYWHERE,
        *whole.routes(dialect),
        *items.routes(dialect),
        *users.routes(dialect),
    ]
    if dialect.health_route:
        table.append(Route("GET", "/health", auth.get_health))
    if dialect.exchange_by_post:
        table.append(Route("POST", _EXCHANGE, auth.exchange_body, "token"))
    if dialect.token_routes.service is not None:
        table.append(Route("GET", "/api/auth/access_token", auth.get_token_info))
        table += _token_routes("USER", dialect.token_routes.own)
        table += _token_routes("SERVICE", dialect.token_routes.service)
    if dialect.newest(_CLIENT_PACKAGES):
        packages = "/client/pypi/simple"
        table += [
            Route("GET", packages, auth.get_packages, documented=False),
            Route("GET", packages + "/{package}", auth.get_packages, documented=False),
        ]
    table.append(Route("GET", "/api/openapi.json", get_openapi, documented=False))
    table.append(Route("GET", "/api/docs", auth.get_docs, documented=False))
    return tuple(table)


def _token_routes(kind: AccessType, segments: tuple[str, ...]) -> list[Route]:
    path = "/" + "/".join(segments)
    return [
        Route("GET", path, auth.list_of(kind)),
        Route("POST", path + "/{token_name}", auth.create_of(kind)),
        Route("DELETE", path + "/{token_name}", auth.delete_of(kind)),
    ]


def get_openapi(service: Service, request: Request) -> Response:
    """GET /api/openapi.json: clients find out by it which generation they face."""
    return Response(_openapi(service.store.dialect.name))


@cache
def _openapi(dialect: str) -> dict[str, Any]:
    from osmo_cli.local.routes.openapi import document

    return document(DIALECTS[dialect], routes(DIALECTS[dialect]))
