"""Access tokens (api.md 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from osmo_cli.accounts.tokens import NAME_PATTERN, TokenOwner
from osmo_cli.api.client import Client
from osmo_cli.api.dialects import DialectLookup
from osmo_cli.api.errors import RefusedError, ServiceError, UnexpectedAnswerError
from osmo_cli.api.users import UnknownUserError, Users, is_unknown_user
from osmo_cli.errors import UsageError

_ODD = "the service's list of tokens is not in the known form"


@dataclass(frozen=True)
class NewToken:
    """What a token shall be.

    Attributes:
        name: its name; see `osmo_cli.accounts.tokens`.
        expires_at: `YYYY-MM-DD`; it works through the day before, UTC.
        description: for people.
        roles: what it may do; empty for what the service gives it.
        owner: whose it is.
    """

    name: str
    expires_at: str
    description: str
    roles: tuple[str, ...]
    owner: TokenOwner


class Tokens:
    """The access tokens of one service."""

    def __init__(self, client: Client, dialects: DialectLookup, users: Users) -> None:
        self._client = client
        self._dialects = dialects
        self._users = users

    @property
    def has_accounts(self) -> bool:
        """Whether a service token is a token of a user of the same name."""
        return self._dialects.current().token_routes.service is None

    def _owner_of(self, owner: TokenOwner, name: str) -> TokenOwner:
        """The owner of the token `name`: that of a service token may be a user.

        Raises:
            UsageError: the service keeps no users.
        """
        if owner.service and self.has_accounts:
            return TokenOwner(user=name)
        self._check_owner(owner)
        return owner

    def _check_owner(self, owner: TokenOwner) -> None:
        """Raise UsageError where a user's tokens are meant and the service keeps no users."""
        if owner.user is None:
            return
        dialect = self._dialects.with_users()
        if dialect.token_routes.users is None:
            raise UsageError(
                f"a service of version {dialect.name} keeps no users: --user has no meaning",
                hint="there are your own tokens, and with --service those of service accounts",
            )

    def _segments(self, owner: TokenOwner) -> tuple[str, ...]:
        routes = self._dialects.current().token_routes
        if owner.user is not None:
            return (*self._users.route(), owner.user, "access_token")
        if owner.service:
            assert routes.service is not None, "a service token is addressed by its user"
            return routes.service
        return routes.own

    def list_tokens(self, owner: TokenOwner) -> list[dict[str, Any]]:
        """The owner's tokens as the service lists them; with `service` those of all accounts.

        Raises:
            UnknownUserError: there is no such user.
            UsageError: the service keeps none.
        """
        return self._dialects.follow_upgrade(lambda: self._list(owner))

    def _list(self, owner: TokenOwner) -> list[dict[str, Any]]:
        self._check_owner(owner)
        if owner.service and self.has_accounts:
            return self._account_tokens()
        try:
            tokens = self._client.get(self._segments(owner))
        except RefusedError as error:
            if owner.user is not None and is_unknown_user(error):
                raise UnknownUserError(owner.user) from None
            raise
        if not isinstance(tokens, list) or any(not isinstance(token, dict) for token in tokens):
            raise UnexpectedAnswerError(_ODD)
        return tokens

    def _account_tokens(self) -> list[dict[str, Any]]:
        """The tokens named like their user; one request for each user."""
        listed = self._users.list_users()["users"]
        tokens = []
        for name in sorted(str(user["id"]) for user in listed):
            if re.match(NAME_PATTERN, name) and (
                token := self.find(TokenOwner(service=True), name)
            ):
                tokens.append(token)
        return tokens

    def find(self, owner: TokenOwner, name: str) -> dict[str, Any] | None:
        """The token of that name as the service lists it; None where there is none.

        Raises:
            UnknownUserError: there is no such user; a service account may be missing.
            UsageError: the service keeps no users.
        """
        try:
            listed = self._dialects.follow_upgrade(lambda: self._list(self._owner_of(owner, name)))
            return next((token for token in listed if token["token_name"] == name), None)
        except UnknownUserError:
            if owner.service:
                return None
            raise
        except KeyError:
            raise UnexpectedAnswerError(_ODD) from None

    def create(self, token: NewToken) -> str:
        """Create a token and return its text, which the service shows this once.

        Never repeated: the outcome of a failed request is looked up by the caller.
        """
        whose = self._owner_of(token.owner, token.name)
        query = [("expires_at", token.expires_at)]
        if token.description:
            query.append(("description", token.description))
        query += [("roles", role) for role in token.roles]
        try:
            answer = self._client.request(
                "POST", (*self._segments(whose), token.name), query=query
            ).json()
        except RefusedError as error:
            error.hint = error.hint or _way_out(error.message, whose.user)
            raise
        if not isinstance(answer, str) or not answer:
            raise UnexpectedAnswerError("the service did not answer with a token")
        return answer

    def delete(self, owner: TokenOwner, name: str) -> None:
        """Delete a token; what was logged in with it ends within five minutes.

        Raises:
            UsageError: there is no such user, or the service keeps none.
        """

        def send() -> None:
            segments = self._segments(self._owner_of(owner, name))
            self._client.request("DELETE", (*segments, name))

        try:
            self._dialects.follow_upgrade(send)
        except RefusedError as error:
            if owner.user is not None and is_unknown_user(error):
                raise UnknownUserError(owner.user) from None
            if owner.service and is_unknown_user(error):
                error.message = f"there is no service token {name}"
            error.hint = error.hint or f"`osmo token list{owner.flags}` shows those that there are"
            raise

    def roles(self, name: str) -> dict[str, Any]:
        """The roles of one of the caller's own tokens, with who gave them and when.

        Raises:
            UsageError: a service of that dialect does not say.
        """
        dialect = self._dialects.with_users()
        if dialect.token_routes.users is None:
            raise UsageError(
                f"a service of version {dialect.name} does not tell the roles of a single token",
                hint="`osmo token list` shows them",
            )
        try:
            found = self._client.get((*dialect.token_routes.own, name, "roles"))
        except RefusedError as error:
            error.hint = error.hint or "`osmo token list` shows those that there are"
            raise
        if not isinstance(found, dict):
            raise UnexpectedAnswerError("the service's roles of a token are not in the known form")
        return found

    def longest_life(self) -> str | None:
        """The service's `max_token_duration`, such as `365d`; None where this login may not see it.

        The service checks it too, after which nothing has been created; asking first gives the
        last possible date in the message.
        """
        try:
            service = self._client.get(("api", "configs", "service"))
            return str(service["service_auth"]["max_token_duration"])
        except (ServiceError, KeyError, TypeError):
            return None


def _way_out(message: str, user: str | None) -> str | None:
    """What to do about a token that the service refuses for its roles."""
    if message.startswith("At least one role"):
        return (
            "a token has roles of its user, and this one has none: "
            f"`osmo user update {user or 'USER'} --add-roles ROLE`, or `osmo user create` first"
        )
    if message.startswith("User does not have all"):
        return f"`osmo user get {user or 'USER'}` shows the roles that there are to choose from"
    return None
