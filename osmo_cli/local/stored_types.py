"""All config types of the embedded service: in which order it names them, and their revisions."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import BACKEND
from osmo_cli.local import backends
from osmo_cli.local.item_types import ITEM_TYPES
from osmo_cli.local.item_types import snapshot as snapshot_of_items
from osmo_cli.local.whole_types import WHOLE, read


def config_types(dialect: Dialect) -> list[str]:
    """Return the config types of a dialect in the service's order."""
    order = (*WHOLE, BACKEND.name, *ITEM_TYPES)
    return [name for name in order if name in dialect.config_types]


def known_types(dialect: Dialect) -> list[str]:
    """Return the types whose revisions a dialect shows, those that it no longer has included."""
    return [*sorted(dialect.history_types), *config_types(dialect)]


def snapshot(
    connection: sqlite3.Connection, dialect: Dialect, config_type: str, now: datetime
) -> Any:
    """Return a type's whole configuration as a revision holds it."""
    if config_type in WHOLE:
        return read(connection, WHOLE[config_type], dialect)
    if config_type in ITEM_TYPES:
        return snapshot_of_items(connection, dialect, ITEM_TYPES[config_type], now)
    return backends.all_backends(connection, now)
