"""`osmo token`: its commands, with `list`, `delete`, `get` and `roles`."""

from __future__ import annotations

from typing import Any

import typer

from osmo_cli.accounts.tokens import SOON_DAYS, check_token_name, days_left
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
from osmo_cli.errors import UsageError
from osmo_cli.output.grants import show_grants

app = noun(
    "token",
    "Create, list and delete access tokens.",
    {
        "set": "token.set:set_token",
        "list": "token:list_tokens",
        "delete": "token:delete_token",
        "get": "token:get_token",
        "roles": "token:token_roles",
    },
)

_COLUMNS = ("Name", "Description", "Roles", "Active", "Expires At (UTC)")
# In a service that keeps users, as the official CLI of its version has it.
_COLUMNS_WITH_USERS = ("Name", "Description", "Active", "Expires At (UTC)", "Roles")
_PRIORITIES = {"Name": 0, "Expires At (UTC)": 0, "Roles": 1, "Description": 2, "Active": 3}


def list_tokens(
    ctx: typer.Context,
    of_service: TokenServiceOption = False,
    user: TokenUserOption = None,
    format_type: FormatOption = None,
) -> None:
    """List your tokens, those of a user, or with --service those of service accounts."""
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    owner = token_owner(of_service, user)
    with session.connect() as service:
        listed = service.tokens.list_tokens(owner)
        keeps_users = service.dialect.token_routes.users is not None
    if not printer.as_lines:
        printer.data(listed)
    elif not listed:
        printer.text("No tokens found" + (f" for user {user}" if user else ""))
    else:
        if user:
            printer.text(f"Tokens for user: {user}\n")
        columns = _COLUMNS_WITH_USERS if keeps_users else _COLUMNS
        rows = [_row(token) for token in listed]
        printer.table(
            columns,
            [[row[column] for column in columns] for row in rows],
            [_PRIORITIES[column] for column in columns],
        )
    for token in listed:
        left = days_left(str(token.get("expires_at", "")))
        if left is not None and 0 < left <= SOON_DAYS:
            days = "1 day" if left == 1 else f"{left} days"
            printer.warn(f"token {token.get('token_name')} expires in {days}")


def _row(token: dict[str, Any]) -> dict[str, str]:
    expires_at = str(token.get("expires_at", ""))
    left = days_left(expires_at)
    return {
        "Name": str(token.get("token_name", "")),
        "Description": str(token.get("description") or ""),
        "Roles": ", ".join(map(str, token.get("roles") or [])),
        "Active": "Expired" if left is not None and left <= 0 else "Active",
        "Expires At (UTC)": expires_at[:10],
    }


def delete_token(
    ctx: typer.Context,
    name: TokenNameArgument,
    of_service: TokenServiceOption = False,
    user: TokenUserOption = None,
) -> None:
    """Delete a token; its logins end within five minutes."""
    session: Session = ctx.obj
    printer = session.printer
    check_token_name(name)
    owner = token_owner(of_service, user)
    credential = session.credential()
    with session.connect(credential) as service:
        service.confirm_dialect()
        service.tokens.delete(owner, name)
        keeps_account = of_service and service.tokens.has_accounts
    printer.text(f"Access token {name} deleted" + (f" for user {user}" if user else ""))
    if keeps_account:
        printer.note(f"its user {name} stays, with its roles; `osmo user delete {name}` deletes it")
    forget(credential, owner, [name])


def get_token(
    ctx: typer.Context,
    name: TokenNameArgument,
    of_service: TokenServiceOption = False,
    user: TokenUserOption = None,
    format_type: FormatOption = None,
) -> None:
    """Print a token that `osmo token set` kept in the keyring."""
    from osmo_cli.credentials.tokens import kept_token

    session: Session = ctx.obj
    printer = session.use_format(format_type)
    check_token_name(name)
    owner = token_owner(of_service, user)
    credential = session.credential()
    text = kept_token(credential.origin, name, service=of_service, user=user)
    if text is None:
        raise UsageError(
            f"the keyring has no token {name} of {credential.origin}",
            hint=f"a token is kept when it is made: osmo token set {name}{owner.flags}",
        )
    if printer.as_lines:
        printer.secret("", text)
    else:
        printer.secret_data({"token": text})


def token_roles(
    ctx: typer.Context, name: TokenNameArgument, format_type: FormatOption = None
) -> None:
    """Show the roles of one of your tokens, with who gave them and when."""
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    check_token_name(name)
    with session.connect() as service:
        found = service.tokens.roles(name)
    facts = {"Token": found.get("token_name"), "Owner": found.get("user_name")}
    show_grants(printer, found, facts)
