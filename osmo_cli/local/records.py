"""Single values of the store: facts about itself, and configuration objects as JSON."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any

from osmo_cli.local.faults import database_fault

_UNSTORABLE = re.compile(r'["\x00-\x1f]')
"""Characters that a name cannot have."""
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def meta(connection: sqlite3.Connection, name: str) -> str:
    """Return a fact about the store itself."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(row[0])


def set_meta(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Store a fact about the store itself."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def item(connection: sqlite3.Connection, config_type: str, name: str = "") -> Any | None:
    """Return one configuration object, or None. A type without named items has it under ''."""
    row = connection.execute(
        "SELECT data FROM configs WHERE config_type = ? AND name = ?", (config_type, name)
    ).fetchone()
    return None if row is None else json.loads(row[0])


def items(connection: sqlite3.Connection, config_type: str) -> dict[str, Any]:
    """Return all objects of a type by name, sorted by name."""
    rows = connection.execute(
        "SELECT name, data FROM configs WHERE config_type = ? ORDER BY name", (config_type,)
    )
    return {row["name"]: json.loads(row["data"]) for row in rows}


def whole(connection: sqlite3.Connection, config_type: str) -> dict[str, Any]:
    """Return the configuration of a type without named items; it exists from the start."""
    stored = item(connection, config_type)
    assert isinstance(stored, dict)
    return stored


def set_item(connection: sqlite3.Connection, config_type: str, name: str, data: Any) -> None:
    """Store one configuration object. Raises Fault (400) for what PostgreSQL does not store."""
    if _UNSTORABLE.search(name):
        raise database_fault("malformed array literal")
    connection.execute(
        "INSERT OR REPLACE INTO configs VALUES (?, ?, ?)", (config_type, name, json_text(data))
    )


def json_text(data: Any) -> str:
    """Return JSON as it is stored.

    Raises:
        Fault: it holds NaN, an infinite number, NUL or half a surrogate pair (400).
    """
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        raise database_fault("invalid input syntax for type json") from None
    if _NUL.search(text):
        raise database_fault("unsupported Unicode escape sequence")
    return text


def delete_item(connection: sqlite3.Connection, config_type: str, name: str) -> None:
    """Remove one configuration object, if it exists."""
    connection.execute(
        "DELETE FROM configs WHERE config_type = ? AND name = ?", (config_type, name)
    )


def has_role(connection: sqlite3.Connection, name: str) -> bool:
    """Whether the database has a role; in ConfigMap mode too, where the file is not asked.

    Source: docs/service/configmap.md#roles-and-users.
    """
    row = connection.execute(
        "SELECT 1 FROM main.configs WHERE config_type = 'ROLE' AND name = ?", (name,)
    ).fetchone()
    return row is not None
