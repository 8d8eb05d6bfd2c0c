"""Writes of users and their roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from osmo_cli.api.errors import AlreadyExistsError, RoleNotFoundError, UserNotFoundError
from osmo_cli.api.service import Service
from osmo_cli.api.users import User, missing_user
from osmo_cli.config.registry.types import ROLE
from osmo_cli.errors import OsmoError
from osmo_cli.plan.write import NotStoredError, UnknownOutcomeError, Wording, Write, perform


@dataclass(frozen=True)
class WrittenUser:
    """A user as read after a write.

    Attributes:
        user: the user.
        warnings: what else to tell.
    """

    user: User
    warnings: tuple[str, ...]


def create_user(service: Service, user: str, roles: Sequence[str]) -> WrittenUser:
    """Create a user and read it back.

    Raises:
        AlreadyExistsError: the user exists.
        RoleNotFoundError: a role does not exist; the hint says whether the user was created.
        OsmoError: it failed; says what is stored.
    """
    write = Write[User | None](
        Wording(
            f"the creation of user {user}",
            f"the user {user} exists",
            f"the user {user} was not created",
            f"osmo user get {user}",
        ),
        [lambda: service.users.create(user, roles)],
        lambda: service.users.find(user),
        lambda stored: _missing_roles(stored, user, roles),
    )
    try:
        outcome = perform(write)
        outcome.check()
    except AlreadyExistsError as error:
        error.hint = f"change its roles with `osmo user update {user} --add-roles ROLE`"
        raise
    except RoleNotFoundError as error:
        error.hint = _hint_after_refused_roles(service, user, error)
        raise
    assert outcome.state is not None
    return WrittenUser(outcome.state, outcome.warnings)


def change_roles(
    service: Service, user: User, *, add: Sequence[str], remove: Sequence[str]
) -> WrittenUser:
    """Add and remove roles of a user, one request each, and read the user back.

    Raises:
        NotStoredError: the service shows other roles afterwards.
        OsmoError: a request failed; says what is stored.
    """
    users = service.users
    add = _unknown_first(service, add)
    write = Write[User | None](
        Wording(
            f"the change of roles of {user.id}",
            "the roles are changed",
            "no role was changed",
            f"osmo user get {user.id}",
        ),
        [
            *(partial(users.add_role, user.id, role) for role in add),
            *(partial(users.remove_role, user.id, role) for role in remove),
        ],
        lambda: users.find(user.id),
        lambda stored: [
            *_missing_roles(stored, user.id, add),
            *(f"role {role}" for role in remove if stored is not None and role in stored.roles),
        ],
        unchanged=lambda stored: stored is not None and stored.roles == user.roles,
    )
    outcome = perform(write)
    try:
        outcome.check()
    except NotStoredError as error:
        error.hint = f"{error.hint}; an identity provider may set them too (sync_mode of the role)"
        raise
    assert outcome.state is not None
    return WrittenUser(outcome.state, outcome.warnings)


def ensure_user(service: Service, user: str, roles: Sequence[str]) -> tuple[bool, tuple[str, ...]]:
    """Create a user with these roles, or give an existing one the roles that it lacks.

    Returns:
        Whether the user was created, and the roles that were given.
    """
    existing = service.users.find(user)
    held = existing.roles if existing is not None else ()
    missing = tuple(role for role in dict.fromkeys(roles) if role not in held)
    if existing is None:
        create_user(service, user, missing)
    elif missing:
        change_roles(service, existing, add=missing, remove=())
    return existing is None, missing


def delete_user(service: Service, user: str) -> tuple[str, ...]:
    """Delete a user with tokens and roles, and look that it is gone; returns warnings.

    Raises:
        OsmoError: it failed; says what is stored.
    """
    write = Write[User | None](
        Wording(
            f"the deletion of user {user}",
            f"the user {user} is deleted",
            f"the user {user} was not deleted",
            f"osmo user get {user}",
        ),
        [lambda: service.users.delete(user)],
        lambda: service.users.find(user),
        lambda stored: [] if stored is None else [f"user {user}"],
    )
    try:
        outcome = perform(write)
    except UserNotFoundError:
        raise missing_user(user) from None
    outcome.check()
    return outcome.warnings


def _missing_roles(stored: User | None, user: str, roles: Sequence[str]) -> list[str]:
    if stored is None:
        return [f"user {user}"]
    return [f"role {role}" for role in roles if role not in stored.roles]


def _unknown_first(service: Service, roles: Sequence[str]) -> list[str]:
    """The roles, those that the configuration does not have first.

    The service refuses a role that it does not have, and should do so before anything is changed.
    The configuration cannot tell which: in ConfigMap mode the service looks into its database
    (docs/service/configmap.md#roles-and-users).
    """
    roles = list(dict.fromkeys(roles))
    if len(roles) < 2:
        return roles
    try:
        known = service.configs.read(ROLE).items()
    except OsmoError:
        return roles
    return sorted(roles, key=lambda role: role in known)


def _hint_after_refused_roles(service: Service, user: str, error: OsmoError) -> str:
    """Return what the refusal of a role has left, and what to do.

    Raises:
        UnknownOutcomeError: it could not be read.
    """
    try:
        created = service.users.find(user) is not None
    except OsmoError as failure:
        raise UnknownOutcomeError(
            f"unknown outcome: {error.message}, and whether the user {user} was created could not "
            f"be read: {failure.message}",
            hint=f"check it with `osmo user get {user}`",
        ) from None
    if created:
        return f"user {user} was created without it; `osmo user update {user} --add-roles ROLE`"
    return f"user {user} was not created; {error.hint or 'choose another role'}"
