"""The client of one OSMO service: login, version headers and warnings around a transport."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

from osmo_cli.api.errors import (
    MalformedVersionError,
    OutdatedClientError,
    ServiceError,
    UnauthorizedError,
)
from osmo_cli.api.transport import Answer, Query, Transport
from osmo_cli.api.urls import build_path
from osmo_cli.credentials.credential import Credential, Method
from osmo_cli.credentials.jwt import InvalidJwtError, is_expired
from osmo_cli.credentials.session import drop_session, load_session, save_session
from osmo_cli.errors import NotLoggedInError, UsageError
from osmo_cli.interruption import held_back

_UPGRADE_NOTICE = "New client"


class Client:
    """Requests to the service that a credential belongs to.

    Args:
        credential: the login; its secrets go to its own origin only.
        transport: connection to that origin.
        open_idp: opens a transport to an identity provider's URL, when a login is renewed.
        warn: called with each distinct warning of the service, once.
        on_secret: called with each secret that is used, so that it is never printed.
    """

    def __init__(
        self,
        credential: Credential,
        transport: Transport,
        *,
        open_idp: Callable[[str], Transport],
        warn: Callable[[str], None],
        on_secret: Callable[[str | None], None],
    ) -> None:
        self.credential = credential
        self.transport = transport
        self.service_version: str | None = None
        self._open_idp = open_idp
        self._warn = warn
        self._on_secret = on_secret
        self._warned: set[str] = set()
        self._jwt: str | None = None
        self._refused: str | None = None
        self._sends_version = True
        self._is_copy = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.transport.close()

    def note(self, text: str) -> None:
        """Tell the user something about the service, once."""
        self._warn_once(text)

    def get(self, segments: Sequence[str], query: Query = ()) -> Any:
        """GET a JSON value."""
        return self.request("GET", segments, query=query).json()

    def get_each(self, paths: Sequence[Sequence[str]]) -> list[Any]:
        """GET several JSON values, a few at a time; a ServiceError in place of a refused one.

        Raises:
            OsmoError: a request got no answer, or one that is not JSON.
        """
        if len(paths) < 2 or not self.transport.is_remote:
            return [self._get_or_error(path) for path in paths]
        from osmo_cli.api.parallel import map_bounded

        self._identity()  # at most one exchange of the login, before there are several clients
        clients: list[Client] = []

        def new_client() -> Client:
            clients.append(self._copy())
            return clients[-1]

        try:
            answers = map_bounded(
                paths, new_client, Client._get_or_error, lambda client: client.transport.abort()
            )
        finally:
            for client in clients:
                client.transport.close()
                for warning in sorted(client._warned):
                    self._warn_once(warning)
        # A login that ended meanwhile is renewed once, and here: a copy cannot do it.
        return [
            self._get_or_error(path) if _has_ended(answer) else answer
            for path, answer in zip(paths, answers, strict=True)
        ]

    def _get_or_error(self, path: Sequence[str]) -> Any:
        try:
            return self.get(path)
        except ServiceError as error:
            return error

    def _copy(self) -> Client:
        """A client with a connection of its own, for another thread.

        It does not renew the login, and collects warnings.
        """
        copy = Client(
            self.credential,
            self.transport.copy(),
            open_idp=self._open_idp,
            warn=lambda warning: None,
            on_secret=self._on_secret,
        )
        copy.service_version, copy._sends_version = self.service_version, self._sends_version
        copy._jwt = self._jwt
        copy._is_copy = True
        return copy

    def request(
        self, method: str, segments: Sequence[str], *, query: Query = (), body: Any = None
    ) -> Answer:
        """Send one request as this login.

        After a 401 a short-lived login is renewed, once, and a read is repeated; a write is not
        before somebody has looked at what is stored (`may_repeat`).

        Where the service's check of client versions gets in the way, the request is repeated
        without a version, as are all requests of this run after it; the check comes before the
        request is carried out.

        Raises:
            OsmoError: as `Transport.send`, and NotLoggedInError where the login has ended.
            UsageError: the request holds text that is not UTF-8.
        """
        path = build_path(segments)
        _check_text(query, body)

        def send() -> Answer:
            headers = self._identity()
            if self._sends_version and self.service_version:
                headers["x-osmo-client-version"] = self.service_version
            return self.transport.send(method, path, query=query, headers=headers, body=body)

        may_renew = True
        while True:
            try:
                answer = send()
            except UnauthorizedError as error:
                if error.status != 401 or not may_renew or not self._forget_jwt():
                    raise
                may_renew = False
                if method != "GET":
                    error.may_repeat = True
                    raise
            except (OutdatedClientError, MalformedVersionError):
                # The check is meant for the official client, and can lock everybody out, even
                # from the repair. Without the header there is no check
                # (docs/service/versions.md#locked-out-by-the-version-check).
                if not self._sends_version or not self.service_version:
                    raise
                self._sends_version = False
            else:
                break
        self._show_warnings(answer)
        return answer

    def jwt(self) -> str:
        """A valid JWT: the cached one, or a new one by exchange or refresh.

        Raises:
            NotLoggedInError: the login has ended.
        """
        now = time.time()
        if self._is_copy and self._jwt is not None:
            return self._jwt
        if self._jwt is None:
            self._jwt = load_session(self.credential)
        if self._jwt is None or is_expired(self._jwt, now):
            self._jwt = self._new_jwt(now)
            save_session(self.credential, self._jwt)
        self._on_secret(self._jwt)
        return self._jwt

    def _new_jwt(self, now: float) -> str:
        secrets = self.credential.secrets()
        for secret in (secrets.access_token, secrets.refresh_token, secrets.jwt):
            self._on_secret(secret)
        if secrets.jwt and secrets.jwt != self._refused and _is_usable(secrets.jwt, now):
            return secrets.jwt
        from osmo_cli.api import login

        if secrets.access_token:
            return login.exchange_access_token(self.transport, secrets.access_token)
        if secrets.refresh_token and self.credential.refresh_url:
            url = self.credential.refresh_url
            # The refresh token may be replaced by the answer, and then the old one is of no use.
            with held_back("the renewal of the login"), self._open_idp(url) as idp:
                renewed = login.refresh(idp, url, secrets.refresh_token, self.credential.client_id)
                self.credential.save(renewed)
            if renewed.jwt:
                return renewed.jwt
        raise NotLoggedInError(
            f"the login from the {self.credential.source} has expired",
            hint=f"log in again: osmo login {self.credential.origin}",
        )

    def _forget_jwt(self) -> bool:
        """Drop a JWT that the service refused; return whether another can be obtained."""
        if self.credential.method is Method.DEV or self._jwt is None or self._is_copy:
            return False
        self._refused, self._jwt = self._jwt, None
        drop_session(self.credential)
        secrets = self.credential.secrets()
        return bool(secrets.access_token or secrets.refresh_token)

    def _identity(self) -> dict[str, str]:
        """Both auth headers: 6.0's gateway reads only the first, later ones either
        (docs/service/authentication.md#request-headers)."""
        if self.credential.method is Method.DEV:
            return {"x-osmo-user": self.credential.username or ""}
        jwt = self.jwt()
        return {"x-osmo-auth": jwt, "authorization": f"Bearer {jwt}"}

    def _show_warnings(self, answer: Answer) -> None:
        newest = answer.headers.get("x-osmo-service-version")
        if newest and self.service_version and newest != self.service_version:
            self._warn_once(
                f"the service reports {newest} as the newest version, "
                f"but its own version is {self.service_version}"
            )
        encoded = answer.headers.get("x-osmo-warning", "")
        try:
            text = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
        for warning in filter(None, map(str.strip, text.split("WARNING:"))):
            # Upgrade notices are for the official client.
            if not warning.startswith(_UPGRADE_NOTICE):
                self._warn_once(warning)

    def _warn_once(self, warning: str) -> None:
        if warning not in self._warned:
            self._warned.add(warning)
            self._warn(warning)


def _has_ended(answer: Any) -> bool:
    """Whether an answer says that the login has ended."""
    return isinstance(answer, UnauthorizedError) and answer.status == 401


def _is_usable(jwt: str, now: float) -> bool:
    try:
        return not is_expired(jwt, now)
    except InvalidJwtError:
        return False


def _check_text(query: Query, body: Any) -> None:
    """Check that a request is valid UTF-8; a command line may hold other bytes.

    Raises:
        UsageError: it is not.
    """
    try:
        json.dumps([list(query), body], ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise UsageError(
            "an argument is not valid UTF-8", hint="nothing was sent; write it in UTF-8"
        ) from None
