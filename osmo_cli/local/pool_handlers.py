"""Reading of POOL, its platforms, and new names (api.md 3.1, 3.9)."""

from __future__ import annotations

import sqlite3
from typing import Any

from osmo_cli.local import pools
from osmo_cli.local.config_handlers import author, shown
from osmo_cli.local.faults import user_fault
from osmo_cli.local.history import Author
from osmo_cli.local.item_types import ITEM_TYPES, check_name, delete, put, revise
from osmo_cli.local.records import item, set_item
from osmo_cli.local.request import Parameters, Request, Response
from osmo_cli.local.service import Route, Service, read_body

_POOL = ITEM_TYPES["POOL"]


def routes() -> list[Route]:
    """The routes that only pools have."""
    pool = "/api/configs/pool/{name}"
    platform = pool + "/platform/{platform_name}"
    return [
        Route("GET", "/api/configs/pool", _get_pools),
        Route("GET", pool, _get_pool),
        Route("PUT", pool + "/rename", _rename_pool, "rename_pool"),
        Route("GET", pool + "/platform", _get_platforms),
        Route("GET", platform, _get_platform),
        Route("PUT", platform, _put_platform, "put_pool_platform"),
        Route("PUT", platform + "/rename", _rename_platform, "rename_pool_platform"),
    ]


def _verbose(call: Request) -> bool:
    given = Parameters(call)
    verbose = given.flag("verbose")
    given.done()
    return verbose


def _get_pools(service: Service, call: Request) -> Response:
    verbose = _verbose(call)
    backend = Parameters(call).text("backend")
    with service.store.read() as connection:
        found = pools.shown_pools(connection, service.store.dialect, service.now(), verbose=verbose)
    chosen = {
        name: pool for name, pool in found.items() if backend is None or pool["backend"] == backend
    }
    return shown(service, {"pools": chosen})


def _shown_pool(service: Service, call: Request) -> dict[str, Any]:
    verbose = _verbose(call)
    with service.store.read() as connection:
        return pools.single(
            connection, service.store.dialect, call.path["name"], service.now(), verbose=verbose
        )


def _get_pool(service: Service, call: Request) -> Response:
    return shown(service, _shown_pool(service, call))


def _get_platforms(service: Service, call: Request) -> Response:
    return shown(service, {"platforms": _shown_pool(service, call)["platforms"]})


def _get_platform(service: Service, call: Request) -> Response:
    found = _platform(_shown_pool(service, call), call)
    return shown(service, found)


def _platform(pool: dict[str, Any], call: Request) -> Any:
    platform = call.path["platform_name"]
    if platform not in pool["platforms"]:
        raise user_fault(f"Platform {platform} not found in pool {call.path['name']}")
    return pool["platforms"][platform]


def _put_platform(service: Service, call: Request) -> Response:
    pool_name, platform = call.path["name"], call.path["platform_name"]
    request = read_body(service, call, "put_pool_platform")
    check_name(_POOL.config_type, "Platform", platform)
    default = f"Put complete platform {platform} in pool {pool_name}"
    with service.store.write() as connection:
        pool = pools.stored_pool(connection, pool_name)
        pool["platforms"][platform] = request.configs.model_dump()
        _change_pool(service, call, connection, pool, author(call, request, default))
    return Response()


def _rename_platform(service: Service, call: Request) -> Response:
    old = call.path["platform_name"]
    request = read_body(service, call, "rename_pool_platform")
    new = request.new_name
    check_name(_POOL.config_type, "Platform", new)
    default = f"Rename platform {old} to {new} in pool {call.path['name']}"
    with service.store.write() as connection:
        pool = pools.stored_pool(connection, call.path["name"])
        _platform(pool, call)
        pool["platforms"] = {
            new if name == old else name: one for name, one in pool["platforms"].items()
        }
        if pool["default_platform"] == old:
            pool["default_platform"] = new
        _change_pool(service, call, connection, pool, author(call, request, default))
    return Response()


def _change_pool(
    service: Service,
    call: Request,
    connection: sqlite3.Connection,
    pool: dict[str, Any],
    by: Author,
) -> None:
    name = call.path["name"]
    stored = put(connection, service.store.dialect, _POOL, {name: pool})
    revise(connection, service.store.dialect, _POOL, service.now(), by, name)
    _POOL.finish(connection, stored[name])


def _rename_pool(service: Service, call: Request) -> Response:
    old = call.path["name"]
    request = read_body(service, call, "rename_pool")
    new = request.new_name
    _POOL.check_name(new)
    by = author(call, request, f"Rename pool {old} to {new}")
    with service.store.write() as connection:
        stored = item(connection, _POOL.name, old)
        if stored is None:
            # The revision is written before the service looks (api.md 3.9).
            revise(connection, service.store.dialect, _POOL, service.now(), by, old)
            raise user_fault(f"Pool {old} not found.", keeps_changes=True)
        if item(connection, _POOL.name, new) is not None:
            raise user_fault("Error: duplicate key value violates unique constraint", "DATABASE")
        delete(connection, _POOL, old)
        set_item(connection, _POOL.name, new, stored)
        revise(connection, service.store.dialect, _POOL, service.now(), by, new)
    return Response()
