"""Claims of a JWT (RFC 7519). The service checks the signature; a client only needs to know
whose login it is and when it expires."""

from __future__ import annotations

import binascii
import json
import math
from base64 import urlsafe_b64decode
from typing import Any

from osmo_cli.errors import UsageError

EXPIRY_LEEWAY = 3
"""Seconds before its expiry at which a JWT is refreshed (docs/service/authentication.md#jwts)."""

_YEAR_10000 = 253402300800


class InvalidJwtError(UsageError):
    """Not a JWT (exit 2)."""

    def __init__(self) -> None:
        super().__init__("a login token is not a JWT", hint="log in again with `osmo login`")


def decode_claims(jwt: str) -> dict[str, Any]:
    """The claims of `jwt`; its signature is not checked.

    Raises:
        InvalidJwtError: not three base64url parts with a JSON object in the second.
    """
    parts = jwt.split(".")
    if len(parts) != 3 or not jwt.isascii():
        raise InvalidJwtError
    payload = parts[1]
    try:
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidJwtError from None
    if not isinstance(claims, dict):
        raise InvalidJwtError
    return claims


def is_jwt(text: str) -> bool:
    """Whether `text` is a JWT; access tokens have no dots (docs/service/authentication.md#jwts)."""
    try:
        decode_claims(text)
    except InvalidJwtError:
        return False
    return True


def expires_at(jwt: str) -> int | None:
    """When `jwt` expires, in Unix seconds; None if it does not say.

    Raises:
        InvalidJwtError: see `decode_claims`.
    """
    expiry = decode_claims(jwt).get("exp")
    if isinstance(expiry, bool) or not isinstance(expiry, int | float):
        return None
    # Neither NaN and infinity, which Python's parser lets pass, nor milliseconds.
    return int(max(expiry, 0)) if -math.inf < expiry < _YEAR_10000 else None


def is_expired(jwt: str, now: float) -> bool:
    """Whether `jwt` has to be refreshed at `now` (Unix seconds), a few seconds before it expires.

    The rule of the official clients (docs/service/authentication.md#jwts). A JWT without an
    expiration time does not expire.

    Raises:
        InvalidJwtError: see `decode_claims`.
    """
    expiry = expires_at(jwt)
    return expiry is not None and expiry - EXPIRY_LEEWAY < now


def user_of(jwt: str) -> str:
    """Return the user in the claims of OSMO (docs/service/authentication.md#jwts) or of OIDC."""
    claims = decode_claims(jwt)
    for claim in ("unique_name", "preferred_username", "name", "email", "sub"):
        if isinstance(claims.get(claim), str) and claims[claim]:
            return str(claims[claim])
    return ""
