"""Users of a service that keeps them, and their roles (api.md 2.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from osmo_cli.api.client import Client
from osmo_cli.api.configs import Configs
from osmo_cli.api.dialects import DialectLookup
from osmo_cli.api.errors import RefusedError, UnexpectedAnswerError
from osmo_cli.errors import ExitCode, OsmoError, UsageError

LARGEST_PAGE = 1000
_ODD = "the service's users are not in the known form"


class RolesNotStoredError(OsmoError):
    """The service accepted a change of roles and shows others (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE


class UnknownUserError(UsageError):
    """There is no such user (exit 2)."""

    def __init__(self, user: str) -> None:
        super().__init__(
            f"there is no user {user}",
            hint=f"`osmo user list` shows the users, "
            f"`osmo user create {user} --roles ROLE` makes it",
        )


class Users:
    """The users of one service, and their roles."""

    def __init__(self, client: Client, dialects: DialectLookup, configs: Configs) -> None:
        self._client = client
        self._dialects = dialects
        self._configs = configs

    def route(self) -> tuple[str, ...]:
        """Path segments of the users.

        Raises:
            UsageError: the service keeps no users.
        """
        dialect = self._dialects.with_users()
        if dialect.token_routes.users is None:
            raise UsageError(
                f"a service of version {dialect.name} keeps no users",
                hint="what an agent logs in with is a service token there: "
                "`osmo token set NAME --service --roles ROLE`",
            )
        return dialect.token_routes.users

    def list_users(
        self,
        *,
        prefix: str | None = None,
        roles: Sequence[str] = (),
        most: int | None = None,
    ) -> dict[str, Any]:
        """The users as the service lists them, newest first, all pages in one.

        Args:
            prefix: only users whose id begins so.
            roles: only users who have one of these.
            most: how many at the most; None for all.
        """
        fixed = [("id_prefix", prefix)] if prefix else []
        fixed += [("roles", role) for role in roles]
        # By id: a user who is made meanwhile shifts the pages.
        found: dict[str, Any] = {}
        start, total = 1, 0
        while most is None or len(found) < most:
            count = LARGEST_PAGE if most is None else min(LARGEST_PAGE, most - len(found))
            paging = [("start_index", str(start)), ("count", str(count))]
            page = self._client.get(self.route(), [*paging, *fixed])
            try:
                total = int(page["total_results"])
                found |= {str(user["id"]): user for user in page["users"]}
                size = len(page["users"])
            except (KeyError, TypeError, ValueError):
                raise UnexpectedAnswerError(_ODD) from None
            start += size
            if not size or start > total:
                break
        users = list(found.values())
        return {
            "total_results": total,
            "start_index": 1,
            "items_per_page": len(users),
            "users": users,
        }

    def find(self, user: str) -> dict[str, Any] | None:
        """A user with roles, as the service shows it; None where there is no such user."""
        try:
            found = self._client.get((*self.route(), user))
        except RefusedError as error:
            if is_unknown_user(error):
                return None
            raise
        if not isinstance(found, dict) or not isinstance(found.get("roles", []), list):
            raise UnexpectedAnswerError(_ODD)
        return found

    def get(self, user: str) -> dict[str, Any]:
        """A user with roles.

        Raises:
            UnknownUserError: there is none.
        """
        found = self.find(user)
        if found is None:
            raise UnknownUserError(user)
        return found

    def create(self, user: str, roles: Sequence[str]) -> dict[str, Any]:
        """Make a user and return it as the service shows it.

        After a failure of unknown outcome it is looked up, never sent again.

        Raises:
            OsmoError: the user exists, a role does not, or the service failed.
        """
        body = {"id": user} | ({"roles": list(roles)} if roles else {})
        try:
            made = self._client.request("POST", self.route(), body=body).json()
        except OsmoError as error:
            if not error.outcome_unknown:
                if error.message.endswith(" already exists"):
                    error.hint = f"`osmo user update {user} --add-roles ROLE` changes its roles"
                raise
            error.hint = f"whether it was created is not known: `osmo user get {user}` tells"
            found = self.find(user)
            if found is None:
                error.hint = "the user was not created (it was looked up); try again"
            if found is None or not set(roles) <= set(role_names(found)):
                raise
            return {key: value for key, value in found.items() if key != "roles"}
        if not isinstance(made, dict):
            raise UnexpectedAnswerError(_ODD)
        return made

    def check_roles(self, roles: Iterable[str]) -> None:
        """Look whether the service has these roles, so that not some are given and others not.

        Raises:
            UsageError: there is no such role.
        """
        from osmo_cli.config.registry.types import ROLE

        snapshot = self._configs.read(ROLE)
        for role in roles:
            snapshot.item(role)

    def change_roles(
        self, user: str, *, add: Sequence[str], remove: Sequence[str]
    ) -> dict[str, Any]:
        """Give roles to a user and take roles away, one request each, and return the user then.

        Raises:
            RolesNotStoredError: the service shows other roles afterwards.
            OsmoError: a request failed; each may be repeated.
        """
        roles = (*self.route(), user, "roles")
        try:
            for role in add:
                self._client.request("POST", roles, body={"role_name": role})
            for role in remove:
                self._client.request("DELETE", (*roles, role))
        except OsmoError as error:
            if error.outcome_unknown:
                error.hint = f"some roles may be changed: `osmo user get {user}`; run it again"
            raise
        found = self.get(user)
        held = set(role_names(found))
        if wrong := sorted((set(add) - held) | (set(remove) & held)):
            raise RolesNotStoredError(
                f"the service accepted the change and shows other roles of {user} for: "
                + ", ".join(wrong),
                hint="an identity provider may set them too (sync_mode of the role)",
            )
        return found

    def ensure(self, user: str, roles: Sequence[str]) -> tuple[bool, list[str]]:
        """Make a user with these roles, or give one that there is those that are missing.

        Returns:
            Whether the user was made, and the roles that were given.
        """
        found = self.find(user)
        held = role_names(found or {})
        missing = [role for role in roles if role not in held]
        if missing:
            self.check_roles(missing)
        if found is None:
            self.create(user, missing)
        elif missing:
            self.change_roles(user, add=missing, remove=())
        return found is None, missing

    def delete(self, user: str) -> None:
        """Delete a user with tokens and roles; a failure of unknown outcome is looked up."""
        try:
            self._client.request("DELETE", (*self.route(), user))
        except OsmoError as error:
            if not error.outcome_unknown:
                raise
            error.hint = f"whether it was deleted is not known: `osmo user get {user}` tells"
            if self.find(user) is None:
                return
            error.hint = "the user was not deleted (it was looked up); try again"
            raise


def is_unknown_user(error: RefusedError) -> bool:
    """Whether the service says that there is no such user."""
    return error.message.startswith("User ") and error.message.endswith(" not found")


def role_names(user: dict[str, Any]) -> list[str]:
    """Names of the roles that a user has, or that `osmo token roles` shows of a token."""
    grants = user.get("roles") or []
    return [str(grant.get("role_name")) for grant in grants if isinstance(grant, dict)]
