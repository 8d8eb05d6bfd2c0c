"""ConfigMap mode: what is served comes from a file, and only the rest from the database.

Each connection to the store gets tables of its own that hide those of the database, so that
everything that reads configurations reads the file's (api.md 5).
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from osmo_cli.errors import UsageError
from osmo_cli.local.clock import Clock
from osmo_cli.local.faults import Fault

if TYPE_CHECKING:
    from osmo_cli.config.registry.dialects import Dialect
    from osmo_cli.local.configmap_file import Served

_BY_OPERATORS = ("k8s_uid", "version", "created_date")
_KEPT = "(SELECT data FROM main.configs m WHERE m.config_type = s.config_type AND m.name = s.name)"


def _kept(*fields: str) -> str:
    """SQL: the object of the file with fields of the database's."""
    values = ", ".join(f"'$.{name}', json_extract({_KEPT}, '$.{name}')" for name in fields)
    return f"json_set(s.data, {values})"


_OVERLAY = """
PRAGMA temp_store = MEMORY;
CREATE TABLE temp.served (config_type TEXT, name TEXT, data TEXT);
CREATE TEMP VIEW configs AS SELECT s.config_type, s.name, CASE
    WHEN s.config_type = 'BACKEND' AND {kept} IS NOT NULL THEN {backend}
    WHEN s.config_type = 'SERVICE' AND json_extract(s.data, '$.service_auth') IS NULL THEN {service}
    ELSE s.data END AS data
  FROM temp.served s;
-- A backend whose operator never came counts as one whose operator beats now.
CREATE TEMP VIEW operators AS
  SELECT s.name, coalesce(o.last_heartbeat, '') AS last_heartbeat,
    coalesce(o.connected, 1) AS connected
  FROM temp.served s LEFT JOIN main.operators o ON o.name = s.name
  WHERE s.config_type = 'BACKEND';
"""


class OverlaidConnection(sqlite3.Connection):
    """A connection that remembers which state of the file it shows."""

    served: Served | None = None


@dataclass(frozen=True)
class ConfigMapSource:
    """Where a configuration comes from.

    Attributes:
        file: the YAML file with the sections of api.md 5.
        warn: takes what is to be said on stderr.
    """

    file: Path
    warn: Callable[[str], None]


class ConfigMap:
    """The state of the file, read again when the file has changed.

    Raises:
        UsageError: the file cannot be read, or a service of `dialect` takes none.
        InvalidInputError: it is not right.
    """

    def __init__(self, source: ConfigMapSource, dialect: Dialect, now: Clock) -> None:
        check_takes_configmap(dialect)
        self._source, self._dialect, self._now = source, dialect, now
        self._lock = threading.Lock()
        self._mark = self._mark_now()
        self._served = self._read()

    def lay_over(self, connection: OverlaidConnection) -> None:
        """Make `connection` show what the file holds now. To be called between transactions."""
        served = self._current()
        if connection.served is served:
            return
        if connection.served is None:
            # The database knows the namespace where the file need not name it.
            given = self._dialect.configmap_backend_fields
            fields = (*_BY_OPERATORS, *({"k8s_namespace"} - given))
            views = {"backend": _kept(*fields), "service": _kept("service_auth")}
            connection.executescript(_OVERLAY.format(kept=_KEPT, **views))
        connection.execute("BEGIN")
        connection.execute("DELETE FROM temp.served")
        connection.executemany("INSERT INTO temp.served VALUES (?, ?, ?)", served.rows)
        connection.execute("COMMIT")
        connection.served = served

    def _current(self) -> Served:
        with self._lock:
            mark = self._mark_now()
            if mark != self._mark:
                self._mark = mark
                try:
                    self._served = self._read()
                except UsageError as error:
                    self._source.warn(
                        f"{error}\n{self._source.file} was not read again: "
                        "what it held before is still served"
                    )
            return self._served

    def _read(self) -> Served:
        from osmo_cli.local.configmap_file import read_configmap

        served = read_configmap(self._source.file, self._dialect, self._now)
        for remark in served.remarks:
            self._source.warn(f"warning: {remark}")
        return served

    def _mark_now(self) -> tuple[int, ...] | None:
        """What tells that the file is another one."""
        try:
            found = os.stat(self._source.file)
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino)


def check_takes_configmap(dialect: Dialect) -> None:
    """Raise UsageError for a dialect without ConfigMap mode."""
    if dialect.helm_root is None:
        from osmo_cli.config.registry.dialects import DIALECTS

        names = ", ".join(name for name, other in DIALECTS.items() if other.helm_root)
        raise UsageError(
            f"a service of version {dialect.name} takes no ConfigMap",
            hint=f"versions that do: {names}; `osmo local reset --dialect` makes the database anew",
        )


def managed_elsewhere() -> Fault:
    """The answer to everything that would change a configuration."""
    return Fault(
        409,
        {
            "message": "Configs are managed by ConfigMap and cannot be modified via CLI/API. "
            "Update the Helm values and redeploy instead.",
            "error_code": "USER",
            "workflow_id": None,
        },
    )
