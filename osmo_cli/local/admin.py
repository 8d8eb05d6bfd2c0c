"""Operations on the embedded service from outside its API."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from osmo_cli.errors import NotLoggedInError, OsmoError, UsageError
from osmo_cli.local import backends, tokens, users
from osmo_cli.local.clock import Clock, utc_now
from osmo_cli.local.database import Store, explained, is_database, open_database
from osmo_cli.local.faults import Fault
from osmo_cli.local.records import item

ADMIN_TOKEN_DAYS = 30


def add_backend(
    db: Path,
    name: str,
    *,
    offline: bool = False,
    token: str | None = None,
    accepted: bool = False,
    now: Clock = utc_now,
) -> bool:
    """Do what a connecting operator does; return True if the backend is new.

    Args:
        db: the database.
        name: the backend.
        offline: its operator is not running.
        token: the token with which the operator logs in; None connects without a login.
        accepted: the token is in a Secret that the service reads.
        now: the clock.

    An online backend stays online, as if its operator kept beating; an offline one had its last
    heartbeat just before it stopped to count as online.

    Raises:
        UsageError: the name is empty or cannot be part of a path.
        NotLoggedInError: the token does not log in, or has no role for this backend.
        OsmoError: the database can't be used.
    """
    if not name or any(character in name for character in "/?#%") or name in (".", ".."):
        raise UsageError(f'"{name}" cannot be the name of a backend')
    with open_database(db) as store, explained(db), store.write() as connection:
        time = now()
        if token is not None and not (accepted and store.dialect.bootstrap_secrets):
            _check_operator(connection, name, token, time.date())
        heartbeat = time - backends.ONLINE_FOR - timedelta(seconds=1) if offline else time
        return backends.register(
            connection,
            store.dialect,
            name,
            time,
            connected=not offline,
            heartbeat=heartbeat,
            k8s_uid=str(uuid.uuid4()),
        )


def _check_operator(connection: sqlite3.Connection, name: str, token: str, today: date) -> None:
    """Raise NotLoggedInError for a token with which no operator can connect as that backend."""
    try:
        roles = tokens.usable(connection, token, today)["roles"]
    except Fault:
        raise NotLoggedInError("the service does not accept the operator's token") from None
    if not any(_may_connect(item(connection, "ROLE", role), name) for role in roles):
        raise NotLoggedInError(f"the roles of the operator's token do not allow backend {name}")


def _may_connect(role: dict[str, Any] | None, name: str) -> bool:
    """Whether a role allows an operator to connect as a backend: by action, or by API path."""
    for policy in (role or {}).get("policies", ()):
        for action in policy["actions"]:
            if action in ("internal:Operator", "*:*"):
                resources = policy.get("resources") or ["*"]
                if any(fnmatchcase(f"backend/{name}", resource) for resource in resources):
                    return True
            elif action.startswith("http:"):
                path = action.split(":")[1]
                if fnmatchcase(f"/api/agent/listener/x/x/{name}", path):
                    return True
    return False


def reset(db: Path, dialect: str | None = None) -> bool:
    """Delete the database with its side files and create it anew; True if there was one.

    Raises:
        OsmoError: what is there is no database of this program, or a service is using it; nothing
            was deleted.
    """
    existed = db.exists()
    if existed:
        _release(db)
        for suffix in ("-wal", "-shm", ""):
            db.with_name(db.name + suffix).unlink(missing_ok=True)
    open_database(db, dialect).close()
    return existed


def _release(db: Path) -> None:
    """Raise OsmoError unless `db` is a database of this program that nobody has open."""
    with explained(db):
        is_database(db)
    try:
        with closing(sqlite3.connect(db, timeout=1)) as connection:
            # SQLite leaves WAL mode only for the one connection that has the file open.
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError:
        raise OsmoError(
            f"the database {db} is in use", hint="stop the service that runs on it first"
        ) from None


def _create_admin_token(store: Store, now: Clock = utc_now) -> str:
    """A new access token of user `admin` with role `osmo-admin`, valid for 30 days."""
    expires = now().date() + timedelta(days=ADMIN_TOKEN_DAYS)
    name = f"local-serve-{uuid.uuid4().hex[:8]}"
    user, description, role = "admin", "osmo local serve", "osmo-admin"
    with store.write() as connection:
        if store.dialect.token_routes.users is None:
            return tokens.insert(connection, "USER", user, name, expires, description, [role])
        if not any(
            known_user["id"] == user for known_user in users.find_users(connection, user, set())
        ):
            users.create(connection, user, [role], user, now())
        return users.insert_token(connection, user, name, expires, description, [role], user, now())


def write_admin_token(db: Path, dialect: str | None, file: Path) -> None:
    """Make an administrator's token and write it to a new 0600 file.

    Raises:
        UsageError: the file exists already or can't be written; no token is left behind.
        OsmoError: the database can't be used.
    """
    from osmo_cli.private_files import create_private

    with open_database(db, dialect) as store, explained(db):
        text = _create_admin_token(store)
        try:
            create_private(file, text + "\n")
        except BaseException:
            with store.write() as connection:
                tokens.discard(connection, text)
            raise
