"""ConfigMap mode: configurations come from a file, everything else from the database.

Each connection to the store gets temporary tables that hide those of the database, so that
everything that reads configurations reads the file's (docs/service/configmap.md).
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from osmo_cli.config.registry.types import BACKEND, CONFIG_TYPES
from osmo_cli.errors import UsageError
from osmo_cli.local.clock import Clock
from osmo_cli.local.faults import Fault, server_fault

if TYPE_CHECKING:
    from osmo_cli.config.registry.dialects import Dialect
    from osmo_cli.local.configmap_file import Served

_BY_OPERATORS = ("k8s_uid", "k8s_namespace", "version", "created_date")
_CONFIGS = "/api/configs/"
_TYPES = {row.path: row.name for row in CONFIG_TYPES.values()}
EXEMPT_USER = "configmap-sync"
"""The one user whose writes are not refused; they go to the database."""
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
-- A backend whose operator never registered counts as online.
CREATE TEMP VIEW operators AS
  SELECT s.name, coalesce(o.last_heartbeat, '') AS last_heartbeat,
    coalesce(o.connected, 1) AS connected
  FROM temp.served s LEFT JOIN main.operators o ON o.name = s.name
  WHERE s.config_type = 'BACKEND';
"""


class OverlaidConnection(sqlite3.Connection):
    """A connection that may show a ConfigMap's file.

    Attributes:
        served: the state of the file that it shows; None in database mode.
        combines_tests: backend tests show their combined template.
    """

    served: Served | None = None
    combines_tests: bool = True


@dataclass(frozen=True)
class ConfigMapSource:
    """Where a configuration comes from.

    Attributes:
        file: the YAML file (docs/service/configmap.md#the-file).
        warn: called with each remark about the file.
        variable: the variable that names the file, or "".
    """

    file: Path
    warn: Callable[[str], None]
    variable: str = ""


class ConfigMap:
    """The state of the file, read again when the file has changed.

    Raises:
        UsageError: the file cannot be read, or a service of `dialect` has no ConfigMap mode.
        InvalidInputError: the service refuses the file.
    """

    def __init__(
        self, source: ConfigMapSource, database: Path, dialect: Dialect, now: Clock
    ) -> None:
        check_takes_configmap(dialect)
        self._database = database
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
            views = {"backend": _kept(*_BY_OPERATORS), "service": _kept("service_auth")}
            connection.executescript(_OVERLAY.format(kept=_KEPT, **views))
        connection.execute("BEGIN")
        connection.execute("DELETE FROM temp.served")
        connection.executemany("INSERT INTO temp.served VALUES (?, ?, ?)", served.rows)
        connection.execute("COMMIT")
        connection.served = served
        connection.combines_tests = self._dialect.configmap_combines_tests

    def check_read(self, path: str, parameters: Mapping[str, str]) -> None:
        """Raise Fault for reading an object that the file has in a form that cannot be served.

        Args:
            path: of the route, with its parameters in braces.
            parameters: values of these.
        """
        kind = _TYPES.get(path.removeprefix(_CONFIGS).partition("/")[0])
        if kind is None or not path.startswith(_CONFIGS):
            return
        served = self._current()
        fault = served.broken.get(kind) or served.faults.get((kind, parameters.get("name")))
        if fault is not None:
            raise fault

    def check_exempt_write(self, path: str, parameters: Mapping[str, str]) -> None:
        """Raise Fault for a write of the exempt user that the file lets through and the database
        has no row for."""
        if _TYPES.get(path.removeprefix(_CONFIGS).partition("/")[0]) != BACKEND.name:
            return
        name = parameters.get("name", "")
        with closing(sqlite3.connect(self._database)) as connection:
            row = connection.execute(
                "SELECT 1 FROM configs WHERE config_type = ? AND name = ?", (BACKEND.name, name)
            ).fetchone()
        in_file = any(served[:2] == (BACKEND.name, name) for served in self._current().rows)
        if in_file and row is None:
            raise server_fault(f"Backend '{name}' not found")

    def _current(self) -> Served:
        with self._lock:
            mark = self._mark_now()
            if mark != self._mark:
                self._mark = mark
                try:
                    self._served = self._read()
                except UsageError as error:
                    self._source.warn(
                        f"{error}\n{self._source.file} is refused: the previous configuration stays"
                    )
            return self._served

    def _read(self) -> Served:
        from osmo_cli.config.problems import InvalidInputError
        from osmo_cli.local.configmap_file import read_configmap

        try:
            served = read_configmap(self._source.file, self._dialect, self._now)
        except InvalidInputError:
            raise  # begins with the place in the file
        except UsageError as error:
            if self._source.variable:
                error.message = f"{self._source.variable}: {error.message}"
            raise
        for remark in served.remarks:
            self._source.warn(f"warning: {remark}")
        return served

    def _mark_now(self) -> tuple[int, ...] | None:
        """What changes when the file does."""
        try:
            status = os.stat(self._source.file)
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_size, status.st_ino)


def check_takes_configmap(dialect: Dialect) -> None:
    """Raise UsageError for a dialect without ConfigMap mode."""
    if dialect.helm_root is None:
        from osmo_cli.config.registry.dialects import DIALECTS

        names = ", ".join(name for name, other in DIALECTS.items() if other.helm_root)
        raise UsageError(
            f"a service of version {dialect.name} has no ConfigMap mode",
            hint=f"versions that have it: {names}; `osmo local reset --dialect` starts anew",
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
