"""Operations on the embedded service from outside its API."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from osmo_cli.errors import OsmoError, UsageError
from osmo_cli.local import backends, tokens, users
from osmo_cli.local.clock import Clock, utc_now
from osmo_cli.local.database import Store, explained, is_database, open_database

ADMIN_TOKEN_DAYS = 30


def add_backend(db: Path, name: str, *, offline: bool = False, now: Clock = utc_now) -> bool:
    """Do what a connecting operator does; return True if the backend is new.

    An online backend stays online, as if its operator kept beating; an offline one had its last
    heartbeat just before it stopped to count as online.

    Raises:
        UsageError: the name is empty or cannot be part of a path.
        OsmoError: the database can't be used.
    """
    if not name or any(character in name for character in "/?#%") or name in (".", ".."):
        raise UsageError(f'"{name}" cannot be the name of a backend')
    with open_database(db) as store, explained(db), store.write() as connection:
        time = now()
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
