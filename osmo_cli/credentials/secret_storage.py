"""Where the secrets of a profile are: the keyring, or a 0600 file where the user chose that.

All secrets of one log-in are one JSON text. Both places hold it under the origin that issued
it, so that a profile which is made to name another service finds nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from osmo_cli.credentials.credential import Secrets
from osmo_cli.credentials.profile_file import Profile, cannot_write, config_file
from osmo_cli.errors import NotLoggedInError, OsmoError
from osmo_cli.private_files import read_private, replace_private


def load_secrets(profile: Profile) -> Secrets:
    """Return the secrets of `profile`, which are empty for a developer login.

    Raises:
        NotLoggedInError: they do not exist or are damaged, or the keyring is locked or not
            available.
        OsmoError: the file of secrets cannot be read or is damaged.
    """
    if profile.storage == "none":
        return Secrets()
    text = read_text(profile)
    if text is None:
        raise _missing(profile, "has no secret")
    try:
        return Secrets(**json.loads(text))
    except (ValueError, TypeError, RecursionError):
        raise _missing(profile, "has a damaged secret") from None


def secrets_text(secrets: Secrets) -> str:
    """Return `secrets` as the JSON string that `write_text` stores and `load_secrets` reads."""
    return json.dumps(asdict(secrets))


def read_text(profile: Profile) -> str | None:
    """Return the string stored for `profile`, or None.

    Raises:
        NotLoggedInError: the keyring is locked or not available.
        OsmoError: the file of secrets cannot be read or is damaged.
    """
    if profile.storage == "keyring":
        from osmo_cli.credentials import keyring_store

        return keyring_store.get(profile.origin, _key(profile))
    if profile.storage == "file":
        entry = _read_file().get(profile.name)
        if isinstance(entry, dict) and entry.get("origin") == str(profile.origin):
            text = entry.get("secrets")
            return text if isinstance(text, str) else None
    return None


def write_text(profile: Profile, text: str) -> None:
    """Store `text` for `profile`; the caller holds `locked_profiles`.

    Args:
        profile: names the place; nothing is stored for one without secrets.
        text: as of `secrets_text`.

    Raises:
        NotLoggedInError: the keyring is locked or does not keep the secret.
        OsmoError: the file cannot be written.
    """
    if profile.storage == "keyring":
        from osmo_cli.credentials import keyring_store

        keyring_store.put(profile.origin, _key(profile), text)
    elif profile.storage == "file":
        entry = {"origin": str(profile.origin), "secrets": text}
        _write_file(_read_file() | {profile.name: entry})


def remove(profile: Profile) -> None:
    """Remove what is stored for `profile`, if anything; the caller holds `locked_profiles`.

    Raises:
        NotLoggedInError: the keyring is locked or not available.
        OsmoError: the file cannot be read or written.
    """
    if profile.storage == "keyring":
        from osmo_cli.credentials import keyring_store

        keyring_store.delete(profile.origin, _key(profile))
    elif profile.storage == "file":
        entries = _read_file()
        if entries.pop(profile.name, None) is not None:
            _write_file(entries)


def _key(profile: Profile) -> str:
    return f"login/{profile.name}"


def _missing(profile: Profile, what: str) -> NotLoggedInError:
    """Return the error for a profile whose secrets are missing or damaged, as `what` says."""
    where = {"keyring": "in the keyring", "file": f"in {_file()}"}[profile.storage]
    return NotLoggedInError(
        f"profile {profile.name} {what} {where}",
        hint=f"log in again: osmo login {profile.origin} --profile {profile.name}",
    )


def _file() -> Path:
    return config_file("secrets.json")


def _read_file() -> dict[str, Any]:
    file = _file()
    try:
        entries = json.loads(read_private(file))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise OsmoError(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, dict):
        raise OsmoError(
            f"{file} is damaged: it is not a JSON object",
            hint="move it away and log in again with --insecure-storage",
        )
    return entries


def _write_file(entries: dict[str, Any]) -> None:
    file = _file()
    try:
        replace_private(file, json.dumps(entries, indent=2, sort_keys=True) + "\n")
    except OSError as error:
        raise cannot_write(file, error) from None
