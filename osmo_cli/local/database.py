"""The embedded service's store: one SQLite file, safe for several processes and for kill -9."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from osmo_cli import paths
from osmo_cli.errors import OsmoError, UsageError, shortened
from osmo_cli.local.clock import Clock, utc_now
from osmo_cli.local.configmap import (
    ConfigMap,
    ConfigMapSource,
    OverlaidConnection,
    check_takes_configmap,
)
from osmo_cli.local.records import meta, set_meta
from osmo_cli.local.tables import SCHEMA, UPGRADES

if TYPE_CHECKING:
    from osmo_cli.config.registry.dialects import Dialect

APPLICATION_ID = 0x4F534D4F
"""Marks the file as ours in SQLite's header (the letters OSMO)."""
SCHEMA_VERSION = 2
BUSY_SECONDS = 20.0
"""How long a writer waits for another one before it gives up."""


def default_database() -> Path:
    """`$OSMO_LOCAL_DB`, else `local.db` in the user's data directory."""
    if explicit := os.environ.get("OSMO_LOCAL_DB"):
        return Path(explicit)
    return paths.data_dir() / "local.db"


def default_configmap() -> Path | None:
    """`$OSMO_LOCAL_CONFIGMAP`: what the service is configured by in place of the database."""
    explicit = os.environ.get("OSMO_LOCAL_CONFIGMAP")
    return Path(explicit) if explicit else None


def open_database(
    path: Path,
    dialect: str | None = None,
    *,
    now: Clock = utc_now,
    source: ConfigMapSource | None = None,
) -> Store:
    """Open the store, and create it if it does not exist.

    Args:
        dialect: its version. A new store has the oldest by default, and the newest if
            configurations come from a file.
        source: the file that configurations come from, if not from the database.

    Raises:
        InvalidInputError: that file is not right.
        UsageError: an unknown dialect, or a store of another one than `dialect`.
        OsmoError: the file is not a store, comes from a newer version, or cannot be used.
    """
    from osmo_cli.config.registry.dialects import DIALECTS

    oldest, *_, newest = DIALECTS
    if dialect is not None and dialect not in DIALECTS:
        raise UsageError(
            f'"{dialect}" is not a dialect of the embedded service',
            hint="known dialects: " + ", ".join(DIALECTS),
        )
    if source and dialect:
        check_takes_configmap(DIALECTS[dialect])
    store = Store(path)
    try:
        store.prepare(
            dialect, now, default=newest if source else oldest, managed=source is not None
        )
        if source:
            store.configmap = ConfigMap(source, path, store.dialect, now)
    except BaseException:
        store.close()
        raise
    return store


class Store:
    """An open store. Threads may share it; each transaction has a connection of its own.

    Attributes:
        path: the database file.
        dialect: which generation of the service the store was created for.
        configmap: what configurations are read from, where not from the database.
    """

    dialect: Dialect
    configmap: ConfigMap | None = None

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._idle: list[OverlaidConnection] = []
        self._closed = False
        self._own: Store | None = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection that is not in use; those in use close when they are done."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
        if self._own is not None:
            self._own.close()

    def without_configmap(self) -> Store:
        """A store on the same file that shows what the database has, also in ConfigMap mode."""
        if self._own is None:
            self._own = Store(self.path)
            self._own.dialect = self.dialect
        return self._own

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees one state of the database. Raises sqlite3.Error."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The one transaction that may write; stored when the block ends, undone if it raises.

        An exception with a true `keeps_changes` leaves the block after the changes are stored.

        Raises:
            sqlite3.Error: another writer kept the database for `BUSY_SECONDS`, or a disk error.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        connection = self._take()
        try:
            if self.configmap:
                self.configmap.lay_over(connection)
            connection.execute(begin)
            try:
                yield connection
            except BaseException as error:
                keep = getattr(error, "keeps_changes", False)
                connection.execute("COMMIT" if keep else "ROLLBACK")
                raise
            connection.execute("COMMIT")
        finally:
            self._give_back(connection)

    def _take(self) -> OverlaidConnection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        # Python's own transaction handling is off: BEGIN IMMEDIATE must come first.
        connection = OverlaidConnection(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        # In WAL mode NORMAL keeps the file whole whenever the process dies.
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _give_back(self, connection: OverlaidConnection) -> None:
        with self._lock:
            if not self._closed and not connection.in_transaction:
                self._idle.append(connection)
                return
        connection.close()

    def prepare(
        self, dialect: str | None, now: Clock, *, default: str, managed: bool = False
    ) -> None:
        """Check the file, create what is missing, and find out its dialect (`open_database`)."""
        from osmo_cli.config.registry.dialects import DIALECTS

        with explained(self.path):
            self._make_file()
            if not is_database(self.path):
                self._create(dialect or default, now, managed)
            self._upgrade()
            with self.read() as connection:
                stored = meta(connection, "dialect")
        if stored not in DIALECTS:
            raise _too_new(self.path)
        if dialect is not None and stored != dialect:
            raise UsageError(
                f"the database {self.path} holds a service of dialect {stored}, not {dialect}",
                hint="osmo local reset deletes it; --db names another file",
            )
        self.dialect = DIALECTS[stored]

    def _upgrade(self) -> None:
        """Bring the tables of an older version of this program up to date."""
        with self.read() as connection:
            if _version(connection) == SCHEMA_VERSION:
                return
        with self.write() as connection:
            for version in range(_version(connection), SCHEMA_VERSION):
                connection.execute(UPGRADES[version])
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _make_file(self) -> None:
        from osmo_cli.private_files import check_owner, make_private_dir

        if not self.path.exists():
            make_private_dir(self.path.parent)
        check_owner(self.path)
        # O_EXCL: closing a descriptor of a database in use would drop SQLite's locks on it.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))

    def _create(self, dialect: str, now: Clock, managed: bool) -> None:
        from osmo_cli.config.registry.dialects import DIALECTS
        from osmo_cli.local.initial import write_initial_state
        from osmo_cli.local.jwts import new_signing_key

        key = new_signing_key()
        first = self._take()
        try:
            first.execute("PRAGMA journal_mode = WAL")
        finally:
            self._give_back(first)
        with self.write() as connection:
            # Another process may have been faster.
            if _version(connection):
                return
            for statement in filter(str.strip, SCHEMA.split(";")):
                connection.execute(statement)
            set_meta(connection, "dialect", dialect)
            write_initial_state(connection, DIALECTS[dialect], key, now, managed=managed)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what goes wrong with the file at `path` into OsmoError."""
    try:
        yield
    except sqlite3.Error as error:
        reason = str(error).partition(" with text ")[0]
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except (KeyError, TypeError, ValueError):
        # What the row holds may be a secret.
        reason = "a row of it is damaged"
    else:
        return
    raise OsmoError(
        f"cannot use the database {shortened(path)}: {reason}",
        hint="name another file with --db or OSMO_LOCAL_DB",
    )


def is_database(path: Path) -> bool:
    """Whether `path` is a store of this program; False for a file without content.

    Raises:
        OsmoError: it is a database of something else, or of a newer version.
        sqlite3.DatabaseError: it is no database at all.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        # One state of the file: another process may be making it.
        connection.execute("BEGIN")
        mark = connection.execute("PRAGMA application_id").fetchone()[0]
        version = _version(connection)
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    finally:
        connection.close()
    if mark != APPLICATION_ID:
        if not tables and not mark and not version:
            return False
        raise OsmoError(
            f"{path} is a database of another program",
            hint="name another file with --db or OSMO_LOCAL_DB",
        )
    if version > SCHEMA_VERSION:
        raise _too_new(path)
    return True


def _too_new(path: Path) -> OsmoError:
    return OsmoError(
        f"the database {path} was made by a newer version of osmo",
        hint="update osmo-cli, or name another file with --db or OSMO_LOCAL_DB",
    )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
