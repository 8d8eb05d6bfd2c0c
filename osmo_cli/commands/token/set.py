"""`osmo token set`, and where the new token goes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.accounts.tokens import TokenOwner, check_expiry, check_token_name, days_left
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
from osmo_cli.errors import OsmoError, UsageError
from osmo_cli.output.printer import Printer
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.api.tokens import NewToken, Token
    from osmo_cli.credentials.credential import Credential
    from osmo_cli.plan.tokens import CreatedToken


class IfExists(StrEnum):
    """What to do if a token with the name of a new one exists."""

    FAIL = "fail"
    ROTATE = "rotate"
    KEEP = "keep"


@dataclass(frozen=True)
class Options:
    """What `osmo token set` was asked for.

    Attributes:
        store: save only in the keyring, never save, or (None) print and save.
    """

    name: str
    owner: TokenOwner
    expires_at: str | None
    description: str | None
    roles: tuple[str, ...]
    if_exists: IfExists
    store: bool | None
    output_file: Path | None

    @property
    def labels(self) -> tuple[str, ...]:
        """Lines to print after the token in text output."""
        if self.owner.service:
            # 6.0 prints none with --service, which its scripts use.
            return ()
        user = [f"Created for user: {self.owner.user}"] if self.owner.user is not None else []
        return (*user, *([f"Roles: {', '.join(self.roles)}"] if self.roles else ()))


def set_token(
    ctx: typer.Context,
    name: TokenNameArgument,
    expires_at: Annotated[
        str | None,
        typer.Option(
            "--expires-at",
            "-e",
            metavar="DATE",
            help="Date (UTC, YYYY-MM-DD) from which the token no longer works. "
            "Default: 31 days from now.",
        ),
    ] = None,
    description: Annotated[
        str | None, typer.Option("--description", "-d", help="What the token is for.")
    ] = None,
    of_service: TokenServiceOption = False,
    user: TokenUserOption = None,
    roles: Annotated[
        list[str] | None,
        typer.Option("--roles", "-r", help="Roles of the token; accepts several values."),
    ] = None,
    if_exists: Annotated[
        IfExists, typer.Option("--if-exists", help="What to do if the token already exists.")
    ] = IfExists.FAIL,
    store: StoreOption = None,
    output_file: OutputFileOption = None,
    format_type: FormatOption = None,
) -> None:
    """Create an access token.

    The service shows a token only once: save it, or let it be saved in the keyring.

    Examples:
        osmo token set laptop --expires-at 2027-06-30
        osmo token set agent --service --roles osmo-backend --output-file agent-token
        osmo token set ci --user ada@example.com --if-exists rotate
    """
    session: Session = ctx.obj
    session.use_format(format_type)
    options = Options(
        name=check_token_name(name),
        owner=token_owner(of_service, user),
        expires_at=expires_at,
        description=description,
        roles=tuple(roles or ()),
        if_exists=if_exists,
        store=store,
        output_file=output_file,
    )
    if of_service and not roles and if_exists is IfExists.FAIL:
        raise _roles_missing()
    check_destination(store, output_file)
    check_expiry(expires_at, None)
    _run(session, options)


def _run(session: Session, options: Options) -> None:
    from osmo_cli.plan.tokens import delete_token

    printer = session.printer
    credential = session.credential()
    with session.connect(credential) as service:
        service.confirm_dialect()
        old = _existing(service, options)
        if old is not None and options.if_exists is IfExists.FAIL:
            raise _exists(options)
        if old is not None and options.if_exists is IfExists.KEEP:
            _print_kept(old, printer)
            return
        new = _new_token(service, options, old)
        destination = Destination(options.store, options.output_file, options.labels)
        with delivery(printer, credential, new.name, new.owner, destination) as way:
            created = _create(service, new, old, printer)
            try:
                way.hand_over(created.text, lambda: delete_token(service, new.owner, new.name))
            finally:
                if old is not None and not way.kept:
                    _forget_old(credential, options, printer)
        if created.doubt is not None:
            raise created.doubt


def _existing(service: Service, options: Options) -> Token | None:
    """The token of this name. It is read first: a missing route shows that OSMO was upgraded."""
    token = service.tokens.find(options.owner, options.name)
    own = options.owner == TokenOwner()
    if options.roles and own and service.dialect.token_routes.users is None:
        raise UsageError(
            "--roles is for service tokens; your own tokens have your roles",
            hint="leave out --roles, or add --service",
        )
    return token


def _roles_missing() -> UsageError:
    return UsageError("a service token needs roles", hint="for example --roles osmo-backend")


def _exists(options: Options) -> UsageError:
    # Another run may have created it a moment ago, so nothing here proposes to delete it.
    return UsageError(
        f"token {options.name} already exists; nothing was sent",
        hint="use another name, or choose with --if-exists what to do (keep, rotate)",
    )


def _print_kept(old: Token, printer: Printer) -> None:
    left = days_left(old.expires_at)
    if left is not None and left <= 0:
        printer.warn(
            f"token {old.name} already exists, but has expired; nothing was sent; "
            "--if-exists rotate replaces it"
        )
    else:
        printer.note(f"token {old.name} already exists and is kept; nothing was sent")
    if not printer.as_lines:
        printer.secret_data({})


def _new_token(service: Service, options: Options, old: Token | None) -> NewToken:
    """The token to create; what is not given stays as in the old token, except its expiry.

    Raises:
        UsageError: a service token without roles, or an expiry that the service does not allow.
    """
    from osmo_cli.api.tokens import NewToken

    expiry = check_expiry(options.expires_at, service.tokens.longest_life())
    roles = options.roles
    # A service without users gives one's own tokens their roles itself.
    chooses_roles = options.owner.service or service.dialect.token_routes.users is not None
    if not roles and old is not None and chooses_roles:
        roles = old.roles
    if options.owner.service and not roles:
        raise _roles_missing()
    description = options.description
    if description is None:
        description = old.description if old is not None else ""
    return NewToken(options.name, expiry, description, roles, options.owner)


def _create(service: Service, new: NewToken, old: Token | None, printer: Printer) -> CreatedToken:
    """Create a missing account, delete the old token, and create the new one."""
    from osmo_cli.plan.tokens import create_token, rotate_token

    if new.owner.service and service.tokens.has_accounts:
        _prepare_account(service, new, printer)
    if old is None:
        created = create_token(service, new)
    else:
        created = rotate_token(service, new, old)
        printer.note(f"the old token {new.name} is deleted; its logins end within five minutes")
    return created


def _prepare_account(service: Service, new: NewToken, printer: Printer) -> None:
    from osmo_cli.plan.users import ensure_user

    name = new.name
    created, given = ensure_user(service, name, new.roles)
    roles = ", ".join(given)
    if created:
        printer.note(f"created the user {name} for it, with the roles: {roles}")
    elif given:
        printer.note(f"gave the existing user {name} the roles: {roles}")


def _forget_old(credential: Credential, options: Options, printer: Printer) -> None:
    """Delete the saved copy of a token that was replaced by one that is not saved."""
    try:
        forget(credential, options.owner, [options.name])
    except OsmoError as error:
        printer.warn(f"a copy of the old token may still be in the keyring: {error.message}")
