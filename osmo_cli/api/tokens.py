"""Access tokens (api.md 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from osmo_cli.api.client import Client
from osmo_cli.api.errors import ServiceError, UnexpectedAnswerError
from osmo_cli.config.dialects import Dialect
from osmo_cli.errors import UsageError


@dataclass(frozen=True)
class NewToken:
    """What a token shall be.

    Attributes:
        name: its name; see `osmo_cli.config.tokens`.
        expires_at: `YYYY-MM-DD`; it works through the day before, UTC.
        description: for people.
        roles: what a service token may do.
        service: whether it belongs to a service account instead of the user.
    """

    name: str
    expires_at: str
    description: str
    roles: tuple[str, ...]
    service: bool


def _segments(dialect: Dialect, service: bool) -> tuple[str, ...]:
    routes = dialect.token_routes
    if not service:
        return routes.own
    if routes.service is None:
        raise UsageError(
            f"a service of version {dialect.name} has no service tokens",
            hint="its agents are users with tokens of their own",
        )
    return routes.service


def list_tokens(client: Client, dialect: Dialect, *, service: bool) -> list[dict[str, Any]]:
    """The user's tokens, or all service tokens, as the service lists them."""
    tokens = client.get(_segments(dialect, service))
    if not isinstance(tokens, list) or any(not isinstance(token, dict) for token in tokens):
        raise UnexpectedAnswerError("the service's list of tokens is not in the known form")
    return tokens


def create_token(client: Client, dialect: Dialect, token: NewToken) -> str:
    """Create a token and return its text, which the service shows this once.

    Never repeated: the outcome of a failed request is looked up by the caller.
    """
    query = [("expires_at", token.expires_at)]
    if token.description:
        query.append(("description", token.description))
    query += [("roles", role) for role in token.roles]
    answer = client.request(
        "POST", (*_segments(dialect, token.service), token.name), query=query
    ).json()
    if not isinstance(answer, str) or not answer:
        raise UnexpectedAnswerError("the service did not answer with a token")
    return answer


def delete_token(client: Client, dialect: Dialect, name: str, *, service: bool) -> None:
    """Delete a token; what was logged in with it ends within five minutes."""
    client.request("DELETE", (*_segments(dialect, service), name))


def longest_life(client: Client) -> str | None:
    """The service's `max_token_duration`, such as `365d`; None where this login may not see it.

    The service checks it too, after which nothing has been created; asking first gives the
    last possible date in the message.
    """
    try:
        return str(client.get(("api", "configs", "service"))["service_auth"]["max_token_duration"])
    except (ServiceError, KeyError, TypeError):
        return None
