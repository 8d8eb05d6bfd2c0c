"""`osmo token`: set, list, delete, get."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from osmo_cli.api import tokens
from osmo_cli.api.dialects import identify
from osmo_cli.commands.arguments import FormatOption, OsmoCommand
from osmo_cli.commands.session import Session
from osmo_cli.config.tokens import SOON_DAYS, check_expiry, check_token_name, days_left
from osmo_cli.errors import OsmoError, OutputClosedError, UsageError
from osmo_cli.output.printer import Format, Printer

if TYPE_CHECKING:
    from osmo_cli.api.client import Client
    from osmo_cli.config.dialects import Dialect
    from osmo_cli.credentials.credential import Credential

app = typer.Typer(
    name="token",
    help="Create, list and delete access tokens.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
ServiceOption = Annotated[
    bool, typer.Option("--service", "-s", help="A service token, not one of your own.")
]
_COLUMNS = ("Name", "Description", "Roles", "Active", "Expires At (UTC)")


@app.command("set", cls=OsmoCommand)
def set_token(
    ctx: typer.Context,
    name: NameArgument,
    expires_at: Annotated[
        str | None,
        typer.Option("--expires-at", "-e", metavar="DATE", help="YYYY-MM-DD; 31 days from now."),
    ] = None,
    description: Annotated[
        str, typer.Option("--description", "-d", help="What the token is for.")
    ] = "",
    service: ServiceOption = False,
    roles: Annotated[
        list[str] | None,
        typer.Option("--roles", "-r", help="Roles of a service token; several may follow."),
    ] = None,
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
    if service and not roles:
        raise UsageError("a service token needs roles", hint="for example --roles osmo-backend")
    if roles and not service:
        raise UsageError(
            "--roles is for service tokens; your own tokens have your roles",
            hint="leave --roles out, or add --service",
        )
    if store and output_file is not None:
        raise UsageError("--store and --output-file exclude each other")
    check_expiry(expires_at, None)
    credential = session.credential()
    with session.connect(credential) as client:
        dialect = identify(client, for_write=True)
        expiry = check_expiry(expires_at, tokens.longest_life(client))
        new = tokens.NewToken(name, expiry, description, tuple(roles or ()), service)
        if output_file is not None:
            _to_file(client, dialect, new, output_file, printer)
            return
        text = _create(client, dialect, new)
    printer.redactor.add(text)
    if store:
        _to_keyring(credential, new, text, printer)
        return
    _show(text, printer)
    if store is None and _keep(credential, new, text):
        printer.note(_kept_note(new))


def _create(client: Client, dialect: Dialect, new: tokens.NewToken) -> str:
    """Create it; after a failure of unknown outcome look whether it is there, never repeat."""
    try:
        return tokens.create_token(client, dialect, new)
    except OsmoError as error:
        if not getattr(error, "outcome_unknown", False):
            raise
        error.hint = _after_failure(client, dialect, new)
        raise


def _after_failure(client: Client, dialect: Dialect, new: tokens.NewToken) -> str:
    flag = " --service" if new.service else ""
    try:
        listed = tokens.list_tokens(client, dialect, service=new.service)
    except OsmoError:
        return f"`osmo token list{flag}` tells whether it was created, when the service answers"
    if any(token.get("token_name") == new.name for token in listed):
        return (
            f"a token {new.name} exists, but its text is lost: "
            f"`osmo token delete {new.name}{flag}`, then set it again"
        )
    return "the token was not created (it was looked up); try again"


def _show(text: str, printer: Printer) -> None:
    try:
        _print(text, printer)
    except OutputClosedError:
        # Nobody reads stdout any more, and the service shows the token this once.
        printer.stdout = printer.stderr
        _print(text, printer)


def _print(text: str, printer: Printer) -> None:
    if printer.format is Format.JSON:
        printer.secret_json({"token": text})
    else:
        printer.text("Note: Save the token in a secure location as it will not be shown again")
        printer.secret("Access token: ", text)


def _to_file(
    client: Client, dialect: Dialect, new: tokens.NewToken, path: Path, printer: Printer
) -> None:
    from osmo_cli.private_files import create_private, replace_private

    # The file comes first: a token that could not be written would be lost.
    create_private(path, "")
    try:
        text = _create(client, dialect, new)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    try:
        replace_private(path, text + "\n")
    except OSError as error:
        _show(text, printer)
        raise UsageError(
            f"cannot write {path}: {error.strerror}", hint="the token was printed instead"
        ) from None
    printer.note(f"the token is in {path}, which only you can read")


def _to_keyring(credential: Credential, new: tokens.NewToken, text: str, printer: Printer) -> None:
    from osmo_cli.credentials.tokens import keep_token

    try:
        keep_token(credential.origin, new.name, service=new.service, token=text)
    except OsmoError as error:
        _show(text, printer)
        raise UsageError(
            f"the token could not be kept: {error.message}", hint="it was printed instead"
        ) from None
    printer.note(_kept_note(new))


def _keep(credential: Credential, new: tokens.NewToken, text: str) -> bool:
    """Keep it in the keyring too where there is one; a login from the environment keeps none."""
    from osmo_cli.credentials import keyring_store
    from osmo_cli.credentials.tokens import keep_token

    if credential.session_key is None or not keyring_store.is_available():
        return False
    try:
        keep_token(credential.origin, new.name, service=new.service, token=text)
    except OsmoError:
        return False
    return True


def _kept_note(new: tokens.NewToken) -> str:
    flag = " --service" if new.service else ""
    return f"kept in the keyring: `osmo token get {new.name}{flag}` prints it again"


@app.command("list", cls=OsmoCommand)
def list_tokens(
    ctx: typer.Context, service: ServiceOption = False, format_type: FormatOption = None
) -> None:
    """List your tokens, or with --service the service accounts'."""
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    with session.connect() as client:
        listed = tokens.list_tokens(client, identify(client), service=service)
    if printer.format not in (None, Format.TEXT):
        printer.data(listed)
    elif not listed:
        printer.text("No tokens found")
    else:
        printer.table(_COLUMNS, [_row(token) for token in listed])
    for token in listed:
        left = days_left(str(token.get("expires_at", "")))
        if left is not None and 0 < left <= SOON_DAYS:
            days = "1 day" if left == 1 else f"{left} days"
            printer.warn(f"token {token.get('token_name')} expires in {days}")


def _row(token: dict[str, Any]) -> list[str]:
    expires_at = str(token.get("expires_at", ""))
    left = days_left(expires_at)
    return [
        str(token.get("token_name", "")),
        str(token.get("description") or ""),
        ", ".join(map(str, token.get("roles") or [])),
        "Expired" if left is not None and left <= 0 else "Active",
        expires_at[:10],
    ]


@app.command("delete", cls=OsmoCommand)
def delete_token(ctx: typer.Context, name: NameArgument, service: ServiceOption = False) -> None:
    """Delete a token; its logins end within five minutes."""
    session: Session = ctx.obj
    check_token_name(name)
    credential = session.credential()
    with session.connect(credential) as client:
        tokens.delete_token(client, identify(client, for_write=True), name, service=service)
    session.printer.text(f"Access token {name} deleted")
    _forget(credential, name, service)


def _forget(credential: Credential, name: str, service: bool) -> None:
    from osmo_cli.credentials import keyring_store
    from osmo_cli.credentials.tokens import drop_token

    if credential.session_key is not None and keyring_store.is_available():
        drop_token(credential.origin, name, service=service)


@app.command("get", cls=OsmoCommand)
def get_token(
    ctx: typer.Context,
    name: NameArgument,
    service: ServiceOption = False,
    format_type: FormatOption = None,
) -> None:
    """Print a token that `osmo token set` kept in the keyring."""
    from osmo_cli.credentials.tokens import kept_token

    session: Session = ctx.obj
    printer = session.use_format(format_type)
    credential = session.credential()
    text = kept_token(credential.origin, check_token_name(name), service=service)
    if text is None:
        flag = " --service" if service else ""
        raise UsageError(
            f"the keyring has no token {name} of {credential.origin}",
            hint=f"a token is kept when it is made: osmo token set {name}{flag}",
        )
    if printer.format is Format.JSON:
        printer.secret_json({"token": text})
    else:
        printer.secret("", text)
