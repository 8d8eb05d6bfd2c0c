"""`osmo token rotate`."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.accounts.tokens import TokenOwner, check_expiry, check_token_name
from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.session import Session
from osmo_cli.commands.token.arguments import (
    OutputFileOption,
    StoreOption,
    TokenNameArgument,
    TokenServiceOption,
    TokenUserOption,
    check_destination,
    token_owner,
)
from osmo_cli.commands.token.delivery import Destination, delivery
from osmo_cli.commands.token.kept import forget
from osmo_cli.credentials.credential import Credential, Method, Secrets
from osmo_cli.errors import OsmoError, UsageError
from osmo_cli.output.printer import Printer

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.backend.names import SecretRef
    from osmo_cli.plan.rotation import Rotation

_MAX_MANIFEST = 1024 * 1024
"""Bytes; the limit of Kubernetes for a Secret."""


@dataclass(frozen=True)
class Options:
    """What `osmo token rotate` was asked for.

    Attributes:
        grace: keep the old token.
        secrets: the Kubernetes Secrets whose manifests are written instead of the bare token.
    """

    name: str
    owner: TokenOwner
    new_name: str | None
    expires_at: str | None
    grace: bool
    store: bool | None
    output_file: Path | None
    secrets: tuple[SecretRef, ...]

    def destination(self, new_name: str) -> Destination:
        """Return where the new token goes."""
        return Destination(
            self.store,
            self.output_file,
            labels=(f"Token name: {new_name}",),
            fields={"name": new_name},
            manifest=self._manifest if self.secrets else None,
        )

    def _manifest(self, token: str) -> str:
        from osmo_cli.backend.manifests import secret_manifests
        from osmo_cli.backend.registration import TOKEN_KEY

        return secret_manifests(self.secrets, {TOKEN_KEY: token})


def rotate_token(
    ctx: typer.Context,
    name: TokenNameArgument,
    of_service: TokenServiceOption = False,
    user: TokenUserOption = None,
    new_name: Annotated[
        str | None,
        typer.Option(
            "--new-name",
            metavar="NAME",
            help="Name of the new token. Default: the old name with the next free number, "
            "such as laptop-2.",
        ),
    ] = None,
    expires_at: Annotated[
        str | None,
        typer.Option(
            "--expires-at",
            "-e",
            metavar="DATE",
            help="Date (UTC, YYYY-MM-DD) from which the new token no longer works. "
            "Default: 31 days from now.",
        ),
    ] = None,
    grace: Annotated[
        bool,
        typer.Option("--grace", help="Keep the old token, to delete it when nothing uses it."),
    ] = False,
    store: StoreOption = None,
    output_file: OutputFileOption = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            "--secret",
            metavar="NAMESPACE/NAME",
            help="Write the manifest of this Kubernetes Secret instead of the bare token; "
            "can be repeated.",
        ),
    ] = None,
    previous: Annotated[
        str | None,
        typer.Option(
            "--previous",
            metavar="FILE",
            help="Rotate a bootstrap Secret (6.4): FILE (- for stdin) is its manifest now. "
            "Nothing is sent to the service.",
        ),
    ] = None,
    format_type: FormatOption = None,
) -> None:
    """Replace an access token by a new one that is known to work.

    The new token is created, handed over and checked; then the old one is deleted. If anything
    fails, the error says which tokens exist and work.

    Examples:
        osmo token rotate laptop
        osmo token rotate ci --user ada@example.com --grace --output-file ci-token
        osmo token rotate agent --service --secret osmo-operator/osmo-operator-token
    """
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    manifests = _secrets(secret or (), printer)
    check_destination(store, output_file)
    if store and manifests:
        raise UsageError("--store and --secret cannot be used together")
    if previous is not None:
        for flag, is_given in {
            "--service": of_service,
            "--user": user is not None,
            "--new-name": new_name is not None,
            "--expires-at": expires_at is not None,
            "--grace": grace,
            "--store": store is not None,
        }.items():
            if is_given:
                raise UsageError(f"--previous and {flag} cannot be used together")
        _rotate_bootstrap(session, name, manifests, previous, output_file)
        return
    if new_name is not None:
        check_token_name(new_name)
    options = Options(
        name=check_token_name(name),
        owner=token_owner(of_service, user),
        new_name=new_name,
        expires_at=expires_at,
        grace=grace,
        store=store,
        output_file=output_file,
        secrets=manifests,
    )
    check_expiry(expires_at, None)
    _run(session, options)


def _secrets(texts: list[str] | tuple[str, ...], printer: Printer) -> tuple[SecretRef, ...]:
    from osmo_cli.backend.names import check_secret_ref

    if texts and not printer.as_lines:
        raise UsageError(
            "--secret and --format-type cannot be used together",
            hint="a manifest is written as YAML",
        )
    return tuple(check_secret_ref(text) for text in texts)


def _run(session: Session, options: Options) -> None:
    from osmo_cli.plan.rotation import plan_rotation
    from osmo_cli.plan.tokens import create_token, delete_token

    printer = session.printer
    credential = session.credential()
    with session.connect(credential) as service:
        service.confirm_dialect()
        rotation = plan_rotation(
            service, options.owner, options.name, options.new_name, options.expires_at
        )
        new = rotation.new
        for name in rotation.earlier:
            printer.note(
                f"token {name} exists already; if it is left from an earlier rotation, delete it: "
                f"{rotation.command_to_delete(name)}"
            )
        destination = options.destination(new.name)
        with delivery(printer, credential, new.name, new.owner, destination) as way:
            with _old_remains(options.name):
                created = create_token(service, new)
                printer.note(f"created token {new.name}, which expires on {new.expires_at}")
                way.hand_over(created.text, lambda: delete_token(service, new.owner, new.name))
                if created.doubt is not None:
                    raise created.doubt
            _finish(service, rotation, created.text, options, credential, printer)


@contextmanager
def _old_remains(name: str) -> Iterator[None]:
    """Say in an error that the old token is as it was."""
    try:
        yield
    except OsmoError as error:
        error.message = f"{error.message}; the old token {name} was not deleted"
        raise


def _finish(
    service: Service,
    rotation: Rotation,
    text: str,
    options: Options,
    credential: Credential,
    printer: Printer,
) -> None:
    """Check the new token, and delete the old one."""
    from osmo_cli.plan.rotation import check_successor, delete_old

    old = rotation.old
    check_successor(service, rotation, text)
    if options.grace:
        printer.note(
            f"the old token {old.name} still works and expires on {old.expires_at[:10]}; when "
            f"nothing uses it any more: {rotation.delete_command}"
        )
        return
    if delete_old(service, rotation):
        printer.note(f"the old token {old.name} is deleted; its logins end within five minutes")
    else:
        printer.note(f"the old token {old.name} was deleted by another run at the same time")
    _forget_old(credential, options, printer)
    _renew_login(service, credential, text, printer)


def _renew_login(service: Service, credential: Credential, text: str, printer: Printer) -> None:
    """Log in with the new token from now on, where the login was made with the old one."""
    if credential.method is not Method.TOKEN:
        return
    own = credential.secrets().access_token
    try:
        if own is None or service.tokens.logs_in(own):
            return
        credential.save(Secrets(access_token=text))
    except OsmoError as error:
        printer.warn(f"cannot tell whether this login was made with it: {error.message}")
        return
    if credential.session_key is None:
        printer.warn(f"{credential.source} is the deleted token: replace it by the new one")
    else:
        printer.note(f"{credential.source} was logged in with it, and now uses the new token")


def _forget_old(credential: Credential, options: Options, printer: Printer) -> None:
    """Delete the saved copy of the old token."""
    try:
        forget(credential, options.owner, [options.name])
    except OsmoError as error:
        printer.warn(f"a copy of the old token may still be in the keyring: {error.message}")


def _rotate_bootstrap(
    session: Session,
    name: str,
    others: tuple[SecretRef, ...],
    previous: str,
    output_file: Path | None,
) -> None:
    """Write the manifests of a bootstrap Secret with a new token beside the old one."""
    from osmo_cli.backend.bootstrap import forget_previous, parse_bootstrap_secret
    from osmo_cli.backend.commands import apply_control_manifests, apply_other_manifests
    from osmo_cli.private_files import create_private
    from osmo_cli.text_files import read_text

    printer = session.printer
    current = parse_bootstrap_secret(
        "standard input" if previous == "-" else previous, read_text(previous, _MAX_MANIFEST)
    )
    text = current.rotated(secrets.token_urlsafe(32), others)
    if current.previous not in (None, current.token):
        printer.warn("an earlier rotation is not finished: its previous token stops working")
    if output_file is not None:
        create_private(output_file, text)
        printer.note(f"wrote the manifests to {output_file}, which only you can read")
    else:
        printer.secret("", text.removesuffix("\n"))
    file = str(output_file or "FILE")
    printer.note(
        f"in the cluster of the service, which then accepts both tokens of {name}: "
        f"{shlex.join(apply_control_manifests(file))}"
    )
    if others:
        printer.note(
            f"then in the cluster of the operator: {shlex.join(apply_other_manifests(file))}"
        )
    printer.note(
        "when the operator is connected with the new token, end the overlap: "
        f"{forget_previous(current.ref)}"
    )
