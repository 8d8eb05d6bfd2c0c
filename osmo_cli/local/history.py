"""The revisions of each config type, which hold the whole type (docs/service/history.md)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.values import value_at
from osmo_cli.local.faults import user_fault
from osmo_cli.local.masks import mask, remark_changes
from osmo_cli.local.records import json_text

_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Author:
    """Who changes something, and what they say about it.

    `description` is the entry in the history, with a default filled in.
    """

    user: str
    description: str
    tags: list[str] | None


@dataclass(frozen=True)
class Query:
    """Filters of GET /api/configs/history; times are UTC without a zone."""

    offset: int = 0
    limit: int = 20
    descending: bool = False
    config_types: list[str] | None = None
    name: str | None = None
    revision: int | None = None
    tags: list[str] | None = None
    created_before: datetime | None = None
    created_after: datetime | None = None
    at_timestamp: datetime | None = None
    omit_data: bool = False


def stamp(time: datetime) -> str:
    """Return a time as it is stored: all have one length, so that they sort as strings."""
    return time.isoformat(timespec="microseconds")


def shown_time(stored: str) -> str:
    """Return a stored time as the service writes it: without microseconds if they are zero."""
    return stored.removesuffix(".000000")


def add_revision(
    connection: sqlite3.Connection,
    config_type: str,
    data: Any,
    now: datetime,
    author: Author,
    *,
    name: str = "",
) -> int:
    """Write the next revision of a type and return its number.

    Args:
        data: the type's whole configuration after the change, secrets in clear.
        name: the item that was changed; empty for a change of the whole type.
    """
    last = connection.execute(
        "SELECT coalesce(max(revision), 0) FROM history WHERE config_type = ?", (config_type,)
    ).fetchone()[0]
    connection.execute(
        "INSERT INTO history (config_type, revision, name, username, created_at, description,"
        " tags, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            config_type,
            last + 1,
            name,
            author.user,
            stamp(now),
            author.description,
            None if author.tags is None else json.dumps(author.tags, ensure_ascii=False),
            json_text(data),
        ),
    )
    return int(last) + 1


def find_revisions(
    connection: sqlite3.Connection, query: Query, dialect: Dialect
) -> list[dict[str, Any]]:
    """The entries that a query asks for, as the service shows them."""
    conditions = ["deleted_by IS NULL"]
    values: list[Any] = []
    for condition, value in _conditions(query):
        conditions.append(condition)
        values += value if isinstance(value, list) else [value]
    where = " AND ".join(conditions)
    columns = "id, config_type, revision, name, username, created_at, description, tags" + (
        "" if query.omit_data else ", data"
    )
    if query.at_timestamp is None:
        tail = "ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?"
        values += [query.limit, min(query.offset, _LARGEST)]
    else:
        # The newest of each type; beside max(), SQLite's other columns come from the same row.
        # The page's limits do not count here.
        columns += ", max(revision)"
        tail = "GROUP BY config_type ORDER BY created_at DESC, id DESC"
    statement = f"SELECT {columns} FROM history WHERE {where} {tail}"  # noqa: S608 - fixed texts
    rows = connection.execute(statement, values).fetchall()
    if not query.descending:
        rows.reverse()
    return [_shown(row, dialect, query.omit_data) for row in rows]


def _conditions(query: Query) -> Iterator[tuple[str, Any]]:
    if query.config_types is not None:
        yield f"config_type IN ({','.join('?' * len(query.config_types))})", query.config_types
    if query.name is not None:
        yield "name = ?", query.name
    if query.revision is not None:
        yield "revision = ?", min(query.revision, _LARGEST)
    for tag in query.tags or ():
        yield "EXISTS (SELECT 1 FROM json_each(history.tags) WHERE value = ?)", tag
    if query.created_before is not None:
        yield "created_at < ?", stamp(query.created_before)
    if query.created_after is not None:
        yield "created_at > ?", stamp(query.created_after)
    if query.at_timestamp is not None:
        yield "created_at <= ?", stamp(query.at_timestamp)


def _shown(row: sqlite3.Row, dialect: Dialect, omit_data: bool) -> dict[str, Any]:
    return {
        "config_type": row["config_type"],
        "name": row["name"],
        "revision": row["revision"],
        "username": row["username"],
        "created_at": shown_time(row["created_at"]),
        "description": row["description"],
        "tags": None if row["tags"] is None else json.loads(row["tags"]),
        "data": None if omit_data else _masked(row, dialect),
    }


def _masked(row: sqlite3.Row, dialect: Dialect) -> Any:
    return mask(json.loads(row["data"]), row["config_type"], dialect)


def revision(connection: sqlite3.Connection, config_type: str, number: int) -> sqlite3.Row:
    """Return one stored revision, deleted or not. Raises Fault if it does not exist."""
    row = connection.execute(
        "SELECT * FROM history WHERE config_type = ? AND revision = ?",
        (config_type, min(number, _LARGEST)),
    ).fetchone()
    if row is None:
        raise _not_found(config_type, number)
    assert isinstance(row, sqlite3.Row)
    return row


def _live_revision(connection: sqlite3.Connection, config_type: str, number: int) -> sqlite3.Row:
    row = revision(connection, config_type, number)
    if row["deleted_by"] is not None:
        raise _not_found(config_type, number)
    return row


def _not_found(config_type: str, number: int) -> Exception:
    return user_fault(f"No config history entry found for type {config_type} at revision {number}")


def delete_revision(
    connection: sqlite3.Connection, config_type: str, number: int, user: str
) -> None:
    """Hide a revision; its number is not used again. Raises Fault for the current one."""
    row = _live_revision(connection, config_type, number)
    last = connection.execute(
        "SELECT max(revision) FROM history WHERE config_type = ?", (config_type,)
    ).fetchone()[0]
    if number == last:
        raise user_fault(
            f"Cannot delete the current revision {number} for config type {config_type}"
        )
    connection.execute("UPDATE history SET deleted_by = ? WHERE id = ?", (user, row["id"]))


def change_tags(
    connection: sqlite3.Connection,
    config_type: str,
    number: int,
    added: list[str],
    removed: list[str],
) -> None:
    """Add and remove tags of a revision, also of a hidden one; what is in both goes away."""
    row = revision(connection, config_type, number)
    tags = dict.fromkeys([*json.loads(row["tags"] or "[]"), *added])
    for tag in removed:
        tags.pop(tag, None)
    connection.execute(
        "UPDATE history SET tags = ? WHERE id = ?",
        (json.dumps(list(tags), ensure_ascii=False), row["id"]),
    )


def diff(
    connection: sqlite3.Connection, config_type: str, first: int, second: int, dialect: Dialect
) -> dict[str, Any]:
    """Two revisions side by side, masked, with a remark at each secret that the second changed."""
    rows = [_live_revision(connection, config_type, number) for number in (first, second)]
    before, after = (_masked(row, dialect) for row in rows)
    clear = [json.loads(row["data"]) for row in rows]

    def changed(keys: tuple[str, ...]) -> bool:
        old, new = (value_at(data, keys) for data in clear)
        if old is None:
            # A new secret does not count as changed.
            return False
        return bool(old != new)

    remark_changes(after, config_type, dialect, f" <secret changed in r{second}>", changed)
    return {"first_data": before, "second_data": after}
