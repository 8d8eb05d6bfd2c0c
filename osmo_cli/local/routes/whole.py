"""Routes of SERVICE, WORKFLOW and DATASET, and of DATASET's buckets (docs/service/merge.md)."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.local.faults import Fault, crash, user_fault
from osmo_cli.local.history import Author, add_revision
from osmo_cli.local.masks import SEALED_EMPTY, mask
from osmo_cli.local.records import set_item, whole
from osmo_cli.local.request import Request, Response
from osmo_cli.local.routes.configs import author, merged, shown
from osmo_cli.local.service import Handler, Route, Service, read_body
from osmo_cli.local.whole_types import DATASET, WHOLE, WholeType, read, revise

_NO_JSON = "Object of type SecretStr is not JSON serializable"


def routes(dialect: Dialect) -> list[Route]:
    """The routes of those of these types that a dialect has."""
    table = []
    for row in WHOLE.values():
        if row.name not in dialect.config_types:
            continue
        path = "/api/configs/" + row.path
        table += [
            Route("GET", path, _get_of(row)),
            Route("PUT", path, _put_of(row), "put_whole:" + row.name),
            Route("PATCH", path, _patch_of(row), "patch:config"),
        ]
    if DATASET.name in dialect.config_types:
        bucket = "/api/configs/dataset/{name}"
        table += [
            Route("PATCH", bucket, _patch_bucket, "patch:dataset"),
            Route("DELETE", bucket, _delete_bucket, "configs"),
        ]
    return [*table, Route("POST", "/api/configs/service/clean", _clean_service)]


def _get_of(row: WholeType) -> Handler:
    def get_whole(service: Service, request: Request) -> Response:
        dialect = service.store.dialect
        # In ConfigMap mode a secret that is not in the file is shown to be empty.
        unset_secret = "" if service.store.configmap else SEALED_EMPTY
        with service.store.read() as connection:
            configuration = read(connection, row, dialect, unset_secret=unset_secret)
        return shown(service, mask(configuration, row.name, dialect))

    return get_whole


def _put_of(row: WholeType) -> Handler:
    def put_whole(service: Service, request: Request) -> Response:
        """Fields that are present are replaced whole; the answer shows secrets in clear text."""
        from osmo_cli.local.checking.validation import plain

        dialect = service.store.dialect
        body = read_body(service, request, "put_whole:" + row.name)
        changes = plain(body.configs, exclude_unset=True)
        row.check_all(changes, dialect)
        with service.store.write() as connection:
            set_item(connection, row.name, "", whole(connection, row.name) | changes)
            by = author(request, body, f"Set complete {row.path} configuration")
            configuration = revise(connection, row, dialect, service.now(), by)
        return Response(configuration)

    return put_whole


def _patch_of(row: WholeType) -> Handler:
    def patch_whole(service: Service, request: Request) -> Response:
        body = read_body(service, request, "patch:config")
        default = f"Patched {row.path} configuration"
        return _patch(service, row, body.configs_dict, author(request, body, default))

    return patch_whole


def _patch(
    service: Service, row: WholeType, patch: dict[str, Any], by: Author, name: str = ""
) -> Response:
    """Merge a patch; the answer has the fields of the request as they are stored, masked."""
    dialect = service.store.dialect
    with service.store.write() as connection:
        stored = whole(connection, row.name)
        wanted = merged(stored, _with_kept_defaults(row, patch, dialect), dialect)
        if row.settle:
            row.settle(wanted)
        changed = {
            key: value for key, value in wanted.items() if key not in stored or value != stored[key]
        }
        row.check_all(changed, dialect)
        stored |= _validated(service, row, stored | changed, changed)
        set_item(connection, row.name, "", stored)
        revise(connection, row, dialect, service.now(), by, name)
    answer = mask(stored, row.name, dialect)
    return Response({key: value for key, value in answer.items() if key in patch})


def _validated(
    service: Service, row: WholeType, wanted: dict[str, Any], changed: dict[str, Any]
) -> dict[str, Any]:
    """Return the changed fields as they are stored.

    Raises:
        Fault: 400 where they are wrong. A service that is not in developer mode refuses unknown
            fields of a PUT after that, too, until a PATCH succeeds.
    """
    from osmo_cli.local.checking.models import stored_schema
    from osmo_cli.local.checking.validation import parse_or_report, plain, with_unknown_fields

    dialect = service.store.dialect
    schema = stored_schema(row.name, dialect.name)
    try:
        # What did not change is there for the fields that the model requires.
        model = parse_or_report(schema, wanted, dialect.pydantic, closed=not service.developer)
    except Fault:
        service.forbids_unknown_fields = not service.developer
        raise
    service.forbids_unknown_fields = False
    stored = plain(model, exclude_unset=True)
    fields: dict[str, Any] = {key: stored[key] for key in stored if key in changed}
    if dialect.pydantic == 1:
        fields = with_unknown_fields(schema, fields, changed)
    return fields


def _with_kept_defaults(row: WholeType, patch: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    """Return a patch with the default in the place of a list that cannot be emptied.

    See docs/service/merge.md#empty-lists.
    """
    from osmo_cli.config.schemas.base import defaults, model_at

    patch = deepcopy(patch)
    schema = CONFIG_TYPES[row.name].schema(dialect)
    for group, field in row.kept_defaults if dialect.empty_list_is_lost else ():
        parent, model = patch.get(group), model_at(schema, (group,))
        if model and isinstance(parent, dict) and parent.get(field) == []:
            parent[field] = deepcopy(defaults(model)[field])
    return patch


def _patch_bucket(service: Service, request: Request) -> Response:
    name = request.path["name"]
    body = read_body(service, request, "patch:dataset")
    by = author(request, body, f"Patch dataset bucket {name}")
    return _patch(service, DATASET, {"buckets": {name: body.configs_dict}}, by, name)


def _delete_bucket(service: Service, request: Request) -> Response:
    """The revision gets masks in place of secrets, or is not written at all.

    See docs/service/dataset.md#deleting-a-bucket.
    """
    name, dialect = request.path["name"], service.store.dialect
    body = read_body(service, request, "configs")
    with service.store.write() as connection:
        stored = whole(connection, DATASET.name)
        if name not in stored["buckets"]:
            raise user_fault(f"Bucket {name} not found in dataset configuration")
        del stored["buckets"][name]
        set_item(connection, DATASET.name, "", stored)
        others = stored["buckets"].values()
        if dialect.bucket_deletion_fails and any(
            other.get("default_credential") for other in others
        ):
            raise crash(_NO_JSON, keeps_changes=True)
        data = mask(read(connection, DATASET, dialect), DATASET.name, dialect)
        by = author(request, body, f"Delete dataset bucket {name}")
        add_revision(connection, DATASET.name, data, service.now(), by, name=name)
    return Response()


def _clean_service(service: Service, request: Request) -> Response:
    """POST /api/configs/service/clean: drop the fields that SERVICE does not know."""
    row, dialect = WHOLE["SERVICE"], service.store.dialect
    schema = CONFIG_TYPES[row.name].schema(dialect)
    with service.store.write() as connection:
        stored = whole(connection, row.name)
        known = {key: value for key, value in stored.items() if key in schema.model_fields}
        set_item(connection, row.name, "", known)
        configuration = read(connection, row, dialect)
    return Response(mask(configuration, row.name, dialect))
