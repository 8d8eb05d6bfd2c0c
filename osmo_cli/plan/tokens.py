"""Writes of access tokens: creation, rotation, deletion.

The text of a new token is shown by the service only once, so nothing that happens after the
creation may lose it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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
from osmo_cli.errors import ConflictError, ExitCode, MissingError, OsmoError, UsageError
from osmo_cli.interruption import held_back
from osmo_cli.plan.write import UnknownOutcomeError, Wording, Write, perform


class LostTextError(OsmoError):
    """A token was created, and the answer with its text did not arrive (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE


@dataclass(frozen=True)
class CreatedToken:
    """A new token.

    Attributes:
        text: its secret.
        doubt: why it may not work, to be raised once the secret is handed over; or None.
    """

    text: str = field(repr=False)
    doubt: OsmoError | None = None


def create_token(service: Service, new: NewToken, *, replaces: bool = False) -> CreatedToken:
    """Create a token and look that it is listed. A creation is never repeated.

    Args:
        service: the service.
        new: the token.
        replaces: it takes the place of one that is deleted, so that no signal prevents it.

    Raises:
        AlreadyExistsError: a token of this name exists.
        LostTextError: it exists, and nobody has its text.
        OsmoError: it failed; says what exists now.
    """
    texts: list[str] = []
    write = Write[Token | None](
        Wording(
            f"the creation of token {new.name}",
            f"the token {new.name} exists",
            f"the token {new.name} was not created",
            f"osmo token list{new.owner.flags}",
        ),
        [lambda: texts.append(service.tokens.create(new))],
        lambda: _find_if_owner_exists(service, new.owner, new.name),
        lambda stored: [f"token {new.name}"] if stored is None else [],
        completes=replaces,
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
        return CreatedToken(texts[0], error)
    if texts:
        return CreatedToken(texts[0])
    assert failure is not None
    raise LostTextError(
        f"a token {new.name} exists now, but its text was not received: {failure.message}",
        hint=_hint_for_anothers_token(new.owner),
        code=failure.code,
    )


def rotate_token(service: Service, new: NewToken, old: Token) -> CreatedToken:
    """Delete a token and create another of the same name.

    Raises:
        ConflictError: another run deleted or replaced the old token meanwhile.
        OsmoError: it failed; says what exists now. Where the old token is deleted and no new one
            was created, the message says so.
    """
    check_roles(service, new, old.user)
    with held_back(f"the rotation of token {new.name}"):
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
            return create_token(service, new, replaces=True)
        except (UnknownOutcomeError, LostTextError) as error:
            error.message = f"the old token {new.name} is deleted; {error.message}"
            raise
        except OsmoError as error:
            error.message = (
                f"the old token {new.name} is deleted, but the new one was not created: "
                f"{error.message}"
            )
            raise


def delete_token(
    service: Service, owner: TokenOwner, name: str, *, completes: bool = False
) -> tuple[str, ...]:
    """Delete a token and look that it is gone; returns warnings.

    Args:
        service: the service.
        owner: whose it is.
        name: its name.
        completes: it completes what a creation has begun, so that no signal prevents it.

    Raises:
        TokenNotFoundError: the token does not exist.
        OsmoError: it failed; says what is stored.
    """
    write = Write[Token | None](
        Wording(
            f"the deletion of token {name}",
            f"the token {name} is deleted",
            f"the token {name} was not deleted",
            f"osmo token list{owner.flags}",
        ),
        [lambda: service.tokens.delete(owner, name)],
        lambda: _find_if_owner_exists(service, owner, name),
        lambda stored: [] if stored is None else [f"token {name}"],
        completes=completes,
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


def check_roles(service: Service, new: NewToken, user: str) -> None:
    """Check that the roles of a token that replaces another are available.

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
