"""Revisions: history, rollback, tags, diff (docs/service/history.md)."""

from __future__ import annotations

import json

from osmo_cli.config.registry.types import BACKEND
from osmo_cli.local import backends, history, whole_types
from osmo_cli.local.checking.messages import Invalid, InvalidRequestError
from osmo_cli.local.faults import user_fault
from osmo_cli.local.item_types import ITEM_TYPES, restore, revise
from osmo_cli.local.request import Parameters, Request, Response
from osmo_cli.local.routes.configs import shown
from osmo_cli.local.service import Service, read_body
from osmo_cli.local.stored_types import known_types
from osmo_cli.local.whole_types import WHOLE


def get_history(service: Service, request: Request) -> Response:
    """GET /api/configs/history."""
    dialect = service.store.dialect
    given = Parameters(request)
    offset = given.integer("offset", least=0)
    limit = given.integer("limit", above=0, most=1000)
    date_alone = dialect.history_takes_dates
    query = history.Query(
        offset=0 if offset is None else offset,
        limit=20 if limit is None else limit,
        descending=given.choice("order", ["ASC", "DESC"], "ASC") == "DESC",
        config_types=given.choices("config_types", known_types(dialect)),
        name=given.text("name"),
        revision=given.integer("revision", above=0),
        tags=given.texts("tags"),
        created_before=given.time("created_before", date_alone=date_alone),
        created_after=given.time("created_after", date_alone=date_alone),
        at_timestamp=given.time("at_timestamp", date_alone=date_alone),
        omit_data=given.flag("omit_data"),
    )
    given.done()
    if query.at_timestamp and (query.created_before or query.created_after):
        text = "at_timestamp cannot be used together with created_before or created_after"
        loc = ("query", "at_timestamp")
        value = given.text("at_timestamp")
        raise InvalidRequestError(
            Invalid("value_error", loc, value, {"error": text}, f"Value error, {text}")
        )
    with service.store.read() as connection:
        return Response({"configs": history.find_revisions(connection, query, dialect)})


def get_diff(service: Service, request: Request) -> Response:
    """GET /api/configs/diff."""
    dialect = service.store.dialect
    given = Parameters(request)
    config_type = given.choice("config_type", known_types(dialect))
    first = given.required_integer("first_revision")
    second = given.required_integer("second_revision")
    given.done()
    with service.store.read() as connection:
        data = history.diff(connection, config_type, first, second, dialect)
    return shown(service, data)


def post_rollback(service: Service, request: Request) -> Response:
    """POST /api/configs/history/rollback."""
    body = read_body(service, request, "rollback")
    config_type, number = body.config_type, body.revision
    with service.store.write() as connection:
        row = history.revision(connection, config_type, number)
        if row["deleted_by"] is not None:
            raise user_fault(
                f"Cannot roll back to revision {number} for config type {config_type}"
                f" as it was deleted by {row['deleted_by']}"
            )
        snapshot, now, dialect = json.loads(row["data"]), service.now(), service.store.dialect
        remark = f"Roll back {config_type} to r{number}"
        if body.description:
            remark += f": {body.description}"
        by = history.Author(request.caller.user, remark, body.tags)
        if config_type in ITEM_TYPES:
            named = ITEM_TYPES[config_type]
            restore(connection, named, snapshot)
            revise(connection, dialect, named, now, by)
        elif config_type in WHOLE:
            data = whole_types.restore(connection, config_type, snapshot)
            history.add_revision(connection, config_type, data, now, by)
        else:
            schema = BACKEND.schema(dialect)
            settable = {field for field in schema.model_fields if (field,) not in BACKEND.read_only}
            backends.restore(connection, snapshot, frozenset(settable))
            live = backends.all_backends(connection, now)
            history.add_revision(connection, config_type, live, now, by)
    return Response()


def delete_revision(service: Service, request: Request) -> Response:
    """DELETE /api/configs/history/{config_type}/revision/{revision}."""
    given = Parameters(request)
    number = given.path_integer("revision")
    given.done()
    config_type = _type_in_path(service, request)
    with service.store.write() as connection:
        history.delete_revision(connection, config_type, number, request.caller.user)
    return Response()


def post_tags(service: Service, request: Request) -> Response:
    """POST /api/configs/history/{config_type}/revision/{revision}/tags."""
    given = Parameters(request)
    number = given.path_integer("revision")
    given.done()
    body = read_body(service, request, "tags")
    config_type = _type_in_path(service, request)
    with service.store.write() as connection:
        history.change_tags(
            connection, config_type, number, body.set_tags or [], body.delete_tags or []
        )
    return Response()


def _type_in_path(service: Service, request: Request) -> str:
    name = request.path["config_type"]
    if name.upper() not in known_types(service.store.dialect):
        raise user_fault(f'Invalid config type "{name}"')
    return name.upper()
