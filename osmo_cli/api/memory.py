"""What is remembered about services between runs: version, dialect, ConfigMap mode."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.paths import cache_dir
from osmo_cli.private_files import read_private, replace_private

if TYPE_CHECKING:
    from osmo_cli.credentials.credential import Credential

_FILE = "services.json"
_MAX_AGE_SECONDS = 3600.0


class ServiceMemory:
    """Facts about the service of one login, kept for an hour by origin.

    A login from the environment leaves nothing behind and finds nothing.
    """

    def __init__(self, credential: Credential) -> None:
        self._origin = str(credential.origin)
        self._enabled = credential.session_key is not None

    @property
    def identity(self) -> tuple[str, Dialect] | None:
        """The version that the service reported, and its dialect; None where not remembered."""
        entry = self._entry()
        dialect = DIALECTS.get(str(entry.get("dialect")))
        return (str(entry["version"]), dialect) if dialect and "version" in entry else None

    def remember_identity(self, version: str, dialect: Dialect) -> None:
        """Keep the version and dialect; if they changed, forget everything else."""
        entry = {"version": version, "dialect": dialect.name, "at": int(time.time())}
        if self.managed and self.identity == (version, dialect):
            entry["managed"] = True
        self._store(entry)

    @property
    def managed(self) -> bool:
        """Whether the service refused a write within the last hour, being in ConfigMap mode.

        No answer to a read shows it (docs/service/configmap.md#detection).
        """
        return self._entry().get("managed") is True

    def remember_managed(self) -> None:
        """Keep that the service has just refused a write, being in ConfigMap mode."""
        if entry := self._entry():
            self._store(entry | {"managed": True})

    def _entry(self) -> dict[str, Any]:
        entry = _read_all().get(self._origin) if self._enabled else None
        if not isinstance(entry, dict):
            return {}
        age = time.time() - entry["at"] if isinstance(entry.get("at"), int | float) else -1.0
        return entry if 0 <= age < _MAX_AGE_SECONDS else {}

    def _store(self, entry: dict[str, Any]) -> None:
        if not self._enabled:
            return
        entries = _read_all() | {self._origin: entry}
        try:
            replace_private(cache_dir() / _FILE, json.dumps(entries))
        except (OSError, RuntimeError):
            return


def _read_all() -> dict[str, Any]:
    try:
        entries = json.loads(read_private(cache_dir() / _FILE))
    except (OSError, ValueError, RuntimeError):
        return {}
    return entries if isinstance(entries, dict) else {}
