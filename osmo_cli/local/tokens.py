"""Access tokens, of which only the SHA-256 is stored (docs/service/tokens.md)."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

from osmo_cli.accounts.tokens import NAME_PATTERN, parse_duration
from osmo_cli.local.faults import crash, user_fault
from osmo_cli.local.records import has_role, whole

AccessType = Literal["USER", "SERVICE"]


def create(
    connection: sqlite3.Connection,
    kind: AccessType,
    user: str,
    name: str,
    expires_at: str,
    description: str,
    roles: list[str],
    today: date,
) -> str:
    """Create a token and return it; only its hash is kept.

    Args:
        user: the owner; a service token owns itself.
        expires_at: the first day (UTC) on which the token does not work any more.
        roles: of a service token; a user's token takes the roles that SERVICE gives to users.

    Raises:
        Fault: name, date, roles or a name that is taken (400).
    """
    check_name(name)
    service_auth = whole(connection, "SERVICE")["service_auth"]
    longest = service_auth["max_token_duration"]
    if kind == "USER":
        roles = service_auth["user_roles"]
    for role in roles:
        if not has_role(connection, role):
            raise user_fault(f"Invalid role: {role}")
    expires = date_of(expires_at, today)
    if expires > last_day(today, longest):
        raise user_fault(f"Access token cannot last longer than {longest}")
    owner = user if kind == "USER" else name
    return insert(connection, kind, owner, name, expires, description, roles)


def last_day(today: date, longest: str) -> date:
    """Return the last expiry date of a token that is made today.

    Args:
        longest: `max_token_duration`; it may be negative.

    Raises:
        Fault: it reaches beyond all dates (500).
    """
    length = parse_duration(longest.removeprefix("-")) or timedelta()
    try:
        return today + (-length if longest.startswith("-") else length)
    except OverflowError:
        raise crash("date value out of range") from None


def check_name(name: str) -> None:
    """Raise Fault (400) for an invalid name of a token."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise user_fault(f"Token name {name} must match regex {NAME_PATTERN}")


def insert(
    connection: sqlite3.Connection,
    kind: AccessType,
    owner: str,
    name: str,
    expires_at: date,
    description: str,
    roles: Sequence[str | dict[str, str]],
    text: str | None = None,
) -> str:
    """Store a token that has been checked, and return it.

    Args:
        roles: names, or `users.grant`s of them.
        text: the token's text; None makes one as services up to 6.0 do.

    Raises:
        Fault: its name is taken (400).
    """
    text = text or secrets.token_hex(32)
    try:
        connection.execute(
            "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?,"
            " (SELECT coalesce(max(position), 0) + 1 FROM tokens))",
            (owner, name, kind, _hash(text), str(expires_at), description, json.dumps(roles)),
        )
    except sqlite3.IntegrityError:
        raise user_fault(f"Token name {name} already exists.") from None
    return text


def date_of(text: str, today: date) -> date:
    """Return an expiry date. Raises Fault (400) if it is not after `today` or not a date."""
    try:
        expires = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise user_fault(
            f"Invalid date format {text}. Date must be in YYYY-MM-DD format (e.g. 2025-12-31)"
        ) from None
    if expires <= today:
        raise user_fault(f"Expiration date must be past the current date ({today})")
    return expires


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "user_name": row["user_name"],
        "token_name": row["token_name"],
        "expires_at": f"{row['expires_at']}T00:00:00",
        "description": row["description"],
        "access_type": row["access_type"],
        "roles": role_names(json.loads(row["roles"])),
    }


def role_names(roles: Sequence[str | dict[str, str]]) -> list[str]:
    """The names of roles that are names or `users.grant`s."""
    return [role if isinstance(role, str) else role["role_name"] for role in roles]


def list_tokens(
    connection: sqlite3.Connection, kind: AccessType, user: str
) -> list[dict[str, Any]]:
    """Return a user's tokens by name, or all service tokens in the order of their creation."""
    order = "token_name" if kind == "USER" else "position, token_name"
    rows = connection.execute(
        "SELECT * FROM tokens WHERE access_type = ? AND (access_type = 'SERVICE' OR user_name = ?)"  # noqa: S608 - fixed strings
        f" ORDER BY {order}",
        (kind, user),
    )
    return [_shown(row) for row in rows]


def delete(connection: sqlite3.Connection, kind: AccessType, user: str, name: str) -> None:
    """Delete a token. Raises Fault if it does not exist (400)."""
    owner = user if kind == "USER" else name
    if not remove(connection, kind, owner, name):
        raise user_fault(f"{kind.capitalize()} access token {name} does not exist.")


def remove(connection: sqlite3.Connection, kind: AccessType, owner: str, name: str) -> bool:
    """Delete a token; return False if it does not exist."""
    deleted = connection.execute(
        "DELETE FROM tokens WHERE user_name = ? AND token_name = ? AND access_type = ?",
        (owner, name, kind),
    )
    return bool(deleted.rowcount)


def find(connection: sqlite3.Connection, text: str) -> dict[str, Any]:
    """Return what is known about a token, expired or not. Raises Fault (400) for an unknown one."""
    row = connection.execute("SELECT * FROM tokens WHERE hash = ?", (_hash(text),)).fetchone()
    if row is None:
        raise user_fault("Access Token is invalid")
    return _shown(row)


def usable(connection: sqlite3.Connection, text: str, today: date) -> dict[str, Any]:
    """Return a token that may be exchanged. Raises Fault (400) for an unknown or expired one."""
    token = find(connection, text)
    if token["expires_at"][:10] <= str(today):
        raise user_fault("Access Token has expired")
    return token


def discard(connection: sqlite3.Connection, text: str) -> None:
    """Delete a token that could not be handed over."""
    connection.execute("DELETE FROM tokens WHERE hash = ?", (_hash(text),))
