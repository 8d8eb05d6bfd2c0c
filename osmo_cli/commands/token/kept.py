"""Copies of tokens in the keyring, saved and deleted by the token and user commands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from osmo_cli.accounts.tokens import TokenOwner
from osmo_cli.errors import OsmoError

if TYPE_CHECKING:
    from osmo_cli.credentials.credential import Credential


def keep(credential: Credential, name: str, owner: TokenOwner, text: str) -> None:
    """Save a token under its name and owner.

    Raises:
        KeyringUnavailableError, KeyringLockedError
    """
    from osmo_cli.credentials.tokens import keep_token

    keep_token(credential.origin, name, service=owner.service, user=owner.user, token=text)


def keep_where_possible(credential: Credential, name: str, owner: TokenOwner, text: str) -> bool:
    """Save a token if there is a keyring; a login from the environment saves nothing."""
    if not can_keep(credential):
        return False
    try:
        keep(credential, name, owner, text)
    except OsmoError:
        return False
    return True


def forget(credential: Credential, owner: TokenOwner, names: Iterable[str]) -> None:
    """Delete the copies of deleted tokens, if there is a keyring."""
    from osmo_cli.credentials.tokens import drop_token

    if can_keep(credential):
        for name in names:
            drop_token(credential.origin, name, service=owner.service, user=owner.user)


def can_keep(credential: Credential) -> bool:
    """Return whether a token could be saved; a login from the environment saves nothing."""
    from osmo_cli.credentials import keyring_store

    return credential.session_key is not None and keyring_store.is_available()
