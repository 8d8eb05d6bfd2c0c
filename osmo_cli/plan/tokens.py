"""Writes of access tokens: creation, rotation, deletion.

The text of a new token is shown by the service only once, so nothing that happens after the
creation may lose it.
"""

from __future__ import annotations

from dataclasses import dataclass

from osmo_cli.accounts.tokens import TokenOwner
from osmo_cli.api.errors import (
    AlreadyExistsError,
    NoRolesError,
    RolesNotHeldError,
    TokenNotFoundError,
    UnauthorizedError,
)
from osmo_cli.api.service import Service
from osmo_cli.api.tokens import NewToken, Token
from osmo_cli.config.registry.types import ROLE
from osmo_cli.errors import ConflictError, MissingError, OsmoError, UsageError
from osmo_cli.plan.write import Wording, Write, perform


@dataclass(frozen=True)
class CreatedToken:
    """A new token.

    Attributes:
        text: its secret.
        warnings: what else to tell.
    """

    text: str
    warnings: tuple[str, ...] = ()


def create_token(service: Service, new: NewToken) -> CreatedToken:
    """Create a token and look that it is listed. A creation is never repeated.

    Raises:
        AlreadyExistsError: a token of this name exists.
        OsmoError: it failed; says what exists now.
    """
    texts: list[str] = []
    write = Write[Token | None](
        Wording(
            f"the creation of token {new.name}",
            "the token exists",
            "the token was not created",
            f"osmo token list{new.owner.flags}",
        ),
        [lambda: texts.append(service.tokens.create(new))],
        lambda: service.tokens.find(new.owner, new.name),
        lambda stored: [f"token {new.name}"] if stored is None else [],
    )
    try:
        outcome = perform(write)
        failure = outcome.failure
        if failure is None or outcome.wrong:
            outcome.check()
    except AlreadyExistsError as error:
        error.hint = _hint_for_anothers_token(new.owner)
        raise
    except (NoRolesError, RolesNotHeldError) as error:
        user = new.owner.user or (new.name if new.owner.service else "USER")
        error.hint = (error.hint or "").replace("USER", user)
        raise
    except OsmoError as error:
        if not texts:
            raise
        return CreatedToken(texts[0], (error.message,))
    if failure is not None:
        failure.hint = (
            f"a token {new.name} exists now, but its text was not received; "
            + _hint_for_anothers_token(new.owner)
        )
        raise failure
    return CreatedToken(texts[0])


def rotate_token(service: Service, new: NewToken, old: Token) -> CreatedToken:
    """Delete a token and create another of the same name.

    Raises:
        ConflictError: another run deleted or replaced the old token meanwhile.
        OsmoError: it failed; says what exists now. Where the old token is deleted and no new one
            was created, the message says so.
    """
    _check_roles(service, new, old.user)
    try:
        delete_token(service, new.owner, new.name)
    except TokenNotFoundError:
        raise ConflictError(
            f"token {new.name} was deleted or replaced by another run at the same time; "
            "no new token was created",
            hint=f"`osmo token list{new.owner.flags}` shows whether it exists; "
            "run the command again to replace it",
        ) from None
    except OsmoError as error:
        error.message = f"{error.message}; no new token was created"
        raise
    try:
        return create_token(service, new)
    except OsmoError as error:
        error.message = (
            f"the old token {new.name} is deleted, but the new one was not created: {error.message}"
        )
        raise


def delete_token(service: Service, owner: TokenOwner, name: str) -> tuple[str, ...]:
    """Delete a token and look that it is gone; returns warnings.

    Raises:
        TokenNotFoundError: the token does not exist.
        OsmoError: it failed; says what is stored.
    """
    write = Write[Token | None](
        Wording(
            f"the deletion of token {name}",
            "the token is deleted",
            "the token was not deleted",
            f"osmo token list{owner.flags}",
        ),
        [lambda: service.tokens.delete(owner, name)],
        lambda: _find_if_owner_exists(service, owner, name),
        lambda stored: [] if stored is None else [f"token {name}"],
    )
    outcome = perform(write)
    outcome.check()
    return outcome.warnings


def _find_if_owner_exists(service: Service, owner: TokenOwner, name: str) -> Token | None:
    try:
        return service.tokens.find(owner, name)
    except MissingError:
        return None


def _hint_for_anothers_token(owner: TokenOwner) -> str:
    """What to do about a token that this run may not have created.

    Two runs may create one name at the same time, and one of them holds its text. So this never
    proposes to delete or replace it.
    """
    return (
        "another run may have created it at the same time and be using it: "
        f"`osmo token list{owner.flags}` shows it; choose another name if it is not yours"
    )


def _check_roles(service: Service, new: NewToken, user: str) -> None:
    """Check that the roles are available before the old token is deleted for nothing.

    Raises:
        UsageError: a role does not exist, or the user does not have it.
    """
    if not new.roles:
        return
    if service.dialect.token_routes.users is None:
        roles = service.configs.read(ROLE)
        for role in new.roles:
            roles.item(role)
        return
    try:
        held = service.users.get(user).roles
    except UnauthorizedError:
        # Not every login may read users; the service checks it too.
        return
    if lacking := [role for role in new.roles if role not in held]:
        raise UsageError(
            f"{user} does not have the roles: {', '.join(lacking)}",
            hint=f"nothing was sent; `osmo user update {user} --add-roles ROLE` adds roles",
        )
