"""BACKEND, and what the handlers of all config types share (docs/service/routes.md)."""

from __future__ import annotations

from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.local import backends
from osmo_cli.local.faults import crash
from osmo_cli.local.history import Author
from osmo_cli.local.request import Request, Response
from osmo_cli.local.service import Service, read_body


def shown(service: Service, data: Any) -> Response:
    """Return an answer with configurations, formatted as the version does it.

    docs/service/versions.md#generations
    """
    return Response(data, indent=service.store.dialect.config_indent)


def author(request: Request, body: Any, default: str) -> Author:
    """Return who makes a change and why, from a `checking.bodies.ConfigsRequest`."""
    return Author(request.caller.user, body.description or default, body.tags)


def merged(live: dict[str, Any], patch: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    """Merge a PATCH. Raises Fault (500) where the service's own merge fails."""
    from osmo_cli.config.changes.strategic_merge import MergeFault, strategic_merge

    try:
        return strategic_merge(live, patch, dialect)
    except MergeFault as fault:
        raise crash(str(fault)) from None


def list_backends(service: Service, request: Request) -> Response:
    """GET /api/configs/backend."""
    with service.store.read() as connection:
        live = backends.all_backends(connection, service.now())
    for backend in live:
        backends.check_loadable(service.store.dialect, backend)
    return shown(service, {"backends": live})


def get_backend(service: Service, request: Request) -> Response:
    """GET /api/configs/backend/{name}."""
    with service.store.read() as connection:
        live = backends.backend(connection, request.path["name"], service.now())
    backends.check_loadable(service.store.dialect, live)
    return shown(service, live)


def post_backend(service: Service, request: Request) -> Response:
    """POST /api/configs/backend/{name}."""
    name = request.path["name"]
    body = read_body(service, request, "post_backend")
    changes = body.configs.model_dump()
    with service.store.write() as connection:
        by = author(request, body, f"Updated backend '{name}'")
        backends.update(connection, name, changes, service.now(), by)
    return Response()


def delete_backend(service: Service, request: Request) -> Response:
    """DELETE /api/configs/backend/{name}; there are no workflows that `force` could matter for."""
    name = request.path["name"]
    body = read_body(service, request, "delete_backend")
    with service.store.write() as connection:
        by = author(request, body, f"Deleted backend '{name}'")
        backends.delete(connection, name, service.now(), by)
    return Response()
