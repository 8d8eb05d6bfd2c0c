"""Rotating an access token: a successor is made and checked before the old token is deleted.

A failure at any point leaves a token that works, and the error says which.
"""

from __future__ import annotations

from dataclasses import dataclass

from osmo_cli.accounts.tokens import TokenOwner, base_name, check_expiry, successor_name
from osmo_cli.api.errors import TokenNotFoundError
from osmo_cli.api.service import Service
from osmo_cli.api.tokens import NewToken, Token
from osmo_cli.errors import ExitCode, MissingError, OsmoError, UsageError
from osmo_cli.plan.tokens import check_roles, delete_token


class IncompleteRotationError(OsmoError):
    """A rotation stopped before the old token was deleted (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE


@dataclass(frozen=True)
class Rotation:
    """A rotation that can be carried out.

    Attributes:
        old: the token that is replaced.
        new: the token that replaces it.
        earlier: names of tokens that earlier rotations of the old token may have made.
    """

    old: Token
    new: NewToken
    earlier: tuple[str, ...]

    @property
    def delete_command(self) -> str:
        """The command that deletes the old token."""
        return self.command_to_delete(self.old.name)

    def command_to_delete(self, name: str) -> str:
        """Return the command that deletes a token of the same owner."""
        return f"osmo token delete {name}{self.new.owner.flags}"


def plan_rotation(
    service: Service, owner: TokenOwner, name: str, new_name: str | None, expires_at: str | None
) -> Rotation:
    """Look at what exists, and decide what the successor is; nothing is written.

    It has the description and the roles of the old token.

    Args:
        service: the service.
        owner: whose the token is.
        name: of the token to replace.
        new_name: of its successor; by default the next free number is added to `name`.
        expires_at: `YYYY-MM-DD`, or None for the default.

    Raises:
        MissingError: the token does not exist.
        UsageError: the successor cannot be made.
    """
    tokens = service.tokens.list_tokens(service.tokens.owner_of(owner, name))
    listed = {token.name: token for token in tokens}
    old = listed.get(name)
    if old is None:
        raise MissingError(f"token {name}", hint=f"`osmo token list{owner.flags}` shows the tokens")
    if new_name in listed:
        raise UsageError(f"token {new_name} already exists; nothing was sent")
    # Up to 6.0 the service gives the tokens of a user their roles itself.
    chooses_roles = owner.service or service.dialect.token_routes.users is not None
    new = NewToken(
        new_name or successor_name(name, listed),
        check_expiry(expires_at, service.tokens.longest_life()),
        old.description,
        old.roles if chooses_roles else (),
        owner,
    )
    if chooses_roles and not old.roles:
        raise UsageError(
            f"token {name} has no roles, and the service makes no token without one",
            hint=f"give the roles anew: osmo token set {name}{owner.flags} --if-exists rotate "
            "--roles ROLE",
        )
    check_roles(service, new, old.user)
    return Rotation(old, new, _earlier(name, new.name, listed))


def _earlier(name: str, new_name: str, listed: dict[str, Token]) -> tuple[str, ...]:
    if base_name(new_name) != base_name(name):
        return ()
    # Those with lower numbers are what it was rotated from itself.
    following = successor_name(name, ())
    names = []
    while following != new_name and following in listed:
        names.append(following)
        following = successor_name(following, ())
    return tuple(names)


def check_successor(service: Service, rotation: Rotation, text: str) -> None:
    """Check that the new token logs in.

    Raises:
        IncompleteRotationError: it does not, or it is not known; the old token is as it was.
    """
    old, new = rotation.old.name, rotation.new.name
    try:
        if service.tokens.logs_in(text):
            return
    except OsmoError as error:
        raise IncompleteRotationError(
            f"it is not known whether the new token {new} logs in: {error.message}",
            hint=f"the old token {old} was not deleted; try the new one, then "
            f"`{rotation.delete_command}`",
        ) from None
    raise IncompleteRotationError(
        f"the new token {new} does not log in; the old token {old} was not deleted",
        hint=f"delete the new one: {rotation.command_to_delete(new)}",
    )


def delete_old(service: Service, rotation: Rotation) -> bool:
    """Delete the old token, now that the new one works; a signal does not prevent it.

    Returns:
        False if another run had deleted it already.

    Raises:
        OsmoError: it failed; says what is stored.
    """
    try:
        delete_token(service, rotation.new.owner, rotation.old.name, completes=True)
    except TokenNotFoundError:
        return False
    except OsmoError as error:
        error.message = f"the new token {rotation.new.name} works, but {error.message}"
        error.hint = error.hint or f"delete the old one: {rotation.delete_command}"
        raise
    return True
