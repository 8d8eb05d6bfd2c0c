"""The cache of short-lived JWTs: 0600 files, so that most commands need neither the keyring
nor a token exchange. A cache: what can't be read or written is as if it were not there."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

from osmo_cli import paths
from osmo_cli.credentials import jwt as jwt_claims
from osmo_cli.credentials.credential import Credential
from osmo_cli.private_files import read_private, replace_private

_MAX_AGE_SECONDS = 24 * 3600
# Path.home() raises RuntimeError for a user without a home.
_TROUBLE = (OSError, RuntimeError)


def load_session(credential: Credential) -> str | None:
    """The cached JWT of this login, if it has not expired (docs/service/authentication.md#jwts)."""
    if credential.session_key is None:
        return None
    try:
        jwt = read_private(_file(credential)).decode("ascii")
        # Without an expiry nothing would ever end it.
        if jwt_claims.expires_at(jwt) is None or jwt_claims.is_expired(jwt, time.time()):
            return None
    except (*_TROUBLE, ValueError, jwt_claims.InvalidJwtError):
        return None
    return jwt


def save_session(credential: Credential, jwt: str) -> None:
    """Keep `jwt` until it expires; not for a login of the environment."""
    if credential.session_key is None:
        return
    with contextlib.suppress(*_TROUBLE):
        file = _file(credential)
        replace_private(file, jwt)
        _remove_old(file.parent)


def drop_session(credential: Credential) -> None:
    """Forget the cached JWT of this login."""
    if credential.session_key is not None:
        with contextlib.suppress(*_TROUBLE):
            _file(credential).unlink()


def _file(credential: Credential) -> Path:
    import hashlib

    parts = [
        str(credential.origin),
        credential.profile,
        credential.method,
        credential.username,
        credential.session_key,
    ]
    name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    return paths.state_dir() / "sessions" / name


def _remove_old(folder: Path) -> None:
    """Remove sessions of logins that are gone: those of a changed login.yaml have no owner."""
    oldest = time.time() - _MAX_AGE_SECONDS
    for file in folder.iterdir():
        if file.stat().st_mtime < oldest:
            file.unlink()
