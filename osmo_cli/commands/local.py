"""`osmo local`: the embedded service."""

from __future__ import annotations

import gc
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from osmo_cli.commands.arguments import DialectOption, dialect_name
from osmo_cli.commands.lazy import noun
from osmo_cli.commands.session import Session, configmap_source
from osmo_cli.errors import UsageError

app = noun(
    "local",
    "The embedded service, for trying and testing.",
    {
        "serve": "local:serve",
        "add-backend": "local:add_backend",
        "reset": "local:reset",
    },
)

DEFAULT_PORT = 8470


class Auth(StrEnum):
    """Values of --auth."""

    NONE = "none"
    TOKEN = "token"  # noqa: S105 - a mode's name


DbOption = Annotated[
    Path | None, typer.Option("--db", metavar="FILE", help="Database; default: your own one.")
]


def _database(db: Path | None) -> Path:
    from osmo_cli.local.database import default_database

    return db or default_database()


def serve(
    ctx: typer.Context,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="On 127.0.0.1; 0 takes a free one.")
    ] = DEFAULT_PORT,
    db: DbOption = None,
    dialect: DialectOption = None,
    auth: Annotated[
        Auth, typer.Option("--auth", help="none trusts x-osmo-user; token wants a login.")
    ] = Auth.NONE,
    admin_token_file: Annotated[
        Path | None,
        typer.Option(
            "--admin-token-file", metavar="FILE", help="Write an administrator's token there."
        ),
    ] = None,
    configmap: Annotated[
        Path | None,
        typer.Option(
            "--configmap", metavar="FILE", help="Be configured by this YAML file, from 6.3 on."
        ),
    ] = None,
    fault: Annotated[
        str | None,
        typer.Option(
            "--fault",
            metavar="NAME",
            help="Fail like a real service under load; parallel-writes: writes that overlap fail "
            "with DATABASE, some after they were stored (6.2 and later).",
        ),
    ] = None,
) -> None:
    """Serve the embedded service on a loopback port until it is interrupted."""
    from osmo_cli.local.server import serve as run

    session: Session = ctx.obj
    gc.enable()  # unlike other commands, this one stays
    if admin_token_file is not None and auth is not Auth.TOKEN:
        raise UsageError("--admin-token-file is for --auth token")
    if auth is Auth.TOKEN and admin_token_file is None:
        session.printer.note("note: only tokens that the database has already can log in")

    def ready(url: str) -> None:
        session.printer.text(url)
        session.printer.note("serving; Ctrl-C stops it")

    run(
        port=port,
        db=_database(db),
        dialect=dialect_name(dialect),
        auth=auth.value,
        admin_token_file=admin_token_file,
        ready=ready,
        source=configmap_source(configmap, session.printer.note),
        fault=fault,
    )


def add_backend(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)],
    offline: Annotated[
        bool, typer.Option("--offline", help="As if its operator were not running.")
    ] = False,
    db: DbOption = None,
) -> None:
    """Register a backend, as the operator of a cluster does when it connects."""
    from osmo_cli.local.admin import add_backend as add

    session: Session = ctx.obj
    new = add(_database(db), name, offline=offline)
    session.printer.text(f"Backend {name} " + ("registered" if new else "connected again"))


def reset(ctx: typer.Context, db: DbOption = None, dialect: DialectOption = None) -> None:
    """Delete the embedded service's data, and start anew."""
    from osmo_cli.local.admin import reset as run

    session: Session = ctx.obj
    path = _database(db)
    existed = run(path, dialect_name(dialect))
    session.printer.text(f"{path} " + ("is empty again" if existed else "is made"))
