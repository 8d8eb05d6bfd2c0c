"""Handing over a new token, which the service shows only once, so that it is never lost.

The place that the token goes to is prepared before anything is sent. If it fails after all, the
token goes to another place, which is named; and without one, the token is deleted again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from osmo_cli.accounts.tokens import TokenOwner
from osmo_cli.commands.token.kept import can_keep, keep, keep_where_possible
from osmo_cli.errors import ExitCode, OsmoError, OutputClosedError, OutputError, UsageError
from osmo_cli.interruption import held_back
from osmo_cli.output.printer import Printer
from osmo_cli.private_files import ReservedFile, create_private
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from osmo_cli.credentials.credential import Credential

_LONGEST = "0" * 64
"""As long as the longest token."""
_LABEL = "Access token: "


class UndeliveredError(OsmoError):
    """A new token did not get to the place that was asked for (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE


@dataclass(frozen=True)
class Destination:
    """Where a new token goes.

    Attributes:
        store: only to the keyring; never to the keyring; or (None) to stdout and, where there is
            one, to the keyring.
        output_file: a new file, instead of stdout.
        labels: lines to print after the token in text output.
        fields: what else is in output as data.
        manifest: returns the Kubernetes manifest with the token, which stdout or the file gets
            instead of the bare token; None for the token itself.
    """

    store: bool | None = None
    output_file: Path | None = None
    labels: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    manifest: Callable[[str], str] | None = None

    def file_text(self, token: str) -> str:
        """Return what a file gets."""
        return token + "\n" if self.manifest is None else self.manifest(token)


@dataclass
class Delivery:
    """The prepared way of one new token from the service to its user; see `delivery`."""

    printer: Printer
    credential: Credential
    name: str
    owner: TokenOwner
    destination: Destination
    kept: bool = False
    _file: ReservedFile | None = field(default=None, repr=False)

    def prepare(self) -> None:
        """Check that the token can be handed over.

        Raises:
            OsmoError: it cannot, so that nothing may be sent.
        """
        destination = self.destination
        if destination.output_file is not None:
            size = len(destination.file_text(_LONGEST).encode())
            self._file = ReservedFile(destination.output_file, size)
        elif destination.store:
            _check_keyring()
        else:
            self.printer.check_stdout()

    def hand_over(self, text: str, delete: Callable[[], object]) -> None:
        """Hand the token over.

        Args:
            text: the token.
            delete: deletes it from the service; used where it can be handed over nowhere.

        Raises:
            OsmoError: it is not where it was asked for; the message says where it is, or that it
                was deleted again.
        """
        self.printer.redactor.add(text)
        try:
            self._to_destination(text)
        except (OSError, OsmoError) as error:
            self._rescue(text, error, delete)

    def release(self) -> None:
        """Remove what was prepared and not used."""
        if self._file is not None:
            self._file.release()

    def _to_destination(self, text: str) -> None:
        printer = self.printer
        if self._file is not None:
            self._file.write(self.destination.file_text(text))
            printer.note(f"wrote the token to {self._file.path}, which only you can read")
        elif self.destination.store:
            self._keep(text)
        else:
            self._print(text)
            if self.destination.store is None and keep_where_possible(
                self.credential, self.name, self.owner, text
            ):
                self._note_kept()

    def _print(self, text: str) -> None:
        printer = self.printer
        if self.destination.manifest is not None:
            printer.secret("", self.destination.manifest(text).removesuffix("\n"))
            return
        if not printer.as_lines:
            printer.secret_data({"token": text, **self.destination.fields})
            return
        printer.text("Note: Save the token in a secure location as it will not be shown again")
        printer.secret(_LABEL, text)
        for label in self.destination.labels:
            printer.text(label)

    def _keep(self, text: str) -> None:
        keep(self.credential, self.name, self.owner, text)
        self._note_kept()

    def _note_kept(self) -> None:
        self.kept = True
        command = f"osmo token get {self.name}{self.owner.flags}"
        self.printer.note(f"saved in the keyring; `{command}` prints it again")

    def _rescue(self, text: str, error: OSError | OsmoError, delete: Callable[[], object]) -> None:
        """Hand the token over in another way than was asked for.

        Raises:
            OsmoError: always; says where the token is now.
        """
        reason = _reason(error, self._file)
        printed = self._file is None and not self.destination.store
        ways = (self._to_stderr, self._to_keyring, self._to_another_file)
        for way in ways if printed else (*reversed(ways), self._to_stdout):
            place = way(text)
            if place is not None:
                hint = f"token {self.name} exists, and {place}; do not run the command again"
                if isinstance(error, OutputClosedError):
                    raise OutputClosedError(reason, hint=hint) from None
                raise UndeliveredError(reason, hint=hint) from None
        try:
            delete()
        except OsmoError as failure:
            raise UndeliveredError(
                f"{reason}; token {self.name} exists, but nobody has its text, and it could not "
                f"be deleted: {failure.message}",
                hint=f"delete it with `osmo token delete {self.name}{self.owner.flags}`",
            ) from None
        raise UndeliveredError(
            f"{reason}; the new token {self.name} could not be handed over in any other way, and "
            "was deleted again",
            hint="run the command again with --output-file FILE",
        ) from None

    def _to_stderr(self, text: str) -> str | None:
        return "was printed to stderr" if self.printer.secret_on_stderr(_LABEL, text) else None

    def _to_stdout(self, text: str) -> str | None:
        try:
            self._print(text)
        except OutputError:
            return None
        return "was printed instead"

    def _to_keyring(self, text: str) -> str | None:
        if self.destination.store is False or not can_keep(self.credential):
            return None
        try:
            self._keep(text)
        except OsmoError:
            return None
        return f"is saved in the keyring: `osmo token get {self.name}{self.owner.flags}`"

    def _to_another_file(self, text: str) -> str | None:
        if not self.printer.stderr_works():
            return None  # a file whose name nobody learns is as good as lost
        for folder in (Path.home(), Path(tempfile.gettempdir())):
            for number in range(1, 10):
                path = folder / f"osmo-token-{self.name}-{number}"
                try:
                    create_private(path, text + "\n")
                except UsageError:
                    continue
                return f"is in {path}, which only you can read"
        return None


@contextmanager
def delivery(
    printer: Printer,
    credential: Credential,
    name: str,
    owner: TokenOwner,
    destination: Destination,
) -> Iterator[Delivery]:
    """Prepare to hand over a token before it is created.

        with delivery(printer, credential, name, owner, destination) as way:
            created = create_token(service, new)
            way.hand_over(created.text, lambda: delete_token(service, owner, name))

    Signals are held back from here until the token is handed over.

    Raises:
        OsmoError: the destination cannot take it; nothing may be sent.
    """
    way = Delivery(printer, credential, name, owner, destination)
    way.prepare()
    try:
        with held_back(f"the creation of token {name}"):
            yield way
    finally:
        way.release()


def _check_keyring() -> None:
    from osmo_cli.credentials.tokens import check_storage

    try:
        check_storage()
    except OsmoError as error:
        error.message = f"cannot save the token: {error.message}; nothing was sent"
        error.hint = "leave out --store to print the token, or use --output-file FILE"
        raise


def _reason(error: OSError | OsmoError, file: ReservedFile | None) -> str:
    if isinstance(error, OutputClosedError):
        return "the reader of stdout went away"
    if isinstance(error, OsmoError):
        return f"cannot save the token: {error.message}" if file is None else error.message
    return f"cannot write {file.path if file else 'the token'}: {error.strerror}"
