"""A login: what is sent to which service, where it came from, how it is renewed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from enum import StrEnum

from osmo_cli.credentials.network import USUAL, Network
from osmo_cli.credentials.origin import Origin
from osmo_cli.quick_dataclass import dataclass


class Method(StrEnum):
    """How a login was made (docs/service/authentication.md#login-methods)."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - the method's name
    TOKEN = "token"  # noqa: S105 - the method's name
    DEV = "dev"


@dataclass(frozen=True)
class Secrets:
    """The secret parts of a login; never shown, not even in a repr.

    Attributes:
        access_token: OSMO access token of method `token`, exchanged for a JWT.
        refresh_token: OIDC refresh token of methods `code` and `password`.
        jwt: the last JWT; good until it expires.
    """

    access_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    jwt: str | None = field(default=None, repr=False)


class Vault:
    """The secrets of one login, read from where they are kept only when they are asked for."""

    def __init__(
        self, load: Callable[[], Secrets], store: Callable[[Secrets], None] | None = None
    ) -> None:
        self._load = load
        self._store = store
        self._known: Secrets | None = None

    @classmethod
    def holding(cls, secrets: Secrets) -> Vault:
        """Secrets in hand, kept nowhere."""
        return cls(lambda: secrets)

    def secrets(self) -> Secrets:
        """The secrets; read at most once."""
        if self._known is None:
            self._known = self._load()
        return self._known

    def save(self, secrets: Secrets) -> None:
        """Use `secrets` from now on, and keep them where the old ones are kept."""
        self._known = secrets
        if self._store is not None:
            self._store(secrets)


@dataclass(frozen=True)
class Credential:
    """A login that commands can use.

    Attributes:
        origin: the only service it may be sent to.
        method: how it was made.
        source: where it came from, for people: `environment (OSMO_TOKEN)`.
        profile: the profile's name, or None.
        username: of a developer login the user it acts for; else what the user logged in as.
        refresh_url: OIDC token endpoint of methods `code` and `password`.
        client_id: OIDC client of methods `code` and `password`.
        network: what the user allowed and trusts.
        warnings: what the user should know about the source; shown on stderr.
        session_key: distinguishes this login from earlier ones, so that a cached JWT is
            used for no other; None where nothing may be cached (environment, embedded service).
    """

    origin: Origin
    method: Method
    source: str
    profile: str | None = None
    username: str | None = None
    refresh_url: str | None = None
    client_id: str | None = None
    network: Network = USUAL
    warnings: tuple[str, ...] = ()
    session_key: str | None = None
    vault: Vault = field(
        default_factory=lambda: Vault.holding(Secrets()), repr=False, compare=False
    )

    def secrets(self) -> Secrets:
        """The secrets, from the keyring or file at the first call.

        Raises:
            NotLoggedInError: they are not where they should be, or the keyring is locked.
        """
        return self.vault.secrets()

    def save(self, secrets: Secrets) -> None:
        """Keep renewed secrets where the old ones came from.

        The environment and an official login.yaml are never altered; there the renewed ones
        last as long as the process.

        Raises:
            OsmoError: the keyring or file can't be written.
        """
        self.vault.save(secrets)
