"""Version, login, keys and access tokens.

docs/service/authentication.md#token-exchange, docs/service/tokens.md
"""

from __future__ import annotations

from osmo_cli.local import tokens, users
from osmo_cli.local.authorization import RefusedError, check_version, newest_client
from osmo_cli.local.initial import LOGIN_INFO
from osmo_cli.local.records import whole
from osmo_cli.local.request import Parameters, Request, Response
from osmo_cli.local.service import Handler, Service, read_body


def get_version(service: Service, request: Request) -> Response:
    """GET /api/version."""
    major, minor, revision = service.store.dialect.version.split(".")
    return Response({"major": major, "minor": minor, "revision": revision, "hash": ""})


def get_client_version(service: Service, request: Request) -> Response:
    """GET /client/version: plain text for those who ask for it."""
    with service.store.read() as connection:
        version = newest_client(service, whole(connection, "SERVICE"))
    try:
        check_version(version)
    except RefusedError as refused:
        return refused.response
    if "text/plain" in request.accept:
        return Response(text=version)
    major, minor, revision, *rest = version.split(".", 3)
    return Response({"major": major, "minor": minor, "revision": revision, "hash": "".join(rest)})


def get_docs(service: Service, request: Request) -> Response:
    """GET /api/docs: a page that leads to the OpenAPI document."""
    page = '<!DOCTYPE html><title>OSMO</title><a href="/api/openapi.json">OpenAPI document</a>'
    return Response(text=page, media_type="text/html")


def get_packages(service: Service, request: Request) -> Response:
    """GET /client/pypi/simple: an index without packages."""
    return Response(text="<!DOCTYPE html><title>Simple index</title>", media_type="text/html")


def get_health(service: Service, request: Request) -> Response:
    """GET /health."""
    return Response({"status": "OK"})


def get_login(service: Service, request: Request) -> Response:
    """GET /api/auth/login: no identity provider."""
    return Response(LOGIN_INFO)


def get_keys(service: Service, request: Request) -> Response:
    """GET /api/auth/keys: the public keys of the JWTs."""
    import json

    with service.store.read() as connection:
        keys = whole(connection, "SERVICE")["service_auth"]["keys"]
    return Response({"keys": [json.loads(key["public_key"]) for key in keys.values()]})


def exchange(service: Service, request: Request) -> Response:
    """GET /api/auth/jwt/access_token: a JWT for an access token."""
    given = Parameters(request)
    text = given.required("access_token")
    given.done()
    return _exchanged(service, text)


def exchange_body(service: Service, request: Request) -> Response:
    """POST /api/auth/jwt/access_token: the same without the token in the address."""
    return _exchanged(service, read_body(service, request, "token").token)


def _exchanged(service: Service, text: str) -> Response:
    has_users = service.store.dialect.token_routes.users is not None
    if has_users:
        users.check_text(text)
    with service.store.read() as connection:
        token = tokens.usable(connection, text, service.now().date())
    jwt, expires_at = service.signer.sign(
        token["user_name"], token["roles"], token["token_name"] if has_users else None
    )
    answer = {"token": jwt, "expires_at": expires_at}
    if service.store.dialect.exchange_shows_null:
        answer["error"] = None
    return Response(answer)


def get_token_info(service: Service, request: Request) -> Response:
    """GET /api/auth/access_token: what is known of a token."""
    given = Parameters(request)
    text = given.required("access_token")
    given.done()
    with service.store.read() as connection:
        return Response(tokens.find(connection, text))


def list_of(kind: tokens.AccessType) -> Handler:
    """The handler that lists the caller's own tokens, or the service tokens."""

    def list_tokens(service: Service, request: Request) -> Response:
        with service.store.read() as connection:
            return Response(tokens.list_tokens(connection, kind, request.caller.user))

    return list_tokens


def create_of(kind: tokens.AccessType) -> Handler:
    """The handler that makes a token of the caller, or a service token."""

    def create_token(service: Service, request: Request) -> Response:
        given = Parameters(request)
        expires_at = given.required("expires_at")
        given.done()
        with service.store.write() as connection:
            text = tokens.create(
                connection,
                kind,
                request.caller.user,
                request.path["token_name"],
                expires_at,
                given.text("description") or "",
                given.texts("roles"),
                service.now().date(),
            )
        return Response(text)

    return create_token


def delete_of(kind: tokens.AccessType) -> Handler:
    """The handler that deletes a token of the caller, or a service token."""

    def delete_token(service: Service, request: Request) -> Response:
        with service.store.write() as connection:
            tokens.delete(connection, kind, request.caller.user, request.path["token_name"])
        return Response()

    return delete_token
