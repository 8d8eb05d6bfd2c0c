"""BACKEND: rows that operators create by connecting (docs/service/backend.md)."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.local.faults import server_fault, user_fault
from osmo_cli.local.history import Author, add_revision, shown_time, stamp
from osmo_cli.local.records import delete_item, item, items, set_item

ONLINE_FOR = timedelta(minutes=2)
"""Age up to which a heartbeat counts as online (docs/service/backend.md#heartbeat)."""
_TYPE = "BACKEND"
_KNOWN_EVERYWHERE = "kai"
"""A scheduler that every version has."""
_ROUTER_ADDRESS = {"seed": "wss://127.0.0.1", "6.0": ""}
"""The router's address on a loopback service: of its host, or of its public name, if any."""
# What a backend has when its operator connects; the model's own defaults differ.
_NODE_CONDITIONS: dict[str, Any] = {
    "rules": {"Ready": "True"},
    "additional_node_conditions": [],
    "ignore_node_conditions": [],
}


def register(
    connection: sqlite3.Connection,
    dialect: Dialect,
    name: str,
    now: datetime,
    *,
    connected: bool,
    heartbeat: datetime,
    k8s_uid: str,
    k8s_namespace: str = "osmo",
) -> bool:
    """Do what a connecting operator does; return True if the backend is new.

    Args:
        connected: the operator keeps beating, so that the backend stays online.
        heartbeat: the operator's last sign of life.
        k8s_uid: the cluster's uid; kept as it is where the backend is known.
        k8s_namespace: where the operator runs.
    """
    connection.execute(
        "INSERT OR REPLACE INTO operators VALUES (?, ?, ?)", (name, stamp(heartbeat), connected)
    )
    if item(connection, _TYPE, name) is not None:
        return False
    from osmo_cli.config.registry.types import BACKEND

    backend = BACKEND.schema(dialect)().model_dump()
    for field in backend["node_conditions"]:
        if field in _NODE_CONDITIONS:
            backend["node_conditions"][field] = _NODE_CONDITIONS[field]
    backend |= {
        "name": name,
        "version": dialect.operator_version,
        "k8s_uid": k8s_uid,
        "k8s_namespace": k8s_namespace,
        "router_address": dialect.newest(_ROUTER_ADDRESS),
        "created_date": stamp(now),
    }
    set_item(connection, _TYPE, name, backend)
    _add_revision(connection, name, now, Author("system", f"Create backend {name}", []))
    return True


def all_backends(connection: sqlite3.Connection, now: datetime) -> list[dict[str, Any]]:
    """Return all backends as the service shows them, by name."""
    operators = {row["name"]: row for row in connection.execute("SELECT * FROM operators")}
    stored = items(connection, _TYPE)
    return [_shown(backend, operators[name], now) for name, backend in stored.items()]


def check_loadable(dialect: Dialect, backend: dict[str, Any]) -> None:
    """Raise Fault (500) for a backend that an older service stored, with a scheduler of its own.

    See docs/service/backend.md#rows-with-an-older-scheduler.
    """
    stored = backend["scheduler_settings"]
    if stored.get("scheduler_type") == _KNOWN_EVERYWHERE:
        return
    from pydantic import ValidationError

    from osmo_cli.config.registry.types import BACKEND

    known = {key: stored[key] for key in stored if key in dialect.scheduler_fields}
    try:
        BACKEND.schema(dialect).model_validate({"scheduler_settings": known}, strict=False)
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"]
        raise server_fault(f"Failed to load backend '{backend['name']}': {reason}") from None


def backend(connection: sqlite3.Connection, name: str, now: datetime) -> dict[str, Any]:
    """Return one backend as the service shows it. Raises Fault (500) if it does not exist."""
    operator = connection.execute("SELECT * FROM operators WHERE name = ?", (name,)).fetchone()
    return _shown(_stored(connection, name), operator, now)


def heartbeat(connection: sqlite3.Connection, name: str, now: datetime) -> datetime | None:
    """Return the time of a backend's last heartbeat, or None if it is not registered."""
    # In ConfigMap mode a backend without an operator reads as online, but its pools do not.
    query = "SELECT * FROM main.operators WHERE name = ?"
    operator = connection.execute(query, (name,)).fetchone()
    return None if operator is None else _beat(operator, now)


def _beat(operator: sqlite3.Row, now: datetime) -> datetime:
    return now if operator["connected"] else datetime.fromisoformat(operator["last_heartbeat"])


def _stored(connection: sqlite3.Connection, name: str) -> dict[str, Any]:
    stored = item(connection, _TYPE, name)
    if stored is None:
        raise server_fault(f"Backend {name} is not found.")
    assert isinstance(stored, dict)
    return stored


def _shown(stored: dict[str, Any], operator: sqlite3.Row, now: datetime) -> dict[str, Any]:
    beat = _beat(operator, now)
    return {
        **stored,
        "created_date": shown_time(stored["created_date"]),
        "last_heartbeat": beat.isoformat(),
        "online": now - beat <= ONLINE_FOR,
    }


def update(
    connection: sqlite3.Connection,
    name: str,
    changes: dict[str, Any],
    now: datetime,
    author: Author,
) -> None:
    """POST: set each field of `changes` that is not null, whole; always a new revision.

    Raises:
        Fault: unknown backend (500); duplicate or unknown tests (400).
    """
    _set_fields(connection, name, _stored(connection, name), changes)
    _add_revision(connection, name, now, author)


def check_tests(connection: sqlite3.Connection, tests: list[str]) -> None:
    """Raise Fault (400) for a duplicate or unknown test."""
    if len(set(tests)) < len(tests):
        raise user_fault("Backend tests list contains duplicates")
    for test in tests:
        if item(connection, "BACKEND_TEST", test) is None:
            raise user_fault(f"Backend test with name {test} not found")


def _set_fields(
    connection: sqlite3.Connection, name: str, stored: dict[str, Any], changes: dict[str, Any]
) -> None:
    check_tests(connection, changes.get("tests") or [])
    given = {field: value for field, value in changes.items() if value is not None}
    set_item(connection, _TYPE, name, stored | given)


def delete(connection: sqlite3.Connection, name: str, now: datetime, author: Author) -> None:
    """DELETE: deleting an unknown backend succeeds and adds a revision, too."""
    _remove(connection, name)
    _add_revision(connection, name, now, author)


def _remove(connection: sqlite3.Connection, name: str) -> None:
    delete_item(connection, _TYPE, name)
    connection.execute("DELETE FROM operators WHERE name = ?", (name,))


def restore(
    connection: sqlite3.Connection,
    snapshot: list[dict[str, Any]],
    writable: frozenset[str],
) -> None:
    """What a rollback does before it writes its revision.

    Raises:
        Fault: a backend of the snapshot is gone: it can't be made again (500). The changes made
            so far stay, as in the service.
    """
    wanted = {str(row["name"]): row for row in snapshot}
    stored = items(connection, _TYPE)
    for name in stored.keys() - wanted.keys():
        _remove(connection, name)
    for name, row in sorted(wanted.items()):
        if name not in stored:
            raise server_fault(f"Backend '{name}' not found", keeps_changes=True)
        changes = {field: row[field] for field in writable if field in row}
        _set_fields(connection, name, stored[name], changes)


def _add_revision(connection: sqlite3.Connection, name: str, now: datetime, author: Author) -> None:
    add_revision(connection, _TYPE, all_backends(connection, now), now, author, name=name)
