"""`osmo token`: its commands, with `list`, `delete`, `get` and `roles`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.accounts.tokens import (
    SOON_DAYS,
    TokenOwner,
    check_token_name,
    days_left,
    parse_duration,
)
from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.lazy import noun
from osmo_cli.commands.session import Session
from osmo_cli.commands.token.arguments import (
    TokenNameArgument,
    TokenServiceOption,
    TokenUserOption,
    token_owner,
)
from osmo_cli.commands.token.kept import forget
from osmo_cli.errors import ExitCode, MissingError, OsmoError, UsageError

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.api.tokens import Token
    from osmo_cli.output.printer import Printer

app = noun(
    "token",
    "Create, list and delete access tokens.",
    {
        "set": "token.set:set_token",
        "rotate": "token.rotate:rotate_token",
        "list": "token:list_tokens",
        "delete": "token:delete_token",
        "get": "token:get_token",
        "roles": "token:token_roles",
    },
)

_COLUMNS = ("Name", "Description", "Roles", "Active", "Expires At (UTC)")
# The official CLI of versions with users has another order.
_COLUMNS_WITH_USERS = ("Name", "Description", "Active", "Expires At (UTC)", "Roles")


def list_tokens(
    ctx: typer.Context,
    of_service: TokenServiceOption = False,
    user: TokenUserOption = None,
    expiring_within: Annotated[
        str | None,
        typer.Option(
            "--expiring-within",
            metavar="DURATION",
            help="Only tokens that have expired or expire within this time, such as 14d.",
        ),
    ] = None,
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code", help="With --expiring-within: exit with 5 if there is such a token."
        ),
    ] = False,
    format_type: FormatOption = None,
) -> int:
    """List your access tokens, or those of a user or of service accounts.

    Examples:
        osmo token list
        osmo token list --user ada@example.com --format-type json
        osmo token list --service
        osmo token list --service --expiring-within 14d --exit-code
    """
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    owner = token_owner(of_service, user)
    if exit_code and expiring_within is None:
        raise UsageError("--exit-code requires --expiring-within", hint="--expiring-within 14d")
    days = None if expiring_within is None else _whole_days(expiring_within)
    with session.connect() as service:
        tokens = service.tokens.list_tokens(owner)
        if days is not None:
            tokens = [token for token in tokens if _expires_within(token, days)]
        has_users = service.dialect.token_routes.users is not None
    if not printer.as_lines:
        printer.data([token.answer for token in tokens])
    else:
        _print_tokens(printer, owner, tokens, _COLUMNS_WITH_USERS if has_users else _COLUMNS)
    _warn_of_expiry(printer, tokens)
    return ExitCode.CHANGES_PENDING if exit_code and tokens else ExitCode.OK


def _warn_of_expiry(printer: Printer, tokens: list[Token]) -> None:
    for token in tokens:
        left = days_left(token.expires_at)
        if left is not None and 0 < left <= SOON_DAYS:
            length = "1 day" if left == 1 else f"{left} days"
            printer.warn(f"token {token.name} expires in {length}")


def _whole_days(text: str) -> int:
    """Return the days of a duration, rounded up: a token expires at midnight.

    Raises:
        UsageError: it is not a duration.
    """
    length = parse_duration(text)
    if length is None:
        raise UsageError(f'--expiring-within: "{text}" is not a duration', hint="for example 14d")
    return length.days + bool(length.seconds or length.microseconds)


def _expires_within(token: Token, days: int) -> bool:
    left = days_left(token.expires_at)
    return left is not None and left <= days


def _print_tokens(
    printer: Printer, owner: TokenOwner, tokens: list[Token], columns: tuple[str, ...]
) -> None:
    if not tokens:
        printer.text("No tokens found" + (f" for user {owner.user}" if owner.user else ""))
        return
    if owner.user:
        printer.text(f"Tokens for user: {owner.user}")
        printer.text("")
    rows = [_row(token) for token in tokens]
    printer.table(columns, [[row[column] for column in columns] for row in rows])


def _row(token: Token) -> dict[str, str]:
    left = days_left(token.expires_at)
    return {
        "Name": token.name,
        "Description": token.description,
        "Roles": ", ".join(token.roles),
        "Active": "Expired" if left is not None and left <= 0 else "Active",
        "Expires At (UTC)": token.expires_at[:10],
    }


def delete_token(
    ctx: typer.Context,
    name: TokenNameArgument,
    of_service: TokenServiceOption = False,
    user: TokenUserOption = None,
) -> None:
    """Delete an access token.

    Logins made with it end within five minutes.

    Examples:
        osmo token delete laptop
        osmo token delete backend-token --user backend-operator
    """
    from osmo_cli.plan.tokens import delete_token as delete

    session: Session = ctx.obj
    printer = session.printer
    check_token_name(name)
    owner = token_owner(of_service, user)
    credential = session.credential()
    with session.connect(credential) as service:
        service.confirm_dialect()
        actual = service.tokens.owner_of(owner, name)
        warnings = delete(service, owner, name)
        account = None if not of_service else _unused_account(service, actual)
    for warning in warnings:
        printer.warn(warning)
    printer.text(f"Access token {name} deleted" + (f" for user {user}" if user else ""))
    if account is not None:
        printer.note(
            f"its user {account} and the user's roles still exist; "
            f"`osmo user delete {account}` deletes them"
        )
    forget(credential, owner, [name])


def _unused_account(service: Service, owner: TokenOwner) -> str | None:
    """Return the user of a deleted service token, if the user has no other token."""
    if owner.user is None:
        return None
    try:
        return None if service.tokens.list_tokens(owner) else owner.user
    except OsmoError:
        return None


def get_token(
    ctx: typer.Context,
    name: TokenNameArgument,
    of_service: TokenServiceOption = False,
    user: TokenUserOption = None,
    format_type: FormatOption = None,
) -> None:
    """Print an access token that `osmo token set` saved in the keyring.

    Examples:
        osmo token get laptop
        osmo token get backend-token --service > backend-token
    """
    from osmo_cli.credentials.tokens import kept_token

    session: Session = ctx.obj
    printer = session.use_format(format_type)
    check_token_name(name)
    owner = token_owner(of_service, user)
    credential = session.credential()
    text = kept_token(credential.origin, name, service=of_service, user=user)
    if text is None:
        raise MissingError(
            f"token {name} of {credential.origin}",
            where="the keyring",
            hint=f"a token is saved when it is created: osmo token set {name}{owner.flags}",
        )
    if printer.as_lines:
        printer.secret("", text)
    else:
        printer.secret_data({"token": text})


def token_roles(
    ctx: typer.Context, name: TokenNameArgument, format_type: FormatOption = None
) -> None:
    """Show the roles of one of your access tokens.

    Examples:
        osmo token roles laptop
    """
    from osmo_cli.output.grants import print_grants

    session: Session = ctx.obj
    printer = session.use_format(format_type)
    check_token_name(name)
    with session.connect() as service:
        roles = service.tokens.roles(name)
    if not printer.as_lines:
        printer.data(roles.answer)
        return
    print_grants(printer, {"Token": roles.token, "Owner": roles.user}, roles.grants)
