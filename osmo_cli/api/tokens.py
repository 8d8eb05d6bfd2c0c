"""Access tokens (docs/service/tokens.md)."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any

from osmo_cli.accounts.tokens import NAME_PATTERN, TokenOwner, base_name
from osmo_cli.api.answers import (
    as_object,
    as_objects,
    optional_line,
    optional_text,
    text,
    texts,
    unexpected,
)
from osmo_cli.api.client import Client
from osmo_cli.api.dialects import DialectLookup
from osmo_cli.api.errors import (
    ExpiredTokenError,
    RefusedError,
    ServiceError,
    UnauthorizedError,
    UserNotFoundError,
)
from osmo_cli.api.users import Grant, Users, grants_in, missing_user
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.errors import MissingError, NotLoggedInError, OsmoError, UsageError
from osmo_cli.quick_dataclass import dataclass

_LIST = "the list of tokens"


@dataclass(frozen=True)
class NewToken:
    """A token to create.

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


@dataclass(frozen=True)
class Token:
    """A token as the service lists it, without its secret.

    Attributes:
        name: unique per owner.
        user: the owner's name.
        expires_at: ISO 8601, midnight UTC.
        description: for people.
        roles: what it may do.
        answer: the service's own form, for output as data.
    """

    name: str
    user: str
    expires_at: str
    description: str
    roles: tuple[str, ...]
    answer: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class TokenRoles:
    """The roles of one token, with who gave them and when."""

    token: str
    user: str
    grants: tuple[Grant, ...]
    answer: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


class Tokens:
    """The access tokens of one service. Each method sends at most one write."""

    def __init__(self, client: Client, dialects: DialectLookup, users: Users) -> None:
        self._client = client
        self._dialects = dialects
        self._users = users

    @property
    def has_accounts(self) -> bool:
        """Whether a service token is a token of a user of the same name
        (docs/service/tokens.md#service-tokens)."""
        return self._dialects.current().token_routes.service is None

    def list_tokens(self, owner: TokenOwner) -> list[Token]:
        """List the owner's tokens; with `service` those of all service accounts.

        Raises:
            MissingError: the user does not exist.
            UsageError: the service has no users.
        """
        return self._dialects.follow_upgrade(lambda: self._list(owner))

    def find(self, owner: TokenOwner, name: str) -> Token | None:
        """Return the token of that name; None if it, or a service account, does not exist.

        Raises:
            MissingError: the user does not exist.
            UsageError: the service has no users.
        """
        try:
            listed = self._dialects.follow_upgrade(lambda: self._list(self.owner_of(owner, name)))
        except MissingError:
            if owner.service:
                return None
            raise
        return next((token for token in listed if token.name == name), None)

    def create(self, token: NewToken) -> str:
        """Create a token and return its text, which the service shows only once; sent once.

        Raises:
            UnexpectedAnswerError: the answer does not look like a token.
        """
        owner = self.owner_of(token.owner, token.name)
        query = [("expires_at", token.expires_at)]
        if token.description:
            query.append(("description", token.description))
        query += [("roles", role) for role in token.roles]
        segments = (*self._segments(owner), token.name)
        answer = self._client.request("POST", segments, query=query).json()
        pattern = self._dialects.current().token_routes.text_pattern
        if not isinstance(answer, str) or not re.fullmatch(pattern, answer):
            raise unexpected("it is not an access token")
        return answer

    def delete(self, owner: TokenOwner, name: str) -> None:
        """Delete a token; sent once. Logins made with it end within five minutes.

        Where the route has changed it is sent to the other one, if the token exists then.

        Raises:
            MissingError: the token or its user does not exist.
            UsageError: the service has no users.
        """
        dialect = self._dialects.current()
        try:
            self._delete(owner, name)
        except RefusedError as error:
            if not self._exists_elsewhere(dialect, error, owner, name):
                raise
            self._delete(owner, name)

    def _exists_elsewhere(
        self, dialect: Dialect, error: RefusedError, owner: TokenOwner, name: str
    ) -> bool:
        """Whether a deletion failed for its route, and the token is there in the new dialect.

        Raises:
            MissingError: the route has changed, and the token does not exist.
        """
        try:
            if not self._dialects.has_changed(dialect, error):
                return False
            is_there = self.find(owner, name) is not None
        except OsmoError:
            # What is between may have deleted it and answered this.
            error.needs_look = True
            return False
        if not is_there:
            raise MissingError(f"token {name}", hint=f"`osmo token list{owner.flags}`")
        return True

    def _delete(self, owner: TokenOwner, name: str) -> None:
        try:
            segments = self._segments(self.owner_of(owner, name))
            self._client.request("DELETE", (*segments, name))
        except UserNotFoundError:
            if owner.user is not None:
                raise missing_user(owner.user) from None
            raise MissingError(
                f"service token {name}", hint="`osmo token list --service` shows the tokens"
            ) from None
        except ServiceError as error:
            error.hint = error.hint or f"`osmo token list{owner.flags}` shows the tokens"
            raise

    def roles(self, name: str) -> TokenRoles:
        """Return the roles of one of the caller's own tokens.

        Raises:
            UsageError: the service does not show them.
        """
        dialect = self._dialects.with_users()
        if dialect.token_routes.users is None:
            raise UsageError(
                f"OSMO {dialect.name} does not show the roles of a single token",
                hint="`osmo token list` shows them",
            )
        try:
            answer = self._client.get((*dialect.token_routes.own, name, "roles"))
        except ServiceError as error:
            error.hint = error.hint or "`osmo token list` shows the tokens"
            raise
        what = f"the roles of token {name}"
        fields = as_object(answer, what)
        return TokenRoles(
            optional_line(fields, "token_name"),
            optional_line(fields, "user_name"),
            grants_in(fields, what),
            fields,
        )

    def logs_in(self, text: str) -> bool:
        """Whether a token's text logs in now: the service knows it, and it has not expired.

        Raises:
            OsmoError: the service did not answer the question.
        """
        from osmo_cli.api.login import exchange_access_token

        try:
            exchange_access_token(self._client.transport, text)
        except ExpiredTokenError:
            return False
        except NotLoggedInError as error:
            if isinstance(error, ServiceError):  # 401 or 403, which say nothing of this token
                raise
            return False
        return True

    def longest_life(self) -> str | None:
        """The service's `max_token_duration`, such as `365d`; None if this login may not see it.

        The service checks it too; asking first gives the last possible date in the message.
        """
        try:
            service = self._client.get(("api", "configs", "service"))
            return str(service["service_auth"]["max_token_duration"])
        except (ServiceError, KeyError, TypeError):
            return None

    def owner_of(self, owner: TokenOwner, name: str) -> TokenOwner:
        """Return the owner of the token `name`; a service token may belong to a user.

        The user has the token's name, or the name of the token that it was rotated from:
        `agent-2` belongs to `agent`, where there is no user `agent-2`.

        Raises:
            UsageError: the service has no users.
        """
        if not (owner.service and self.has_accounts):
            self._check_owner(owner)
            return owner
        base = base_name(name)
        try:
            is_rotated = base != name and self._users.find(name) is None
            return TokenOwner(user=base if is_rotated and self._users.find(base) else name)
        except UnauthorizedError:  # not every login may read users
            return TokenOwner(user=name)

    def _check_owner(self, owner: TokenOwner) -> None:
        """Raise UsageError for the tokens of a user where the service has no users."""
        if owner.user is None:
            return
        dialect = self._dialects.with_users()
        if dialect.token_routes.users is None:
            raise UsageError(
                f"OSMO {dialect.name} has no users, so --user cannot be used",
                hint="leave out --user for your own tokens; --service is for service accounts",
            )

    def _segments(self, owner: TokenOwner) -> tuple[str, ...]:
        routes = self._dialects.current().token_routes
        if owner.user is not None:
            return (*self._users.route(), owner.user, "access_token")
        if owner.service:
            assert routes.service is not None, "a service token is addressed by its user"
            return routes.service
        return routes.own

    def _list(self, owner: TokenOwner) -> list[Token]:
        self._check_owner(owner)
        if owner.service and self.has_accounts:
            return self._account_tokens()
        try:
            return _tokens(self._client.get(self._segments(owner)))
        except UserNotFoundError:
            if owner.user is not None:
                raise missing_user(owner.user) from None
            raise

    def _account_tokens(self) -> list[Token]:
        """The tokens that have the name of their user, and those that they were rotated to.

        No route lists the tokens of all users, so each user who can have one is asked for theirs.
        """
        names = sorted(
            user.id for user in self._users.list_users().users if re.match(NAME_PATTERN, user.id)
        )
        paths = [self._segments(TokenOwner(user=name)) for name in names]
        tokens = []
        for name, answer in zip(names, self._client.get_each(paths), strict=True):
            if isinstance(answer, UserNotFoundError):
                continue  # deleted meanwhile
            if isinstance(answer, ServiceError):
                raise answer
            tokens += [
                token
                for token in _tokens(answer)
                if name == token.name or (name == base_name(token.name) and token.name not in names)
            ]
        return tokens


def _tokens(answer: Any) -> list[Token]:
    return [
        Token(
            text(entry, "token_name", _LIST),
            optional_line(entry, "user_name"),
            optional_line(entry, "expires_at"),
            optional_text(entry, "description"),
            texts(entry.get("roles"), _LIST),
            entry,
        )
        for entry in as_objects(answer, _LIST)
    ]
