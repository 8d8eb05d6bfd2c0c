"""One OSMO service: what it is, and what it keeps."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Self

from osmo_cli.api.client import Client
from osmo_cli.api.memory import ServiceMemory

if TYPE_CHECKING:
    from osmo_cli.api.configs import Configs
    from osmo_cli.api.dialects import DialectLookup
    from osmo_cli.api.tokens import Tokens
    from osmo_cli.api.users import Users
    from osmo_cli.config.registry.dialects import Dialect
    from osmo_cli.credentials.credential import Credential

_NO_REVISION = 2**31 - 1
"""A revision that no service has."""


class Service:
    """The service of one login: configurations, tokens, users, and facts about it.

    Which dialect it uses is found out when it is first needed, at most once per run.

    Args:
        client: sends requests as the login.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._memory = ServiceMemory(client.credential)
        self._managed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.transport.close()

    @property
    def credential(self) -> Credential:
        """The login."""
        return self._client.credential

    @cached_property
    def configs(self) -> Configs:
        """Configurations and their history."""
        from osmo_cli.api.configs import Configs

        return Configs(self._client)

    @cached_property
    def tokens(self) -> Tokens:
        """Access tokens."""
        from osmo_cli.api.tokens import Tokens

        return Tokens(self._client, self._dialects, self.users)

    @cached_property
    def users(self) -> Users:
        """Users and their roles."""
        from osmo_cli.api.users import Users

        return Users(self._client, self._dialects)

    @cached_property
    def _dialects(self) -> DialectLookup:
        from osmo_cli.api.dialects import DialectLookup

        return DialectLookup(self._client, self._memory)

    @property
    def dialect(self) -> Dialect:
        """The service's dialect, as remembered or detected.

        Raises:
            UsageError: this program does not know the service's version.
            OsmoError: the service did not answer.
        """
        return self._dialects.current()

    def confirm_dialect(self) -> Dialect:
        """The dialect, after asking for the version again; for use before a write.

        Raises:
            OsmoError: as `dialect`.
        """
        return self._dialects.confirmed()

    def redetect_dialect(self) -> Dialect:
        """The dialect, detected again because an answer does not fit the remembered one.

        Raises:
            OsmoError: as `dialect`.
        """
        return self._dialects.detect_again()

    def ask_version(self) -> str:
        """The version that the service reports, as `major.minor.revision`; needs no login.

        Raises:
            OsmoError: the service did not answer.
        """
        from osmo_cli.api.dialects import version_of

        return version_of(self._client.transport)

    def scheduler_types(self) -> frozenset[str]:
        """Values of `scheduler_type` that the service takes; empty where it does not say."""
        from osmo_cli.api.dialects import scheduler_types

        return scheduler_types(self._client)

    @property
    def is_managed(self) -> bool:
        """Whether the service refused a write within the last hour, being in ConfigMap mode."""
        return self._managed or self._memory.managed

    def remember_managed(self) -> None:
        """Keep that the service has just refused a write, being in ConfigMap mode."""
        self._managed = True
        self._memory.remember_managed()

    def refuses_writes(self) -> bool:
        """Whether the service is in ConfigMap mode; asks for a rollback that changes nothing.

        Source: docs/service/configmap.md#detection.
        """
        from osmo_cli.api.errors import ManagedElsewhereError, ServiceError
        from osmo_cli.config.registry.types import BACKEND

        if self.dialect.helm_root is None:
            return False
        try:
            self.configs.rollback(BACKEND, _NO_REVISION, description=None, tags=None)
        except ManagedElsewhereError:
            self.remember_managed()
            return True
        except ServiceError:
            return False
        return False

    def jwt(self) -> str:
        """The JWT that requests are sent with; exchanged or refreshed where needed.

        Raises:
            NotLoggedInError: the login has ended.
        """
        return self._client.jwt()
