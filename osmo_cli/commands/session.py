"""What a command works with: the printer, the login, and its service."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING

from osmo_cli.errors import ConflictError, DeclinedError, UsageError
from osmo_cli.output.printer import Format, Printer
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from osmo_cli.api.service import Service
    from osmo_cli.api.transport import Transport
    from osmo_cli.config.reading.references import References
    from osmo_cli.credentials.credential import Credential
    from osmo_cli.credentials.network import Network
    from osmo_cli.credentials.origin import Origin
    from osmo_cli.local.configmap import ConfigMapSource
    from osmo_cli.plan.secrets import SecretMemory

DEFAULT_TIMEOUT_SECONDS = 60.0


def _say_nothing(text: str) -> None:
    """Drop a note that only `osmo local serve` shows; every command would repeat it."""


@dataclass
class Session:
    """One run of the program.

    Attributes:
        printer: where everything is printed.
        profile: the profile named on the command line.
        timeout: limit of one request, in seconds.
        debug: whether requests are logged to stderr.
    """

    printer: Printer = field(default_factory=Printer)
    profile: str | None = None
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    debug: bool = False

    def use_format(self, chosen: Format | None) -> Printer:
        """Return the printer, set to the format that the user asked for."""
        if chosen is not None:
            self.printer.format = chosen
        return self.printer

    def credential(self) -> Credential:
        """The login that this run uses; its warnings are shown.

        Raises:
            NotLoggedInError: there is no login.
        """
        from osmo_cli.credentials.resolve import resolve

        credential = resolve(profile=self.profile)
        for warning in credential.warnings:
            self.printer.warn(warning)
        return credential

    @contextmanager
    def connect(self, credential: Credential | None = None) -> Iterator[Service]:
        """The login's service."""
        from osmo_cli.api.client import Client
        from osmo_cli.api.service import Service

        login = credential or self.credential()
        transport = self.transport(login.origin, login.network)
        with Client(
            login,
            transport,
            open_idp=lambda url: self.identity_provider(url, login.network),
            warn=self.printer.warn,
            on_secret=self.printer.redactor.add,
        ) as client:
            yield Service(client)

    def transport(self, origin: Origin, network: Network) -> Transport:
        """A connection to `origin`, or to the embedded service in this process."""
        from osmo_cli.api.transport import Transport

        inner = None
        address = str(origin)
        if origin.is_local:
            from osmo_cli.local.database import default_database
            from osmo_cli.local.transport import in_process_transport

            source = configmap_source(None, self.printer.note if self.debug else _say_nothing)
            inner = in_process_transport(default_database(), source=source)
            address = "http://local"
        return Transport(
            address,
            timeout=self.timeout,
            network=network,
            inner=inner,
            on_exchange=self.printer.debug if self.debug else None,
        )

    def identity_provider(self, url: str, network: Network) -> Transport:
        """A connection to the identity provider at `url`, which the service named.

        What a login allows and trusts holds for both.

        Raises:
            UsageError: it is plain http on another machine, which is not allowed.
        """
        from urllib.parse import urlsplit

        from osmo_cli.credentials.origin import parse_origin

        parts = urlsplit(url)
        origin = parse_origin(f"{parts.scheme}://{parts.netloc}", allow_http=network.allow_http)
        return self.transport(origin, network)

    def references(
        self,
        file: str | None,
        *,
        everywhere: bool = False,
        service: Service | None = None,
        lenient: bool = False,
    ) -> References:
        """Return how the references of an input are looked up; the values are never printed.

        Args:
            file: the input; paths in it are relative to its directory.
            everywhere: whether they are looked up outside secret fields too.
            service: whose text is not looked up there, or None where none is asked.
            lenient: whether a missing value is only a warning.
        """
        from osmo_cli.config.reading.references import References
        from osmo_cli.credentials.references import Elsewhere

        def held() -> frozenset[str]:
            from osmo_cli.plan.held_references import held_references

            return held_references(service) if service is not None else frozenset()

        folder = os.path.dirname(file) if file is not None else ""
        lookup = Elsewhere(folder, self.printer.redactor.add)
        return References(lookup, everywhere, held, lenient)

    def secret_memory(self, credential: Credential) -> SecretMemory:
        """Return the fingerprints of secrets, or none where nothing may be stored."""
        return _Fingerprints(credential)


class _Fingerprints:
    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def recall(self, key: str, value: str) -> int | None:
        from osmo_cli.credentials import fingerprints

        if self._credential.session_key is None:
            return None
        return fingerprints.recall(self._credential.origin, key, value)

    def latest(self, key: str) -> int | None:
        from osmo_cli.credentials import fingerprints

        if self._credential.session_key is None:
            return None
        return fingerprints.latest(self._credential.origin, key)

    def remember(self, key: str, value: str, revision: int) -> None:
        from osmo_cli.credentials import fingerprints

        if self._credential.session_key is not None:
            fingerprints.remember(self._credential.origin, key, value, revision)


def configmap_source(file: Path | None, warn: Callable[[str], None]) -> ConfigMapSource | None:
    """Return the file that configures the embedded service, or None if its database does.

    Args:
        file: the file named on the command line; else the environment names it.
        warn: takes what was left out of the file.
    """
    from osmo_cli.local.configmap import ConfigMapSource
    from osmo_cli.local.database import default_configmap

    if file is not None:
        return ConfigMapSource(file, warn)
    source = default_configmap()
    return ConfigMapSource(source, warn, "OSMO_LOCAL_CONFIGMAP") if source else None


class Prompts:
    """Questions to a person at a terminal."""

    def secret(self, question: str, _way_out: str) -> str:
        """Ask for a secret without showing it."""
        from getpass import getpass

        return getpass(question)

    def go_on(self, printer: Printer, refusal: ConflictError, question: str | None = None) -> None:
        """Ask whether to go on with what may destroy something.

        Args:
            printer: shows the question.
            refusal: says what will happen; what a script gets instead of the question.
            question: asked instead, where all has been said.

        Raises:
            DeclinedError: the answer is not yes; with the hint of `refusal`.
            EOFError: there is no answer.
        """
        if question is None:
            printer.note(refusal.message)
        printer.note(f"{question or 'Go on?'} [y/N]")
        answer = sys.stdin.readline()
        if not answer:
            raise EOFError
        if answer.strip().lower() not in ("y", "yes"):
            raise DeclinedError("not confirmed", hint=refusal.hint or "nothing was sent")


class NoPrompts(Prompts):
    """In a script nobody answers, so a question is an error that names the option to use."""

    def secret(self, question: str, way_out: str) -> str:
        """Refuse."""
        what = question.strip(" :").lower()
        raise UsageError(
            f"the {what} is required, and there is no terminal to ask for it", hint=way_out
        )

    def go_on(self, _printer: Printer, refusal: ConflictError, question: str | None = None) -> None:
        """Refuse."""
        raise refusal


def prompts() -> Prompts:
    """Return the questions that this run may ask."""
    return Prompts() if sys.stdin.isatty() and sys.stderr.isatty() else NoPrompts()
