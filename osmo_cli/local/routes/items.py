"""Routes of the types with named items, from the rows of `item_types` (docs/service/routes.md)."""

from __future__ import annotations

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.local.faults import crash, user_fault
from osmo_cli.local.item_types import ITEM_TYPES, ItemType, Patching, delete, put, revise
from osmo_cli.local.records import item, items
from osmo_cli.local.request import Request, Response
from osmo_cli.local.routes.configs import author, merged, shown
from osmo_cli.local.service import Handler, Route, Service, read_body

_NO_NAME = "local variable 'name' referenced before assignment"


def routes(dialect: Dialect) -> list[Route]:
    """The routes of all types with named items that a dialect has."""
    table = []
    for row in ITEM_TYPES.values():
        if row.name not in dialect.config_types:
            continue
        path = "/api/configs/" + row.config_type.path
        item_path = path + "/{name}"
        if not row.reads_itself:
            table += [
                Route("GET", path, _get_all_of(row)),
                Route("GET", item_path, _get_one_of(row)),
            ]
        put_all, put_one = f"put_items:{row.name}", f"put_item:{row.name}"
        table += [
            Route("PUT", path, _put_all_of(row, put_all), put_all),
            Route("PUT", item_path, _put_one_of(row, put_one), put_one),
            Route("DELETE", item_path, _delete_of(row), "configs"),
        ]
        if row.patching:
            patch = f"patch:{row.config_type.path}"
            table.append(Route("PATCH", item_path, _patch_of(row, row.patching, patch), patch))
    return table


def _get_all_of(row: ItemType) -> Handler:
    def get_all(service: Service, request: Request) -> Response:
        with service.store.read() as connection:
            return shown(service, row.show(connection, items(connection, row.name)))

    return get_all


def _get_one_of(row: ItemType) -> Handler:
    def get_one(service: Service, request: Request) -> Response:
        name = request.path["name"]
        with service.store.read() as connection:
            stored = item(connection, row.name, name)
            if stored is None:
                raise user_fault(row.unknown.format(name=name))
            shown_items = row.show(connection, {name: stored})
        return shown(
            service, shown_items[0] if isinstance(shown_items, list) else shown_items[name]
        )

    return get_one


def _put_all_of(row: ItemType, model: str) -> Handler:
    verb = row.config_type.whole
    assert verb is not None

    def put_all(service: Service, request: Request) -> Response:
        from osmo_cli.local.checking.validation import plain

        body = read_body(service, request, model)
        given = plain(getattr(body, verb.body_key))
        with service.store.write() as connection:
            stored = put(connection, service.store.dialect, row, given)
            if not stored and not body.description and "{name}" in row.put_all:
                raise crash(_NO_NAME)
            default = row.put_all.format(name=next(reversed(stored), ""))
            by = author(request, body, default)
            revise(connection, service.store.dialect, row, service.now(), by)
        return Response()

    return put_all


def _put_one_of(row: ItemType, model: str) -> Handler:
    verb = row.config_type.whole
    assert verb is not None

    def put_one(service: Service, request: Request) -> Response:
        from osmo_cli.local.checking.validation import plain

        name = request.path["name"]
        body = read_body(service, request, model)
        given, dialect = plain(body.configs), service.store.dialect
        with service.store.write() as connection:
            row.check_name(name)
            # Items of lists have a name inside; the one in the path is for the history only.
            stored = put(connection, dialect, row, [given] if verb.as_list else {name: given})
            by = author(request, body, row.description("PUT", name))
            revise(connection, dialect, row, service.now(), by, name)
            for changed in stored.values():
                row.finish(connection, changed)
        return Response()

    return put_one


def _patch_of(row: ItemType, patching: Patching, model: str) -> Handler:
    def patch(service: Service, request: Request) -> Response:
        """A strategic merge into what GET shows; the result is checked as a whole."""
        from osmo_cli.local.checking.models import stored_schema
        from osmo_cli.local.checking.validation import parse_or_fail, plain

        name, dialect, now = request.path["name"], service.store.dialect, service.now()
        body = read_body(service, request, model)
        with service.store.write() as connection:
            old = item(connection, row.name, name)
            if old is None:
                raise user_fault(f"{row.noun.capitalize()} {name} not found")
            live = patching.live(connection, dialect, name, old, now)
            wanted = merged(live, body.configs_dict, dialect)
            schema = stored_schema(row.name, dialect.name)
            checked = plain(parse_or_fail(schema, wanted, dialect.pydantic))
            stored = put(connection, dialect, row, {name: checked})[name]
            by = author(request, body, row.description("PATCH", name))
            revise(connection, dialect, row, now, by, name)
            row.finish(connection, stored)
            answer = patching.answer(connection, checked, stored)
        return Response(answer)

    return patch


def _delete_of(row: ItemType) -> Handler:
    def delete_one(service: Service, request: Request) -> Response:
        name = request.path["name"]
        body = read_body(service, request, "configs")
        with service.store.write() as connection:
            stored = delete(connection, row, name)
            by = author(request, body, row.description("DELETE", name))
            revise(connection, service.store.dialect, row, service.now(), by, name)
            if stored is not None:
                row.finish(connection, stored)
        return Response()

    return delete_one
