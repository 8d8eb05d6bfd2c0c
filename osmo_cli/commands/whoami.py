"""`osmo whoami`: which login would be used."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.session import Session
from osmo_cli.output.printer import Printer

if TYPE_CHECKING:
    from osmo_cli.credentials.credential import Credential


def whoami(
    ctx: typer.Context,
    list_all: Annotated[
        bool, typer.Option("--all", help="List all profiles instead of the current login.")
    ] = False,
    format_type: FormatOption = None,
) -> None:
    """Show the login that commands use: user, service, source and expiry.

    Examples:
        osmo whoami
        osmo whoami --all
    """
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    if list_all:
        _all_profiles(printer)
        return
    credential = session.credential()
    login = _current_login(session, credential)
    if printer.as_lines:
        texts = login | {"roles": ", ".join(map(str, login["roles"]))}
        printer.table(("Key", "Value"), [(key, value) for key, value in texts.items() if value])
    else:
        printer.data(login)


def _current_login(session: Session, credential: Credential) -> dict[str, Any]:
    from osmo_cli.credentials.credential import Method
    from osmo_cli.credentials.jwt import decode_claims, expires_at, user_of

    login: dict[str, Any] = {
        "user": credential.username,
        "service": str(credential.origin),
        "from": credential.source,
        "method": str(credential.method),
        "roles": [],
        "session_until": None,
    }
    if credential.method is Method.DEV:
        return login
    with session.connect(credential) as service:
        jwt = service.jwt()
    claims = decode_claims(jwt)
    login["user"] = user_of(jwt) or credential.username
    login["roles"] = claims.get("roles") or []
    if until := expires_at(jwt):
        login["session_until"] = datetime.fromtimestamp(until, UTC).isoformat()
    return login


def _all_profiles(printer: Printer) -> None:
    from osmo_cli.credentials.profiles import active_profile, list_profiles

    active = active_profile()
    rows = [
        {
            "profile": profile.name,
            "active": active is not None and profile.name == active.name,
            "service": str(profile.origin),
            "user": profile.username,
            "method": str(profile.method),
            "storage": profile.storage,
        }
        for profile in list_profiles()
    ]
    if not printer.as_lines:
        printer.data(rows)
    elif not rows:
        printer.text("No profiles found")
    else:
        columns = ("Profile", "Active", "Service", "User", "Method", "Storage")
        cells = [[_cell(value) for value in row.values()] for row in rows]
        printer.table(columns, cells, priorities=(0, 1, 0, 1, 2, 3))


def _cell(value: Any) -> str:
    return {True: "yes", False: "", None: ""}.get(value, str(value))
