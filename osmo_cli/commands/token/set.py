"""`osmo token set`, and where the new token goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from osmo_cli.accounts.tokens import IfExists, TokenOwner, check_expiry, check_token_name, days_left
from osmo_cli.api.tokens import NewToken
from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.session import Session
from osmo_cli.commands.token.arguments import (
    TokenNameArgument,
    TokenServiceOption,
    TokenUserOption,
    token_owner,
)
from osmo_cli.commands.token.kept import forget, keep, keep_where_possible
from osmo_cli.errors import OsmoError, OutputClosedError, UsageError
from osmo_cli.output.printer import Printer

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.config.registry.dialects import Dialect
    from osmo_cli.credentials.credential import Credential


def set_token(
    ctx: typer.Context,
    name: TokenNameArgument,
    expires_at: Annotated[
        str | None,
        typer.Option("--expires-at", "-e", metavar="DATE", help="YYYY-MM-DD; 31 days from now."),
    ] = None,
    description: Annotated[
        str | None, typer.Option("--description", "-d", help="What the token is for.")
    ] = None,
    of_service: TokenServiceOption = False,
    user: TokenUserOption = None,
    roles: Annotated[
        list[str] | None,
        typer.Option("--roles", "-r", help="Roles of the token; several may follow."),
    ] = None,
    if_exists: Annotated[
        IfExists,
        typer.Option("--if-exists", help="What becomes of a token that has this name."),
    ] = IfExists.FAIL,
    store: Annotated[
        bool | None,
        typer.Option(
            "--store/--no-store",
            help="Keep it in the keyring only / not at all; by default there too.",
        ),
    ] = None,
    output_file: Annotated[
        Path | None,
        typer.Option("--output-file", metavar="FILE", help="Write it to a new private file."),
    ] = None,
    format_type: FormatOption = None,
) -> None:
    """Create an access token; it is shown this once."""
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    check_token_name(name)
    owner = token_owner(of_service, user)
    if of_service and not roles and if_exists is IfExists.FAIL:
        raise _roles_missing()
    if store and output_file is not None:
        raise UsageError("--store and --output-file exclude each other")
    check_expiry(expires_at, None)
    credential = session.credential()
    with session.connect(credential) as service:
        service.confirm_dialect()
        old = _look_up(service, owner, name, roles)
        if old is not None and if_exists is IfExists.FAIL:
            raise _exists(name, owner)
        if old is not None and if_exists is IfExists.KEEP:
            _tell_kept(old, name, printer)
            return
        expiry = check_expiry(expires_at, service.tokens.longest_life())
        new = _new_token(service.dialect, name, expiry, description, roles, owner, old)
        make = _Making(service, new, old, printer)
        if output_file is not None:
            _to_file(make, output_file)
            _forget_old(credential, new, old, printer)
            return
        text = make.text()
    printer.redactor.add(text)
    # What 6.0 does not print stays away from --service, which its scripts use.
    told = () if of_service else _told(user, roles)
    if store:
        _to_keyring(credential, name, owner, text, told, printer)
        return
    _show(text, told, printer)
    if store is None and keep_where_possible(credential, name, owner, text):
        printer.note(_kept_note(name, owner))
    else:
        _forget_old(credential, new, old, printer)


def _look_up(
    service: Service, owner: TokenOwner, name: str, roles: list[str] | None
) -> dict[str, Any] | None:
    """The token that has the name. It is looked for first: a missing route tells of an upgrade."""
    found = service.tokens.find(owner, name)
    if roles and owner == TokenOwner() and service.dialect.token_routes.users is None:
        raise UsageError(
            "--roles is for service tokens; your own tokens have your roles",
            hint="leave --roles out, or add --service",
        )
    return found


def _roles_missing() -> UsageError:
    return UsageError("a service token needs roles", hint="for example --roles osmo-backend")


def _exists(name: str, owner: TokenOwner) -> UsageError:
    from osmo_cli.api.token_creation import ways_out

    return UsageError(f"token {name} already exists; nothing was sent", hint=ways_out(name, owner))


def _tell_kept(old: dict[str, Any], name: str, printer: Printer) -> None:
    left = days_left(str(old.get("expires_at", "")))
    if left is not None and left <= 0:
        printer.warn(
            f"token {name} already exists, and has expired: nothing was sent; "
            "--if-exists rotate replaces it"
        )
    else:
        printer.note(f"token {name} already exists: it is kept, and nothing was sent")
    if not printer.as_lines:
        printer.secret_data({})


def _new_token(
    dialect: Dialect,
    name: str,
    expiry: str,
    description: str | None,
    roles: list[str] | None,
    owner: TokenOwner,
    old: dict[str, Any] | None,
) -> NewToken:
    """What is not given stays as in the token that is replaced, but for its end.

    Raises:
        UsageError: a service token without roles.
    """
    before = old or {}
    chosen = tuple(roles or ())
    # A service without users gives a token of one's own its roles itself.
    if not chosen and (owner.service or dialect.token_routes.users is not None):
        chosen = tuple(str(role) for role in before.get("roles") or ())
    if owner.service and not chosen:
        raise _roles_missing()
    if description is None:
        description = str(before.get("description") or "")
    return NewToken(name, expiry, description, chosen, owner)


class _Making:
    """The requests that make a token; what they do besides is said on stderr."""

    def __init__(
        self,
        service: Service,
        new: NewToken,
        old: dict[str, Any] | None,
        printer: Printer,
    ) -> None:
        self._service, self._new = service, new
        self._old = old
        self.printer = printer

    def text(self) -> str:
        """Make the account that is missing, delete the token that is replaced, make the token."""
        from osmo_cli.api.token_creation import make_token

        new = self._new
        if new.owner.service and self._service.tokens.has_accounts:
            self._prepare_account()
        text = make_token(self._service, new, self._old)
        if self._old is not None:
            self.printer.note(
                f"the old token {new.name} is deleted; its logins end within five minutes"
            )
        return text

    def _prepare_account(self) -> None:
        new = self._new
        made, given = self._service.users.ensure(new.name, new.roles)
        roles = ", ".join(given)
        if made:
            self.printer.note(f"the user {new.name} was created for it, with the roles: {roles}")
        elif given:
            self.printer.note(f"the user {new.name} was there already, and got the roles: {roles}")


def _told(user: str | None, roles: list[str] | None) -> tuple[str, ...]:
    """Lines of the text output behind the token."""
    lines = [f"Created for user: {user}"] if user is not None else []
    return (*lines, *([f"Roles: {', '.join(roles)}"] if roles else ()))


def _show(text: str, told: tuple[str, ...], printer: Printer) -> None:
    try:
        _print(text, told, printer)
    except OutputClosedError:
        # Nobody reads stdout any more, and the service shows the token this once.
        printer.stdout = printer.stderr
        _print(text, told, printer)


def _print(text: str, told: tuple[str, ...], printer: Printer) -> None:
    if not printer.as_lines:
        printer.secret_data({"token": text})
        return
    printer.text("Note: Save the token in a secure location as it will not be shown again")
    printer.secret("Access token: ", text)
    for line in told:
        printer.text(line)


def _to_file(make: _Making, path: Path) -> None:
    from osmo_cli.private_files import create_private, replace_private

    # The file comes first: a token that could not be written would be lost.
    create_private(path, "")
    try:
        text = make.text()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    try:
        replace_private(path, text + "\n")
    except OSError as error:
        _show(text, (), make.printer)
        raise UsageError(
            f"cannot write {path}: {error.strerror}", hint="the token was printed instead"
        ) from None
    make.printer.note(f"the token is in {path}, which only you can read")


def _to_keyring(
    credential: Credential,
    name: str,
    owner: TokenOwner,
    text: str,
    told: tuple[str, ...],
    printer: Printer,
) -> None:
    try:
        keep(credential, name, owner, text)
    except OsmoError as error:
        _show(text, told, printer)
        raise UsageError(
            f"the token could not be kept: {error.message}", hint="it was printed instead"
        ) from None
    printer.note(_kept_note(name, owner))


def _forget_old(
    credential: Credential, new: NewToken, old: dict[str, Any] | None, printer: Printer
) -> None:
    """Delete the copy of a token that was replaced by one that is not kept."""
    if old is None:
        return
    try:
        forget(credential, new.owner, [new.name])
    except OsmoError as error:
        printer.warn(f"a copy of the old token may still be in the keyring: {error.message}")


def _kept_note(name: str, owner: TokenOwner) -> str:
    return f"kept in the keyring: `osmo token get {name}{owner.flags}` prints it again"
