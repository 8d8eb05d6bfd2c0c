"""Users, their roles and their access tokens, as services from 6.2 on have them.

docs/service/users.md
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
from datetime import UTC, date, datetime
from typing import Any

from osmo_cli.accounts.users import ID_PATTERN
from osmo_cli.local import tokens
from osmo_cli.local.faults import Fault, crash, user_fault
from osmo_cli.local.records import has_role, whole

TEXT_LENGTHS = (43, 64)
"""How long the text of a token is: of its own, and of one that an older service made."""


def grant(role: str, by: str, now: datetime) -> dict[str, str]:
    """Return a role of a user or token, with who assigned it and when (UTC without a zone)."""
    return {"role_name": role, "assigned_by": by, "assigned_at": _zoned(now)}


def _zoned(now: datetime) -> str:
    return now.replace(tzinfo=UTC).isoformat(timespec="microseconds")


def _check_role(connection: sqlite3.Connection, role: str) -> None:
    if not has_role(connection, role):
        raise user_fault(f"Role {role} does not exist")


def create(
    connection: sqlite3.Connection, user: str, roles: list[str], by: str, now: datetime
) -> dict[str, Any]:
    """Create a user. Raises Fault (400) for an invalid or existing name, or an unknown role."""
    if not re.fullmatch(ID_PATTERN, user):
        raise user_fault(f"Username {user} must match regex {ID_PATTERN}")
    if connection.execute("SELECT 1 FROM users WHERE id = ?", (user,)).fetchone():
        raise user_fault(f"User {user} already exists")
    for role in roles:
        _check_role(connection, role)
    grants = [grant(role, by, now) for role in sorted(set(roles))]
    connection.execute(
        "INSERT INTO users VALUES (?, ?, ?, ?)", (user, _zoned(now), by, json.dumps(grants))
    )
    return _shown(_find(connection, user))


def _find(connection: sqlite3.Connection, user: str) -> sqlite3.Row:
    row = connection.execute("SELECT * FROM users WHERE id = ?", (user,)).fetchone()
    if row is None:
        raise user_fault(f"User {user} not found")
    assert isinstance(row, sqlite3.Row)
    return row


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {key: row[key] for key in ("id", "created_at", "created_by")}


def get(connection: sqlite3.Connection, user: str) -> dict[str, Any]:
    """Return a user with roles. Raises Fault (400) if it does not exist."""
    row = _find(connection, user)
    return _shown(row) | {"roles": json.loads(row["roles"])}


def find_users(
    connection: sqlite3.Connection, prefix: str, roles: set[str]
) -> list[dict[str, Any]]:
    """Return the users who have one of `roles`, newest first.

    Args:
        prefix: a LIKE pattern that the beginning of their names matches, as in the service.
        roles: empty for all.
    """
    pattern = re.compile(
        "".join({"%": ".*", "_": "."}.get(character, re.escape(character)) for character in prefix),
        re.DOTALL,
    )
    rows = connection.execute("SELECT * FROM users ORDER BY created_at DESC, id")
    return [
        _shown(row)
        for row in rows
        if pattern.match(row["id"])
        and (not roles or roles.intersection(tokens.role_names(json.loads(row["roles"]))))
    ]


def members(connection: sqlite3.Connection, role: str) -> list[dict[str, Any]]:
    """Return the users who have a role, with who gave it and when, by name."""
    rows = connection.execute("SELECT * FROM users ORDER BY id").fetchall()
    return [
        {"user_id": row["id"]} | {key: held[key] for key in ("assigned_by", "assigned_at")}
        for row in rows
        for held in json.loads(row["roles"])
        if held["role_name"] == role
    ]


def assign_all(
    connection: sqlite3.Connection, role: str, users: list[str], by: str, now: datetime
) -> dict[str, Any]:
    """Give a role to several users. Raises Fault (400) for an unknown role."""
    _check_role(connection, role)
    outcomes: dict[str, list[str]] = {"assigned": [], "already_assigned": [], "failed": []}
    have = {member["user_id"] for member in members(connection, role)}
    for user in users:
        if user in have:
            outcomes["already_assigned"].append(user)
            continue
        try:
            assign(connection, user, role, by, now)
        except Fault:
            outcomes["failed"].append(user)
        else:
            outcomes["assigned"].append(user)
            have.add(user)
    return {"role_name": role, **outcomes}


def forget_role(connection: sqlite3.Connection, role: str) -> None:
    """Take a role that was deleted from all users and tokens (docs/service/role.md)."""
    for row in connection.execute("SELECT id, roles FROM users").fetchall():
        left = _without(row["roles"], role)
        connection.execute("UPDATE users SET roles = ? WHERE id = ?", (left, row["id"]))
    grants = "SELECT hash, roles FROM tokens WHERE access_type = 'USER'"
    for row in connection.execute(grants).fetchall():
        left = _without(row["roles"], role)
        connection.execute("UPDATE tokens SET roles = ? WHERE hash = ?", (left, row["hash"]))


def delete(connection: sqlite3.Connection, user: str) -> None:
    """Delete a user with their tokens. Raises Fault (400) if it does not exist."""
    _find(connection, user)
    connection.execute("DELETE FROM users WHERE id = ?", (user,))
    connection.execute("DELETE FROM tokens WHERE user_name = ?", (user,))


def assign(
    connection: sqlite3.Connection, user: str, role: str, by: str, now: datetime
) -> dict[str, Any]:
    """Give a role to a user, if they do not have it. Raises Fault (400) for unknown ones."""
    _check_role(connection, role)
    grants = {held["role_name"]: held for held in get(connection, user)["roles"]}
    given = grants.setdefault(role, grant(role, by, now))
    roles = [grants[name] for name in sorted(grants)]
    connection.execute("UPDATE users SET roles = ? WHERE id = ?", (json.dumps(roles), user))
    return {"user_id": user, **given}


def take_away(connection: sqlite3.Connection, user: str, role: str) -> None:
    """Remove a role from a user and from their tokens, if they have it."""
    row = connection.execute("SELECT roles FROM users WHERE id = ?", (user,)).fetchone()
    if row is None:
        return
    left = _without(row["roles"], role)
    connection.execute("UPDATE users SET roles = ? WHERE id = ?", (left, user))
    tokens_of = "SELECT token_name, roles FROM tokens WHERE user_name = ?"
    for row in connection.execute(tokens_of, (user,)).fetchall():
        connection.execute(
            "UPDATE tokens SET roles = ? WHERE user_name = ? AND token_name = ?",
            (_without(row["roles"], role), user, row["token_name"]),
        )


def _without(grants: str, role: str) -> str:
    # Services up to 6.0 keep the roles of tokens by name, and tokens do not lose them there.
    return json.dumps(
        [held for held in json.loads(grants) if not _is_grant_of(held, role)], ensure_ascii=False
    )


def _is_grant_of(held: str | dict[str, str], role: str) -> bool:
    return isinstance(held, dict) and held["role_name"] == role


def create_token(
    connection: sqlite3.Connection,
    user: str,
    name: str,
    expires_at: str,
    description: str,
    roles: list[str],
    by: str,
    now: datetime,
) -> str:
    """Create a token of a user and return it.

    Args:
        expires_at: the first day (UTC) on which the token does not work any more.
        roles: some of the user's; empty for all.
        by: who makes it.

    Raises:
        Fault: in the order of docs/service/tokens.md#order-of-checks: date too far in the future
            (400) or not a date (500), name, date in the past, roles, a name that exists (400).
    """
    today = now.date()
    _check_longest(connection, expires_at, today)
    tokens.check_name(name)
    expires = tokens.date_of(expires_at, today)
    row = connection.execute("SELECT roles FROM users WHERE id = ?", (user,)).fetchone()
    held = tokens.role_names(json.loads(row["roles"])) if row else []
    if not set(roles) <= set(held):
        raise user_fault("User does not have all the requested roles. Token creation failed.")
    chosen = sorted(set(roles or held))
    if not chosen:
        raise user_fault("At least one role must be specified for the access token.")
    return insert_token(connection, user, name, expires, description, chosen, by, now)


def insert_token(
    connection: sqlite3.Connection,
    user: str,
    name: str,
    expires: date,
    description: str,
    roles: list[str],
    by: str,
    now: datetime,
) -> str:
    """Store a token that has been checked. Raises Fault where its name is taken (400)."""
    grants = [grant(role, by, now) for role in roles]
    text = secrets.token_urlsafe(32)
    return tokens.insert(connection, "USER", user, name, expires, description, grants, text)


def _check_longest(connection: sqlite3.Connection, expires_at: str, today: date) -> None:
    longest = whole(connection, "SERVICE")["service_auth"]["max_token_duration"]
    try:
        expires = datetime.strptime(expires_at, "%Y-%m-%d").date()
    except ValueError as error:
        raise crash(str(error)) from None
    if expires > tokens.last_day(today, longest):
        raise user_fault(f"Access token expiration date cannot be more than {longest} from now")


def list_tokens(connection: sqlite3.Connection, user: str) -> list[dict[str, Any]]:
    """Return a user's tokens by name."""
    listed = tokens.list_tokens(connection, "USER", user)
    return [{key: token[key] for key in token if key != "access_type"} for token in listed]


def delete_token(connection: sqlite3.Connection, user: str, name: str) -> None:
    """Delete a token. Raises Fault if it does not exist (400)."""
    if not tokens.remove(connection, "USER", user, name):
        raise user_fault(f"Access token {name} does not exist.")


def token_roles(connection: sqlite3.Connection, user: str, name: str) -> dict[str, Any]:
    """Return the roles of a user's token. Raises Fault if it does not exist (400)."""
    row = connection.execute(
        "SELECT roles FROM tokens WHERE user_name = ? AND token_name = ?", (user, name)
    ).fetchone()
    if row is None:
        raise user_fault(f"Token {name} not found or does not belong to current user")
    return {"user_name": user, "token_name": name, "roles": json.loads(row["roles"])}


def check_text(text: str) -> None:
    """Raise Fault (400) for an invalid access token."""
    if len(text) not in TEXT_LENGTHS:
        raise user_fault(f"Access token has invalid length {len(text)}")
