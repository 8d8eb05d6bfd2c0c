"""Routes of users, their roles and their tokens (docs/service/users.md#routes)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.local import users
from osmo_cli.local.request import Parameters, Request, Response
from osmo_cli.local.service import Handler, Route, Service, read_body

_PAGE, _LARGEST_PAGE = 100, 1000
_UTC = {"6.2": "+00:00", "6.3": "Z"}
"""How times end, except in the members of a role."""
_Owner = Callable[[Service, Request], str]
"""Return the owner of the tokens that a request addresses."""


def routes(dialect: Dialect) -> list[Route]:
    """The routes of a dialect that has users; none in one that has not."""
    if dialect.token_routes.users is None:
        return []
    own = "/" + "/".join(dialect.token_routes.own)
    all_users = "/" + "/".join(dialect.token_routes.users)
    user = all_users + "/{user_id}"
    of_user = user + "/access_token"
    return [
        Route("GET", own, _list_of(_caller)),
        Route("POST", own + "/{token_name}", _create_of(_caller)),
        Route("DELETE", own + "/{token_name}", _delete_of(_caller)),
        Route("GET", own + "/{token_name}/roles", _token_roles),
        Route("GET", of_user, _list_of(_known_user)),
        Route("POST", of_user + "/{token_name}", _create_of(_user_in_path)),
        Route("DELETE", of_user + "/{token_name}", _delete_of(_known_user)),
        Route("GET", all_users, _list_users),
        Route("POST", all_users, _create_user, "create_user"),
        Route("GET", user, _get_user),
        Route("DELETE", user, _delete_user),
        Route("GET", user + "/roles", _user_roles),
        Route("POST", user + "/roles", _assign, "assign_role"),
        Route("DELETE", user + "/roles/{role_name}", _take_away),
        Route("GET", "/api/auth/roles/{role_name}/users", _members),
        Route("POST", "/api/auth/roles/{role_name}/users", _assign_all, "assign_role_to_users"),
    ]


def _answer(service: Service, data: Any) -> Response:
    """Return an answer with the times of users and roles as the version writes them."""
    return Response(_with_times(data, service.store.dialect.newest(_UTC)))


def _with_times(data: Any, utc: str) -> Any:
    if isinstance(data, list):
        return [_with_times(each, utc) for each in data]
    if not isinstance(data, dict):
        return data
    return {
        key: value.replace("+00:00", utc)
        if key in ("created_at", "assigned_at")
        else _with_times(value, utc)
        for key, value in data.items()
    }


def _caller(service: Service, request: Request) -> str:
    return request.caller.user


def _user_in_path(service: Service, request: Request) -> str:
    return request.path["user_id"]


def _known_user(service: Service, request: Request) -> str:
    with service.store.read() as connection:
        return str(users.get(connection, request.path["user_id"])["id"])


def _list_of(owner: _Owner) -> Handler:
    def list_tokens(service: Service, request: Request) -> Response:
        user = owner(service, request)
        with service.store.read() as connection:
            return Response(users.list_tokens(connection, user))

    return list_tokens


def _create_of(owner: _Owner) -> Handler:
    def create_token(service: Service, request: Request) -> Response:
        given = Parameters(request)
        expires_at = given.required("expires_at")
        given.done()
        user = owner(service, request)
        with service.store.write() as connection:
            text = users.create_token(
                connection,
                user,
                request.path["token_name"],
                expires_at,
                given.text("description") or "",
                given.texts("roles"),
                request.caller.user,
                service.now(),
            )
        return Response(text)

    return create_token


def _delete_of(owner: _Owner) -> Handler:
    def delete_token(service: Service, request: Request) -> Response:
        user = owner(service, request)
        with service.store.write() as connection:
            users.delete_token(connection, user, request.path["token_name"])
        return Response()

    return delete_token


def _token_roles(service: Service, request: Request) -> Response:
    with service.store.read() as connection:
        return _answer(
            service, users.token_roles(connection, request.caller.user, request.path["token_name"])
        )


def _list_users(service: Service, request: Request) -> Response:
    given = Parameters(request)
    start, count = given.integer("start_index"), given.integer("count")
    given.done()
    first = max(start or 1, 1)
    size = min(max(_PAGE if count is None else count, 1), _LARGEST_PAGE)
    with service.store.read() as connection:
        matching = users.find_users(
            connection, given.text("id_prefix") or "", set(given.texts("roles"))
        )
    page = matching[first - 1 : first - 1 + size]
    return _answer(
        service,
        {
            "total_results": len(matching),
            "start_index": first,
            "items_per_page": len(page),
            "users": page,
        },
    )


def _create_user(service: Service, request: Request) -> Response:
    body = read_body(service, request, "create_user")
    with service.store.write() as connection:
        user = users.create(
            connection, body.id, body.roles or [], request.caller.user, service.now()
        )
        return _answer(service, user)


def _get_user(service: Service, request: Request) -> Response:
    with service.store.read() as connection:
        return _answer(service, users.get(connection, request.path["user_id"]))


def _delete_user(service: Service, request: Request) -> Response:
    with service.store.write() as connection:
        users.delete(connection, request.path["user_id"])
    return Response()


def _user_roles(service: Service, request: Request) -> Response:
    with service.store.read() as connection:
        user = users.get(connection, request.path["user_id"])
    return _answer(service, {"user_id": user["id"], "roles": user["roles"]})


def _assign(service: Service, request: Request) -> Response:
    body = read_body(service, request, "assign_role")
    user = request.path["user_id"]
    with service.store.write() as connection:
        by = request.caller.user
        given = users.assign(connection, user, body.role_name, by, service.now())
        return _answer(service, given)


def _members(service: Service, request: Request) -> Response:
    role = request.path["role_name"]
    with service.store.read() as connection:
        return Response({"role_name": role, "users": users.members(connection, role)})


def _assign_all(service: Service, request: Request) -> Response:
    body = read_body(service, request, "assign_role_to_users")
    role, by = request.path["role_name"], request.caller.user
    with service.store.write() as connection:
        return Response(users.assign_all(connection, role, body.user_ids, by, service.now()))


def _take_away(service: Service, request: Request) -> Response:
    with service.store.write() as connection:
        users.take_away(connection, request.path["user_id"], request.path["role_name"])
    return Response()
