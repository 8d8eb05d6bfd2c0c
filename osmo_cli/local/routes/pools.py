"""Routes that only POOL has: reading, platforms, and new names (docs/service/pool.md)."""

from __future__ import annotations

from typing import Any

from osmo_cli.local import pools
from osmo_cli.local.faults import database_fault, user_fault
from osmo_cli.local.item_types import ITEM_TYPES, check_name, delete, put, revise
from osmo_cli.local.records import item, set_item
from osmo_cli.local.request import Parameters, Request, Response
from osmo_cli.local.routes.configs import author, shown
from osmo_cli.local.service import Route, Service, read_body

_POOL = ITEM_TYPES["POOL"]


def routes() -> list[Route]:
    """The routes that only pools have."""
    pool = "/api/configs/pool/{name}"
    platform = pool + "/platform/{platform_name}"
    return [
        Route("GET", "/api/configs/pool", _get_pools),
        Route("GET", pool, _get_pool),
        Route("PUT", pool + "/rename", _rename_pool, "rename:pool"),
        Route("GET", pool + "/platform", _get_platforms),
        Route("GET", platform, _get_platform),
        Route("PUT", platform, _put_platform, "put_pool_platform"),
        Route("PUT", platform + "/rename", _rename_platform, "rename:pool_platform"),
    ]


def _verbose(request: Request) -> bool:
    given = Parameters(request)
    verbose = given.flag("verbose")
    given.done()
    return verbose


def _get_pools(service: Service, request: Request) -> Response:
    verbose = _verbose(request)
    backend = Parameters(request).text("backend")
    with service.store.read() as connection:
        live = pools.shown_pools(connection, service.store.dialect, service.now(), verbose=verbose)
    chosen = {
        name: pool for name, pool in live.items() if backend is None or pool["backend"] == backend
    }
    return shown(service, {"pools": chosen})


def _shown_pool(service: Service, request: Request) -> dict[str, Any]:
    verbose = _verbose(request)
    with service.store.read() as connection:
        return pools.single(
            connection, service.store.dialect, request.path["name"], service.now(), verbose=verbose
        )


def _get_pool(service: Service, request: Request) -> Response:
    return shown(service, _shown_pool(service, request))


def _get_platforms(service: Service, request: Request) -> Response:
    return shown(service, _platforms(service, request))


def _get_platform(service: Service, request: Request) -> Response:
    platform = request.path["platform_name"]
    platforms = _platforms(service, request)
    if platform not in platforms:
        raise user_fault(f"Platform {platform} not found in pool {request.path['name']}")
    return shown(service, platforms[platform])


def _platforms(service: Service, request: Request) -> dict[str, Any]:
    """The platforms of a pool with their computed fields."""
    name, dialect = request.path["name"], service.store.dialect
    with service.store.read() as connection:
        pool = pools.single(connection, dialect, name, service.now(), verbose=True)
    platforms: dict[str, Any] = pool["platforms"]
    return platforms


def _put_platform(service: Service, request: Request) -> Response:
    pool_name, platform = request.path["name"], request.path["platform_name"]
    body = read_body(service, request, "put_pool_platform")
    check_name(_POOL.config_type, "Platform", platform)
    default = f"Put complete platform {platform} in pool {pool_name}"
    with service.store.write() as connection:
        pool = pools.stored_pool(connection, pool_name)
        pool["platforms"][platform] = body.configs.model_dump()
        put(connection, service.store.dialect, _POOL, {pool_name: pool})
        by = author(request, body, default)
        revise(connection, service.store.dialect, _POOL, service.now(), by, pool_name)
    return Response()


def _rename_platform(service: Service, request: Request) -> Response:
    """Rename a platform; an unknown one is no error, and `default_platform` keeps the old name."""
    name, old = request.path["name"], request.path["platform_name"]
    body = read_body(service, request, "rename:pool_platform")
    new = body.new_name
    check_name(_POOL.config_type, "Platform", new)
    by = author(request, body, f"Rename platform {old} to {new} in pool {name}")
    with service.store.write() as connection:
        pool = item(connection, _POOL.name, name)
        if pool is not None and old in pool["platforms"]:
            platforms = {key: value for key, value in pool["platforms"].items() if key != new}
            pool["platforms"] = {
                new if key == old else key: value
                for key, value in (platforms if new != old else pool["platforms"]).items()
            }
            set_item(connection, _POOL.name, name, pool)
        revise(connection, service.store.dialect, _POOL, service.now(), by, name)
    return Response()


def _rename_pool(service: Service, request: Request) -> Response:
    """Rename a pool; the revision has the old name and is written before the pool is read."""
    old = request.path["name"]
    body = read_body(service, request, "rename:pool")
    new = body.new_name
    _POOL.check_name(new)
    by = author(request, body, f"Rename pool {old} to {new}")
    with service.store.write() as connection:
        stored = item(connection, _POOL.name, old)
        if stored is not None:
            if new != old and item(connection, _POOL.name, new) is not None:
                raise database_fault("duplicate key value violates unique constraint")
            delete(connection, _POOL, old)
            set_item(connection, _POOL.name, new, stored)
        revise(connection, service.store.dialect, _POOL, service.now(), by, old)
        if stored is None:
            raise user_fault(f"Pool {new} not found.", keeps_changes=True)
        _POOL.finish(connection, stored)
    return Response()
