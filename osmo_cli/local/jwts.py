"""The JWTs that the service signs, and how they are checked.

docs/service/authentication.md#jwts, docs/service/authentication.md#permissions
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from osmo_cli.local.clock import Clock
from osmo_cli.local.extra import missing_packages

LIFETIME_SECONDS = 300
ALGORITHM = "RS256"


@dataclass(frozen=True)
class Identity:
    """Who makes a request.

    Attributes:
        token_name: the access token that the login is from, where the service says so.
    """

    user: str
    roles: tuple[str, ...] = ()
    token_name: str | None = None


class RefusedJwtError(Exception):
    """A JWT is missing or not right; the text is what the gateway answers."""


def new_signing_key() -> dict[str, dict[str, str]]:
    """A new RSA key as `service_auth.keys` holds it: JWK texts by key id.

    Raises:
        OsmoError: the extra `local` is not installed.
    """
    import uuid

    try:
        from cryptography.hazmat.primitives.asymmetric import rsa
        from jwt.algorithms import RSAAlgorithm
    except ImportError:
        raise missing_packages() from None
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key_id = str(uuid.uuid4())

    def jwk(key: Any) -> str:
        numbers = RSAAlgorithm.to_jwk(key, as_dict=True)
        numbers.pop("key_ops", None)
        return json.dumps({**numbers, "kid": key_id}, sort_keys=True, separators=(",", ":"))

    return {key_id: {"public_key": jwk(private.public_key()), "private_key": jwk(private)}}


class Signer:
    """Makes and checks JWTs with the active key of a SERVICE configuration's `service_auth`."""

    def __init__(self, service_auth: dict[str, Any], now: Clock) -> None:
        self.auth = service_auth
        self._now = now
        self._keys: dict[str, Any] = {}

    def _key(self, half: str) -> Any:
        if half not in self._keys:
            from jwt.algorithms import RSAAlgorithm

            pair = self.auth["keys"][self.auth["active_key"]]
            self._keys[half] = RSAAlgorithm.from_jwk(pair[half])
        return self._keys[half]

    def _seconds(self) -> int:
        from datetime import UTC

        return int(self._now().replace(tzinfo=UTC).timestamp())

    def sign(self, user: str, roles: list[str], token_name: str | None = None) -> tuple[str, int]:
        """A new JWT and the second at which it expires.

        Args:
            token_name: the access token that it is for; services up to 6.0 do not say.
        """
        import jwt

        issued = self._seconds()
        claims = {
            "iss": self.auth["issuer"],
            "aud": self.auth["audience"],
            "iat": issued,
            "nbf": issued,
            "exp": issued + LIFETIME_SECONDS,
            "unique_name": user,
            "roles": roles,
        }
        if token_name is not None:
            claims["osmo_token_name"] = token_name
        return jwt.encode(claims, self._key("private_key"), algorithm=ALGORITHM), claims["exp"]

    def check(self, token: str) -> Identity:
        """Who a JWT stands for.

        Raises:
            RefusedJwtError: it is malformed, signed by another key, expired or not for us.
        """
        import jwt

        try:
            claims = jwt.decode(
                token,
                self._key("public_key"),
                algorithms=[ALGORITHM],
                audience=self.auth["audience"],
                issuer=self.auth["issuer"],
                # Times are held against the service's own clock below.
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except (jwt.InvalidSignatureError, jwt.InvalidKeyError):
            # An invalid key was stored through SERVICE.
            raise RefusedJwtError("Jwt verification fails") from None
        except jwt.InvalidIssuerError:
            raise RefusedJwtError("Jwt issuer is not configured") from None
        except jwt.InvalidAudienceError:
            raise RefusedJwtError("Audiences in Jwt are not allowed") from None
        except jwt.InvalidTokenError:
            raise RefusedJwtError(
                "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"
            ) from None
        if claims.get("exp", 0) <= self._seconds():
            raise RefusedJwtError("Jwt is expired")
        if claims.get("nbf", 0) > self._seconds():
            raise RefusedJwtError("Jwt not yet valid")
        return Identity(
            str(claims.get("unique_name", "")),
            tuple(claims.get("roles", ())),
            claims.get("osmo_token_name"),
        )
