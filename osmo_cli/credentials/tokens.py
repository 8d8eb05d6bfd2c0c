"""Access tokens that were made for others to use, kept in the keyring by their names."""

from __future__ import annotations

from osmo_cli.credentials import keyring_store
from osmo_cli.credentials.origin import Origin


def keep_token(origin: Origin, name: str, *, service: bool, token: str) -> None:
    """Keep `token` in the keyring, under the origin that issued it and its name.

    Args:
        origin: the service that issued it.
        name: the token's name there.
        service: whether it is a service token, which have names of their own.
        token: the secret.

    Raises:
        KeyringUnavailableError, KeyringLockedError
    """
    keyring_store.put(origin, _key(name, service), token)


def kept_token(origin: Origin, name: str, *, service: bool) -> str | None:
    """The token kept under `name`, or None.

    Raises:
        KeyringUnavailableError, KeyringLockedError
    """
    return keyring_store.get(origin, _key(name, service))


def drop_token(origin: Origin, name: str, *, service: bool) -> bool:
    """Remove the token kept under `name`; whether there was one.

    Raises:
        KeyringUnavailableError, KeyringLockedError
    """
    return keyring_store.delete(origin, _key(name, service))


def _key(name: str, service: bool) -> str:
    return f"{'service-token' if service else 'token'}/{name}"
