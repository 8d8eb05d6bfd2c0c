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
    everything: Annotated[bool, typer.Option("--all", help="List all profiles.")] = False,
    format_type: FormatOption = None,
) -> None:
    """Say which login would be used, for which service, from where, until when."""
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    if everything:
        _all_profiles(printer)
        return
    credential = session.credential()
    who = _who(session, credential)
    if printer.as_lines:
        shown = who | {"roles": ", ".join(map(str, who["roles"]))}
        printer.table(("Key", "Value"), [(key, value) for key, value in shown.items() if value])
    else:
        printer.data(who)


def _who(session: Session, credential: Credential) -> dict[str, Any]:
    from osmo_cli.credentials.credential import Method
    from osmo_cli.credentials.jwt import decode_claims, expires_at, user_of

    who: dict[str, Any] = {
        "user": credential.username,
        "service": str(credential.origin),
        "from": credential.source,
        "method": str(credential.method),
        "roles": [],
        "session_until": None,
    }
    if credential.method is Method.DEV:
        return who
    with session.connect(credential) as service:
        jwt = service.jwt()
    claims = decode_claims(jwt)
    who["user"] = user_of(jwt) or credential.username
    who["roles"] = claims.get("roles") or []
    if until := expires_at(jwt):
        who["session_until"] = datetime.fromtimestamp(until, UTC).isoformat()
    return who


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
