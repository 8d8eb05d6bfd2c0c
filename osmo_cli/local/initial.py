"""The configuration of a new service (docs/service/history.md#first-revisions)."""

from __future__ import annotations

import sqlite3
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.local import history, item_types
from osmo_cli.local.clock import Clock
from osmo_cli.local.masks import sealed
from osmo_cli.local.records import set_item
from osmo_cli.local.stored_types import config_types, snapshot
from osmo_cli.local.whole_types import WHOLE

LOGIN_INFO: dict[str, str | None] = dict.fromkeys(
    (
        "device_endpoint",
        "device_client_id",
        "browser_endpoint",
        "browser_client_id",
        "token_endpoint",
        "logout_endpoint",
    )
)
"""No identity provider: what GET /api/auth/login answers."""


def write_initial_state(
    connection: sqlite3.Connection,
    dialect: Dialect,
    key: dict[str, dict[str, str]],
    now: Clock,
    *,
    managed: bool = False,
) -> None:
    """Store the first configuration of every type, and the revisions that a start writes.

    Revision 1 of each type comes before the defaults of the types with named items.

    Args:
        key: the signing key, as `jwts.new_signing_key` makes it.
        managed: the service starts in ConfigMap mode, and makes no default items.
    """
    first: dict[str, Any] = {
        name: row.first(dialect, key) for name, row in WHOLE.items() if name in dialect.config_types
    }
    for config_type, configuration in first.items():
        set_item(connection, config_type, "", sealed(configuration, config_type, dialect))
    # In the registry's order each type comes after those that its items refer to.
    rows = [
        item_types.ITEM_TYPES[name]
        for name in CONFIG_TYPES
        if name in item_types.ITEM_TYPES and name in dialect.config_types
    ]
    for row in rows:
        if row.before_first_revision:
            for name, item in row.first(dialect).items():
                set_item(connection, row.name, name, item)
    for config_type in config_types(dialect):
        if config_type in first:
            data = first[config_type]
        else:
            data = snapshot(connection, dialect, config_type, now())
        author = history.Author("system", "Initial configuration", ["initial-config"])
        history.add_revision(connection, config_type, data, now(), author)
    if not managed:
        _write_default_items(connection, dialect, rows, now)


def _write_default_items(
    connection: sqlite3.Connection, dialect: Dialect, rows: list[item_types.ItemType], now: Clock
) -> None:
    """Store the items that a start adds, with a revision for each type."""
    for row in rows:
        items = {} if row.before_first_revision else row.first(dialect)
        if items:
            stored = item_types.put(connection, dialect, row, items)
            description = row.put_all.format(name=list(stored)[-1])
            author = history.Author(dialect.newest(row.first_user), description, None)
            item_types.revise(connection, dialect, row, now(), author)
