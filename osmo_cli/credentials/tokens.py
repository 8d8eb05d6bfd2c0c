"""Access tokens that were made for others to use, kept in the keyring by their names."""

from __future__ import annotations

from osmo_cli.credentials import keyring_store
from osmo_cli.credentials.origin import Origin


def check_storage() -> None:
    """Check that the keyring could keep a token now.

    Raises:
        KeyringUnavailableError, KeyringLockedError
    """
    keyring_store.check()


def keep_token(
    origin: Origin, name: str, *, service: bool, user: str | None = None, token: str
) -> None:
    """Keep `token` in the keyring, under the origin that issued it and its name.

    Args:
        origin: the service that issued it.
        name: the token's name there.
        service: whether it is a service token, which have names of their own.
        user: whose it is, where it is another user's; each has names of their own.
        token: the secret.

    Raises:
        KeyringUnavailableError, KeyringLockedError
    """
    keyring_store.put(origin, _key(name, service, user), token)


def kept_token(origin: Origin, name: str, *, service: bool, user: str | None = None) -> str | None:
    """The token kept under `name`, or None.

    Raises:
        KeyringUnavailableError, KeyringLockedError
    """
    return keyring_store.get(origin, _key(name, service, user))


def drop_token(origin: Origin, name: str, *, service: bool, user: str | None = None) -> bool:
    """Remove the token kept under `name`; whether there was one.

    Raises:
        KeyringUnavailableError, KeyringLockedError
    """
    return keyring_store.delete(origin, _key(name, service, user))


def _key(name: str, service: bool, user: str | None) -> str:
    # A service that keeps users gives a service token to the user of the same name, so that both
    # ways to say so mean one token.
    if service or user == name:
        return f"service-token/{name}"
    return f"token/{name}" if user is None else f"user-token/{user}/{name}"
