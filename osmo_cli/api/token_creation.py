"""A token made anew or in place of another one, with what is found after a failure."""

from __future__ import annotations

from typing import Any

from osmo_cli.accounts.tokens import TokenOwner
from osmo_cli.api.errors import UnauthorizedError
from osmo_cli.api.service import Service
from osmo_cli.api.tokens import NewToken
from osmo_cli.api.users import role_names
from osmo_cli.errors import ConflictError, OsmoError, UsageError


def make_token(service: Service, new: NewToken, old: dict[str, Any] | None) -> str:
    """Create a token and return its text. A creation is never repeated.

    Args:
        new: what it shall be.
        old: the token of that name as the service lists it, which is deleted first; or None.

    Raises:
        OsmoError: it failed; says what there is now. Where the old token is gone and there is no
            new one, the message says so.
    """
    if old is not None:
        _check_roles(service, new, str(old.get("user_name")))
        _delete(service, new)
    try:
        return service.tokens.create(new)
    except OsmoError as error:
        if error.outcome_unknown:
            error.hint = _what_there_is(service, new)
        elif error.message.endswith(" already exists."):
            error.hint = "it was made a moment ago; " + ways_out(new.name, new.owner)
        if old is not None:
            error.message = (
                f"the old token {new.name} is deleted, and making the new one failed: "
                f"{error.message}"
            )
        raise


def ways_out(name: str, owner: TokenOwner) -> str:
    """What to do where there is a token of that name."""
    return (
        f"--if-exists rotate replaces it, --if-exists keep leaves it as it is; "
        f"`osmo token delete {name}{owner.flags}` deletes it"
    )


def _check_roles(service: Service, new: NewToken, user: str) -> None:
    """Look whether the roles can be had before the old token is deleted for nothing.

    Raises:
        UsageError: there is no such role, or the user does not have it.
    """
    if not new.roles:
        return
    if service.dialect.token_routes.users is None:
        service.users.check_roles(new.roles)
        return
    try:
        held = role_names(service.users.get(user))
    except UnauthorizedError:
        # Not everybody may look at users; the service checks it too.
        return
    if lacking := [role for role in new.roles if role not in held]:
        raise UsageError(
            f"{user} does not have the roles: {', '.join(lacking)}",
            hint=f"nothing was sent; `osmo user update {user} --add-roles ROLE` gives roles",
        )


def _delete(service: Service, new: NewToken) -> None:
    try:
        service.tokens.delete(new.owner, new.name)
    except OsmoError as error:
        if error.message.endswith(" does not exist."):
            raise ConflictError(
                f"the token {new.name} was deleted or replaced by another at the same moment; "
                "no new one was made",
                hint=f"`osmo token list{new.owner.flags}` tells whether there is one; "
                "run the command again to replace it",
            ) from None
        if not error.outcome_unknown:
            raise
        error.hint = "whether the old token is deleted is not known; no new one was made"
        if service.tokens.find(new.owner, new.name) is None:
            return
        error.hint = "the old token is still there (it was looked up), and no new one; try again"
        raise


def _what_there_is(service: Service, new: NewToken) -> str:
    flags = new.owner.flags
    try:
        found = service.tokens.find(new.owner, new.name)
    except OsmoError:
        return f"`osmo token list{flags}` tells whether it was created, when the service answers"
    if found is not None:
        return (
            f"a token {new.name} exists, but its text is lost: "
            f"`osmo token delete {new.name}{flags}`, then set it again"
        )
    return "the token was not created (it was looked up); try again"
