"""SERVICE, WORKFLOW and DATASET: the types with one configuration each, as data.

What is stored is sparse: nested objects are kept as they were sent, and defaults are filled in
when a configuration is read (docs/service/merge.md#sparse-storage).
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.secrets import MASK
from osmo_cli.local.faults import crash, user_fault
from osmo_cli.local.history import Author, add_revision
from osmo_cli.local.masks import SEALED_EMPTY
from osmo_cli.local.records import set_item, whole

_VERSION = re.compile(r"\d+\.\d+\.\d+(\..+)?", re.ASCII)
_MODES = ("read-only", "read-write")


@dataclass(frozen=True)
class WholeType:
    """One type that has one configuration.

    Attributes:
        name: of the config type.
        sparse: what a file of ConfigMap mode leaves out is not stored.
        settle: changes what a PATCH has merged before it is checked; raises Fault.
        check: raises Fault for what may not be stored.
        check_request: raises Fault for what a request, but not a file, may not store.
        first: what a new service stores, from its dialect and its signing key.
        kept_defaults: fields that cannot be emptied where `empty_list_is_lost`, with what is
            stored instead.
    """

    name: str
    first: Callable[[Dialect, Mapping[str, Any]], dict[str, Any]]
    sparse: bool = False
    settle: Callable[[dict[str, Any]], None] | None = None
    check: Callable[[dict[str, Any], Dialect], None] | None = None
    check_request: Callable[[dict[str, Any]], None] | None = None
    kept_defaults: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        """The path segment after /api/configs/."""
        return CONFIG_TYPES[self.name].path

    def check_all(self, changes: dict[str, Any], dialect: Dialect) -> None:
        """Raise Fault for fields of a request that may not be stored."""
        if self.check:
            self.check(changes, dialect)
        if self.check_request:
            self.check_request(changes)


def _check_versions(configuration: dict[str, Any], dialect: Dialect) -> None:
    """Raise Fault (400) for a malformed client version, where the service looks at it."""
    versions = configuration.get("cli_config")
    if dialect.checks_client_versions and isinstance(versions, dict):
        for name in ("latest_version", "min_supported_version"):
            value = versions.get(name)
            if isinstance(value, str) and value and not _VERSION.fullmatch(value):
                form = "must be of the format major.minor.revision"
                raise user_fault(f'Invalid {name} "{value}": {form}')


def _check_keys(configuration: dict[str, Any]) -> None:
    """Raise Fault (500) for a key that is not a JWK."""
    auth = configuration.get("service_auth")
    keys = auth.get("keys") if isinstance(auth, dict) else None
    for pair in keys.values() if isinstance(keys, dict) else ():
        for text in pair.values() if isinstance(pair, dict) else ():
            _check_key(text)


def _check_key(text: Any) -> None:
    if text == MASK:
        return
    try:
        key = json.loads(text)
        known = isinstance(key, dict) and "kty" in key
    except (TypeError, ValueError):
        known = False
    if not known:
        raise crash("the key is not a JWK")


def _settle_modes(configuration: dict[str, Any]) -> None:
    """Give every bucket its mode in lower case. Raises Fault (400) for an unknown mode."""
    buckets = configuration.get("buckets")
    for bucket in buckets.values() if isinstance(buckets, dict) else ():
        if not isinstance(bucket, dict):
            continue
        mode = str(bucket.get("mode", "read-write"))
        if mode.lower() not in _MODES:
            valid = ", ".join(_MODES)
            raise user_fault(f"Bucket mode {mode} is not valid. Valid modes are {valid}")
        bucket["mode"] = mode.lower()


def _first_service(dialect: Dialect, key: Mapping[str, Any]) -> dict[str, Any]:
    auth = {"keys": key, "active_key": next(iter(key)), "issuer": "osmo", "audience": "osmo"}
    return _with_defaults("SERVICE", dialect, {"service_auth": auth})


def _first_workflow(dialect: Dialect, _: Mapping[str, Any]) -> dict[str, Any]:
    return _with_defaults("WORKFLOW", dialect, {})


def _first_dataset(_: Dialect, key: Mapping[str, Any]) -> dict[str, Any]:
    return {"buckets": {}, "default_bucket": ""}


def _with_defaults(name: str, dialect: Dialect, given: dict[str, Any]) -> dict[str, Any]:
    return CONFIG_TYPES[name].schema(dialect).model_validate(given).model_dump()


DATASET = WholeType("DATASET", _first_dataset, sparse=True, settle=_settle_modes)
WHOLE: dict[str, WholeType] = {
    row.name: row
    for row in (
        WholeType(
            "SERVICE",
            _first_service,
            check=_check_versions,
            check_request=_check_keys,
            kept_defaults=(("service_auth", "user_roles"), ("service_auth", "ctrl_roles")),
        ),
        WholeType("WORKFLOW", _first_workflow),
        DATASET,
    )
}
"""The types that have one configuration."""


def read(
    connection: sqlite3.Connection,
    row: WholeType,
    dialect: Dialect,
    *,
    unset_secret: str = SEALED_EMPTY,
) -> dict[str, Any]:
    """Return the whole configuration with its defaults, secrets in clear.

    Args:
        unset_secret: the value of secrets that were never stored.
    """
    from osmo_cli.local.filling import filled

    schema = CONFIG_TYPES[row.name].schema(dialect)
    stored = whole(connection, row.name)
    configuration: dict[str, Any] = filled(schema, stored, unset_secret=unset_secret)
    return configuration


def restore(
    connection: sqlite3.Connection, config_type: str, snapshot: dict[str, Any]
) -> dict[str, Any]:
    """Rewrite the fields of a revision; return what the new revision holds."""
    restored = whole(connection, config_type) | snapshot
    set_item(connection, config_type, "", restored)
    return restored


def revise(
    connection: sqlite3.Connection,
    row: WholeType,
    dialect: Dialect,
    now: datetime,
    author: Author,
    name: str = "",
) -> dict[str, Any]:
    """Write a revision with the whole configuration, and return that."""
    data = read(connection, row, dialect)
    add_revision(connection, row.name, data, now, author, name=name)
    return data
