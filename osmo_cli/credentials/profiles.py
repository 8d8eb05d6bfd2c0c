"""Named logins: keeping them, finding them, forgetting them."""

from __future__ import annotations

import contextlib
import os

from osmo_cli.credentials import secret_storage
from osmo_cli.credentials.credential import Credential, Method, Secrets, Vault
from osmo_cli.credentials.network import USUAL, Network
from osmo_cli.credentials.origin import Origin
from osmo_cli.credentials.profile_file import (
    DEFAULT_PROFILE,
    Profile,
    ProfileFile,
    Storage,
    check_profile_name,
    locked_profiles,
    read_profiles,
    write_profiles,
)
from osmo_cli.credentials.session import drop_session
from osmo_cli.errors import OsmoError

__all__ = [
    "DEFAULT_PROFILE",
    "Profile",
    "active_profile",
    "check_profile_name",
    "credential_of",
    "forget",
    "list_profiles",
    "save_login",
]


def list_profiles() -> list[Profile]:
    """All profiles, by name.

    Raises:
        OsmoError: the file of profiles is damaged or of a newer version.
    """
    return sorted(read_profiles().profiles.values(), key=lambda profile: profile.name)


def active_profile() -> Profile | None:
    """The profile that commands use where none is named.

    Raises:
        OsmoError: see `list_profiles`.
    """
    content = read_profiles()
    return content.profiles[content.active] if content.active else None


def credential_of(profile: Profile) -> Credential:
    """The login of `profile`; its secrets are read when they are asked for."""
    kept = "" if profile.storage == "none" else f" ({profile.storage})"
    return Credential(
        origin=profile.origin,
        method=profile.method,
        source=f"profile {profile.name}{kept}",
        profile=profile.name,
        username=profile.username,
        refresh_url=profile.refresh_url,
        client_id=profile.client_id,
        network=Network(profile.allow_http, profile.ca_file),
        session_key=profile.login_id,
        vault=Vault(
            lambda: secret_storage.load_secrets(profile),
            lambda secrets: _renew(profile, secrets),
        ),
    )


def save_login(
    *,
    profile: str,
    origin: Origin,
    method: Method,
    secrets: Secrets,
    username: str | None = None,
    refresh_url: str | None = None,
    client_id: str | None = None,
    insecure_storage: bool = False,
    network: Network = USUAL,
) -> Credential:
    """Keep a login as `profile`, the active one from now on: all of it, or on an error nothing.

    Secrets go to the keyring, or to a file that only the user can read where
    `insecure_storage` asks for that now or asked for it when the profile was made. A profile
    in the keyring moves to a file only when asked.

    Raises:
        UsageError: the profile's name is invalid.
        KeyringUnavailableError, KeyringLockedError: nothing was written.
        OsmoError: the profiles can't be read or written; what was there is as it was.
    """
    name = check_profile_name(profile)
    with locked_profiles() as content:
        before = content.profiles.get(name)
        new = Profile(
            name=name,
            origin=origin,
            method=method,
            storage=_storage(method, insecure_storage, before),
            login_id=os.urandom(8).hex(),
            username=username,
            refresh_url=refresh_url,
            client_id=client_id,
            allow_http=network.allow_http,
            ca_file=network.ca_file,
        )
        kept_before = secret_storage.read_text(new)
        secret_storage.write_text(new, secret_storage.secrets_text(secrets))
        try:
            write_profiles(ProfileFile(content.profiles | {name: new}, name))
        except BaseException:
            _put_back(new, kept_before)
            raise
        if before:
            _clean_up(before, new)
    return credential_of(new)


def forget(profile: str) -> bool:
    """Remove `profile`, its secrets and its cached JWT; whether there was one.

    Raises:
        KeyringUnavailableError, KeyringLockedError: the secret can't be removed, so nothing was.
        OsmoError: the profiles can't be read or written.
    """
    if profile not in read_profiles().profiles:
        return False
    with locked_profiles() as content:
        removed = content.profiles.pop(profile, None)
        if removed is None:
            return False
        drop_session(credential_of(removed))
        secret_storage.remove(removed)
        if content.active == profile:
            content.active = None
        write_profiles(content)
    return True


def _storage(method: Method, insecure: bool, before: Profile | None) -> Storage:
    if method is Method.DEV:
        return "none"
    chosen_before = before is not None and before.storage == "file"
    return "file" if insecure or chosen_before else "keyring"


def _put_back(profile: Profile, text: str | None) -> None:
    """Undo a write of a secret whose profile could not be written."""
    with contextlib.suppress(OsmoError):
        if text is None:
            secret_storage.remove(profile)
        else:
            secret_storage.write_text(profile, text)


def _clean_up(before: Profile, new: Profile) -> None:
    """Remove what an earlier log-in of the same profile left in another place."""
    drop_session(credential_of(before))
    if before.storage == new.storage == "file":
        return  # one entry a profile, just replaced
    if (before.storage, before.origin) != (new.storage, new.origin):
        with contextlib.suppress(OsmoError):
            secret_storage.remove(before)


def _renew(profile: Profile, secrets: Secrets) -> None:
    """Keep renewed secrets, unless the profile was logged in anew or out in the meantime."""
    with locked_profiles() as content:
        now = content.profiles.get(profile.name)
        if now is not None and now.login_id == profile.login_id:
            secret_storage.write_text(now, secret_storage.secrets_text(secrets))
