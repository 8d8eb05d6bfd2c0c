"""Users of a service, and their roles (docs/service/users.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any

from osmo_cli.api.answers import as_object, as_objects, integer, optional_line, text, unexpected
from osmo_cli.api.client import Client
from osmo_cli.api.dialects import DialectLookup
from osmo_cli.api.errors import UserNotFoundError
from osmo_cli.api.transport import Query
from osmo_cli.errors import MissingError, UsageError
from osmo_cli.quick_dataclass import dataclass

LARGEST_PAGE = 1000
_MOST_PAGES = 200
_LIST = "the list of users"


@dataclass(frozen=True)
class Grant:
    """A role that a user or token has, with who gave it and when."""

    role: str
    assigned_by: str
    assigned_at: str


@dataclass(frozen=True)
class User:
    """A user.

    Attributes:
        id: the name.
        created_at: ISO 8601, as the service writes it.
        created_by: the user or component that created it.
        grants: the roles; empty in lists, which do not show them.
        answer: the service's own form, for output as data.
    """

    id: str
    created_at: str
    created_by: str
    grants: tuple[Grant, ...] = ()
    answer: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of the roles."""
        return tuple(grant.role for grant in self.grants)


@dataclass(frozen=True)
class UserList:
    """Users, newest first, and how many match in all."""

    users: tuple[User, ...]
    total: int

    @property
    def answer(self) -> dict[str, Any]:
        """The list in the service's own form, as one page."""
        return {
            "total_results": self.total,
            "start_index": 1,
            "items_per_page": len(self.users),
            "users": [user.answer for user in self.users],
        }


def grants_in(answer: dict[str, Any], what: str) -> tuple[Grant, ...]:
    """The roles in an answer about a user or token.

    Raises:
        UnexpectedAnswerError: they do not have the known form.
    """
    return tuple(
        Grant(
            text(grant, "role_name", what),
            optional_line(grant, "assigned_by"),
            optional_line(grant, "assigned_at"),
        )
        for grant in as_objects(answer.get("roles") or [], what)
    )


def missing_user(user: str) -> MissingError:
    """The error for a user that does not exist."""
    return MissingError(
        f"user {user}",
        hint="`osmo user list` shows the users; "
        f"create it with `osmo user create {user} --roles ROLE`",
    )


class Users:
    """The users of one service, and their roles. Each method sends at most one write."""

    def __init__(self, client: Client, dialects: DialectLookup) -> None:
        self._client = client
        self._dialects = dialects

    def route(self) -> tuple[str, ...]:
        """Path segments of the users.

        Raises:
            UsageError: the service has no users.
        """
        dialect = self._dialects.with_users()
        if dialect.token_routes.users is None:
            raise UsageError(
                f"OSMO {dialect.name} has no users",
                hint="use a service token instead: `osmo token set NAME --service --roles ROLE`",
            )
        return dialect.token_routes.users

    def list_users(
        self, *, prefix: str | None = None, roles: Sequence[str] = (), limit: int | None = None
    ) -> UserList:
        """List users, newest first, reading as many pages as needed.

        Args:
            prefix: only users whose ID begins with it.
            roles: only users who have one of these.
            limit: maximum number of users; None for all.
        """
        filters = [("id_prefix", prefix)] if prefix else []
        filters += [("roles", role) for role in roles]
        # By ID: a user created meanwhile shifts the pages.
        users: dict[str, User] = {}
        start, total = 1, 0
        for _ in range(_MOST_PAGES):
            if limit is not None and len(users) >= limit:
                break
            count = LARGEST_PAGE if limit is None else min(LARGEST_PAGE, limit - len(users))
            page = self._page([("start_index", str(start)), ("count", str(count)), *filters])
            new = [user for user in page.users if user.id not in users]
            users |= {user.id: user for user in new}
            start, total = start + len(page.users), page.total
            if not page.users or start > total:
                break
            if not new:
                raise unexpected(f"{_LIST} repeats a page")
        else:
            raise unexpected(f"{_LIST} has no end")
        return UserList(tuple(users.values()), total)

    def _page(self, query: Query) -> UserList:
        answer = as_object(self._get((), query), _LIST)
        users = tuple(_user(entry) for entry in as_objects(answer.get("users"), _LIST))
        total = integer(answer, "total_results", _LIST)
        return UserList(users, total)

    def find(self, user: str) -> User | None:
        """Return a user with roles; None if it does not exist."""
        try:
            answer = as_object(self._get((user,)), f"user {user}")
        except UserNotFoundError:
            return None
        return _user(answer)

    def get(self, user: str) -> User:
        """Return a user with roles.

        Raises:
            MissingError: the user does not exist.
        """
        match = self.find(user)
        if match is None:
            raise missing_user(user)
        return match

    def create(self, user: str, roles: Sequence[str]) -> None:
        """Create a user; sent once."""
        body = {"id": user} | ({"roles": list(roles)} if roles else {})
        self._client.request("POST", self.route(), body=body)

    def add_role(self, user: str, role: str) -> None:
        """Give a role to a user; sent once. A role that the user has is no error."""
        self._client.request("POST", (*self.route(), user, "roles"), body={"role_name": role})

    def remove_role(self, user: str, role: str) -> None:
        """Take a role from a user and all of the user's tokens; sent once."""
        self._client.request("DELETE", (*self.route(), user, "roles", role))

    def delete(self, user: str) -> None:
        """Delete a user with roles and tokens; sent once."""
        self._client.request("DELETE", (*self.route(), user))

    def _get(self, segments: Sequence[str], query: Query = ()) -> Any:
        return self._dialects.follow_upgrade(
            lambda: self._client.get((*self.route(), *segments), query)
        )


def _user(answer: dict[str, Any]) -> User:
    name = text(answer, "id", "a user")
    return User(
        name,
        optional_line(answer, "created_at"),
        optional_line(answer, "created_by"),
        grants_in(answer, f"user {name}"),
        answer,
    )
