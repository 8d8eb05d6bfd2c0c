"""SERVICE, WORKFLOW and DATASET: one configuration each, and DATASET's buckets (api.md 3.3-3.8)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from osmo_cli.config.checking.rules.service import VERSION, VERSION_FIELDS
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.local.config_handlers import author, merged, shown
from osmo_cli.local.faults import server_fault, user_fault
from osmo_cli.local.history import Author, add_revision
from osmo_cli.local.masks import mask
from osmo_cli.local.records import set_item, whole
from osmo_cli.local.request import Request, Response
from osmo_cli.local.service import Handler, Route, Service, read_body

_MODES = ("read-only", "read-write")
_NO_JSON = "Object of type SecretStr is not JSON serializable"


def _check_versions(configuration: dict[str, Any], dialect: Dialect) -> None:
    """Raise Fault (400) for a client's version that is none, where the service looks (3.8)."""
    versions = configuration.get("cli_config")
    if not dialect.checks_client_versions or not isinstance(versions, dict):
        return
    for name in VERSION_FIELDS:
        value = versions.get(name)
        if isinstance(value, str) and value and not VERSION.fullmatch(value):
            form = "must be of the format major.minor.revision"
            raise user_fault(f'Invalid {name} "{value}": {form}')


def _settle_modes(configuration: dict[str, Any]) -> None:
    """Every bucket gets its mode, in lower case. Raises Fault (400) for one that is none."""
    buckets = configuration.get("buckets")
    for bucket in buckets.values() if isinstance(buckets, dict) else ():
        if not isinstance(bucket, dict):
            continue
        mode = str(bucket.get("mode", "read-write"))
        if mode.lower() not in _MODES:
            valid = ", ".join(_MODES)
            raise user_fault(f"Bucket mode {mode} is not valid. Valid modes are {valid}")
        bucket["mode"] = mode.lower()


@dataclass(frozen=True)
class _Whole:
    """One type without named items in the sense of `named`.

    Attributes:
        name: of the config type.
        sparse: only what was given is stored; what is not shows its default.
        settle: changes what a PATCH has merged before it is checked; raises Fault.
        check: raises Fault for what a request may not store.
    """

    name: str
    sparse: bool = False
    settle: Callable[[dict[str, Any]], None] | None = None
    check: Callable[[dict[str, Any], Dialect], None] | None = None

    @property
    def path(self) -> str:
        return CONFIG_TYPES[self.name].path


_DATASET = _Whole("DATASET", sparse=True, settle=_settle_modes)
WHOLE: dict[str, _Whole] = {
    row.name: row
    for row in (_Whole("SERVICE", check=_check_versions), _Whole("WORKFLOW"), _DATASET)
}
"""The types that have one configuration."""


def routes(dialect: Dialect) -> list[Route]:
    """The routes of those of these types that a dialect has."""
    found = []
    for row in WHOLE.values():
        if row.name not in dialect.config_types:
            continue
        path = "/api/configs/" + row.path
        found += [
            Route("GET", path, _get_of(row)),
            Route("PUT", path, _put_of(row), "put_" + row.path),
            Route("PATCH", path, _patch_of(row), "patch_config"),
        ]
    if _DATASET.name in dialect.config_types:
        bucket = "/api/configs/dataset/{name}"
        found += [
            Route("PATCH", bucket, _patch_bucket, "patch_dataset"),
            Route("DELETE", bucket, _delete_bucket, "configs"),
        ]
    return found


def full(connection: sqlite3.Connection, row: _Whole, dialect: Dialect) -> dict[str, Any]:
    """The whole configuration with its defaults, secrets in clear."""
    stored = whole(connection, row.name)
    if not row.sparse:
        return stored
    return CONFIG_TYPES[row.name].schema(dialect).model_validate(stored).model_dump()


def restore(
    connection: sqlite3.Connection, config_type: str, snapshot: dict[str, Any]
) -> dict[str, Any]:
    """What a rollback does; returns what the new revision holds."""
    restored = whole(connection, config_type) | snapshot
    set_item(connection, config_type, "", restored)
    return restored


def _get_of(row: _Whole) -> Handler:
    def get_whole(service: Service, call: Request) -> Response:
        dialect = service.store.dialect
        with service.store.read() as connection:
            found = full(connection, row, dialect)
        return shown(service, mask(found, row.name, dialect))

    return get_whole


def _put_of(row: _Whole) -> Handler:
    def put_whole(service: Service, call: Request) -> Response:
        """Fields that are present are replaced whole; the answer shows secrets (api.md 3.1)."""
        dialect = service.store.dialect
        request = read_body(service, call, "put_" + row.path)
        given = request.configs
        changes = given.model_dump(include=given.model_fields_set, exclude_unset=row.sparse)
        if row.check:
            row.check(changes, dialect)
        with service.store.write() as connection:
            set_item(connection, row.name, "", whole(connection, row.name) | changes)
            by = author(call, request, f"Set complete {row.path} configuration")
            stored = _revise(service, connection, row, dialect, by)
        return Response(stored)

    return put_whole


def _patch_of(row: _Whole) -> Handler:
    def patch_whole(service: Service, call: Request) -> Response:
        request = read_body(service, call, "patch_config")
        default = f"Patched {row.path} configuration"
        return _patch(service, row, request.configs_dict, author(call, request, default))

    return patch_whole


def _patch(
    service: Service, row: _Whole, patch: dict[str, Any], by: Author, name: str = ""
) -> Response:
    """A strategic merge; the answer has the fields of the request, masked."""
    from osmo_cli.local.validation import parse_or_report

    dialect = service.store.dialect
    with service.store.write() as connection:
        stored = whole(connection, row.name)
        wanted = merged(stored, patch, dialect)
        if row.settle:
            row.settle(wanted)
        changed = {
            key for key, value in wanted.items() if key not in stored or value != stored[key]
        }
        # What did not change is there for the fields that the model requires.
        model = parse_or_report(
            CONFIG_TYPES[row.name].schema(dialect),
            stored | {key: wanted[key] for key in changed},
            dialect.pydantic,
            closed=not service.developer,
        )
        if row.check:
            row.check(wanted, dialect)
        stored |= model.model_dump(include=changed, exclude_unset=row.sparse)
        set_item(connection, row.name, "", stored)
        _revise(service, connection, row, dialect, by, name)
    answer = mask(stored, row.name, dialect)
    return Response({key: value for key, value in answer.items() if key in patch})


def _patch_bucket(service: Service, call: Request) -> Response:
    name = call.path["name"]
    request = read_body(service, call, "patch_dataset")
    by = author(call, request, f"Patch dataset bucket {name}")
    return _patch(service, _DATASET, {"buckets": {name: request.configs_dict}}, by, name)


def _delete_bucket(service: Service, call: Request) -> Response:
    """The revision gets masks in place of secrets, or is not written at all (api.md 4)."""
    name, dialect = call.path["name"], service.store.dialect
    request = read_body(service, call, "configs")
    with service.store.write() as connection:
        stored = whole(connection, _DATASET.name)
        if name not in stored["buckets"]:
            raise user_fault(f"Bucket {name} not found in dataset configuration")
        del stored["buckets"][name]
        set_item(connection, _DATASET.name, "", stored)
        others = stored["buckets"].values()
        if dialect.pydantic == 2 and any(one.get("default_credential") for one in others):
            raise server_fault(_NO_JSON, keeps_changes=True)
        data = mask(full(connection, _DATASET, dialect), _DATASET.name, dialect)
        by = author(call, request, f"Delete dataset bucket {name}")
        add_revision(connection, _DATASET.name, data, service.now(), by, name=name)
    return Response()


def _revise(
    service: Service,
    connection: sqlite3.Connection,
    row: _Whole,
    dialect: Dialect,
    by: Author,
    name: str = "",
) -> dict[str, Any]:
    data = full(connection, row, dialect)
    add_revision(connection, row.name, data, service.now(), by, name=name)
    return data
