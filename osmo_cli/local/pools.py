"""POOL: what is stored, and what is computed from templates, validations and backends.

See docs/service/pool.md.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import POOL
from osmo_cli.local import accounting, backends, templates
from osmo_cli.local.faults import server_fault, user_fault
from osmo_cli.local.records import item, items, whole

_COMPUTED = {path[0] for path in POOL.read_only if len(path) == 1}
_COMPUTED_OF_PLATFORMS = {path[2] for path in POOL.read_only if len(path) == 3}
_ALWAYS_SHOWN = ("name", "status")
_LISTS_COMPUTED = {"seed": True, "6.3": False}
"""Whether a GET of all pools has computed fields, with their defaults, where it is not verbose."""
_TIMEOUTS = (
    "default_exec_timeout",
    "default_queue_timeout",
    "max_exec_timeout",
    "max_queue_timeout",
)


def without_computed(pool: dict[str, Any]) -> dict[str, Any]:
    """Return a pool as it is shown where nothing is combined: with its name and status."""
    shown = stored_form(pool)
    return {key: shown.get(key, pool[key]) for key in pool if key in shown or key in _ALWAYS_SHOWN}


def stored_form(pool: dict[str, Any]) -> dict[str, Any]:
    """Return a pool without its computed fields."""
    editable = {key: value for key, value in pool.items() if key not in _COMPUTED}
    editable["platforms"] = {
        name: {key: value for key, value in platform.items() if key not in _COMPUTED_OF_PLATFORMS}
        for name, platform in pool["platforms"].items()
    }
    return editable


def check(connection: sqlite3.Connection, pool: dict[str, Any]) -> None:
    """Raise Fault (400) for a template or validation that does not exist."""
    platforms = pool["platforms"].values()
    templates.check_templates(connection, pool["common_pod_template"])
    templates.check_validations(connection, pool["common_resource_validations"])
    templates.check_groups(connection, pool.get("common_group_templates", ()))
    for platform in platforms:
        templates.check_templates(connection, platform["override_pod_template"])
        templates.check_validations(connection, platform["resource_validations"])


def refuse_topology(connection: sqlite3.Connection, pool: dict[str, Any]) -> None:
    """Raise Fault (500) for topology keys on a backend that is not registered.

    The service asks the backend's scheduler about them before it stores anything.
    """
    name = pool["backend"]
    if pool.get("topology_keys") and item(connection, "BACKEND", name) is None:
        raise server_fault(f"Backend {name} is not found.")


def refuse_unknown_backend(connection: sqlite3.Connection, pool: dict[str, Any]) -> None:
    """Raise Fault (500) if a pool's backend is not registered; what was stored stays stored."""
    name = pool["backend"]
    if item(connection, "BACKEND", name) is None:
        raise server_fault(f"Backend {name} is not found.", keeps_changes=True)


def shown_pools(
    connection: sqlite3.Connection, dialect: Dialect, now: datetime, *, verbose: bool = False
) -> dict[str, dict[str, Any]]:
    """Return all pools by name as GET shows them; with computed fields if `verbose`."""
    pools = {
        name: shown(connection, dialect, name, stored, now, verbose=verbose)
        for name, stored in items(connection, POOL.name).items()
    }
    if not verbose and not dialect.newest(_LISTS_COMPUTED):
        return {name: without_computed(pool) for name, pool in pools.items()}
    return pools


def single(
    connection: sqlite3.Connection, dialect: Dialect, name: str, now: datetime, *, verbose: bool
) -> dict[str, Any]:
    """Return one pool with the timeouts that it inherits from WORKFLOW. Raises Fault (400)."""
    pool = shown(connection, dialect, name, stored_pool(connection, name), now, verbose=verbose)
    pool = pool if verbose else without_computed(pool)
    workflow = whole(connection, "WORKFLOW")
    return pool | {key: pool[key] or workflow[key] for key in _TIMEOUTS}


def stored_pool(connection: sqlite3.Connection, name: str) -> dict[str, Any]:
    """Return a pool as it is stored. Raises Fault (400) if it does not exist."""
    stored = item(connection, POOL.name, name)
    if stored is None:
        raise user_fault(f"Pool {name} not found")
    assert isinstance(stored, dict)
    return stored


def shown(
    connection: sqlite3.Connection,
    dialect: Dialect,
    name: str,
    stored: dict[str, Any],
    now: datetime,
    *,
    verbose: bool,
) -> dict[str, Any]:
    """Return a pool with the fields of the service's model, in its order."""
    from osmo_cli.local.filling import filled

    pool: dict[str, Any] = filled(POOL.schema(dialect), stored, unset_secret="")
    beat = backends.heartbeat(connection, stored["backend"], now)
    if stored["enable_maintenance"]:
        status = "MAINTENANCE"
    else:
        online = beat is not None and now - beat <= backends.ONLINE_FOR
        status = "ONLINE" if online else "OFFLINE"
    pool |= {"name": name, "status": status}
    if verbose:
        pool["last_heartbeat"] = None if beat is None else beat.isoformat()
        fill_in(connection, pool)
        accounting.fill_in(connection, pool)
    return pool


def fill_in(connection: sqlite3.Connection, pool: dict[str, Any]) -> None:
    """Set the fields that are computed from templates and validations."""
    common, validations = pool["common_pod_template"], pool["common_resource_validations"]
    whole_pod = templates.combined(connection, common)
    pool["parsed_pod_template"] = whole_pod
    pool["parsed_resource_validations"] = templates.assertions(connection, validations)
    if "common_group_templates" in pool:
        group_templates = (
            item(connection, "GROUP_TEMPLATE", name) for name in pool["common_group_templates"]
        )
        pool["parsed_group_templates"] = [
            template for template in group_templates if template is not None
        ]
    for platform in pool["platforms"].values():
        pod = templates.combined(connection, [*common, *platform["override_pod_template"]])
        names = [*validations, *platform["resource_validations"]]
        platform |= {
            **templates.of_nodes(pod),
            "parsed_pod_template": pod,
            "parsed_resource_validations": templates.assertions(connection, names),
        }
