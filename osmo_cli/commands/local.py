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
    "Run and manage the embedded service, for trying and testing.",
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
    Path | None,
    typer.Option(
        "--db", metavar="FILE", help="Database file. Default: OSMO_LOCAL_DB, else your own."
    ),
]


def _database(db: Path | None) -> Path:
    from osmo_cli.local.database import default_database

    return db or default_database()


def serve(
    ctx: typer.Context,
    port: Annotated[
        int,
        typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one."),
    ] = DEFAULT_PORT,
    db: DbOption = None,
    dialect: DialectOption = None,
    auth: Annotated[
        Auth,
        typer.Option(
            "--auth",
            help="Who may use the service: none trusts the user that each request names, "
            "token requires a login.",
        ),
    ] = Auth.NONE,
    admin_token_file: Annotated[
        Path | None,
        typer.Option(
            "--admin-token-file",
            metavar="FILE",
            help="Write a new administrator's token to this private file (with --auth token).",
        ),
    ] = None,
    configmap: Annotated[
        Path | None,
        typer.Option(
            "--configmap",
            metavar="FILE",
            help="Serve configuration from this YAML file (6.3 and later).",
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
    """Serve the embedded service on a loopback port until it is interrupted.

    Examples:
        osmo local serve
        osmo local serve --port 0 --db test.db --dialect 6.4
        osmo local serve --auth token --admin-token-file admin-token
    """
    from osmo_cli.local.server import serve as run

    session: Session = ctx.obj
    gc.enable()  # unlike other commands, this one stays
    if admin_token_file is not None and auth is not Auth.TOKEN:
        raise UsageError("--admin-token-file requires --auth token")
    if auth is Auth.TOKEN and admin_token_file is None:
        session.printer.note("note: only tokens that are already in the database can log in")

    def ready(url: str) -> None:
        session.printer.text(url)
        session.printer.note("Serving. Press Ctrl-C to stop.")

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
    name: Annotated[
        str, typer.Argument(metavar="NAME", show_default=False, help="Name of the backend.")
    ],
    offline: Annotated[
        bool, typer.Option("--offline", help="Register it as offline: its operator is not running.")
    ] = False,
    manifest: Annotated[
        Path | None,
        typer.Option(
            "--manifest",
            metavar="FILE",
            help="Connect only with the token in the manifests of `osmo backend register`.",
        ),
    ] = None,
    db: DbOption = None,
) -> None:
    """Register a backend, as the operator of a cluster does when it connects.

    Examples:
        osmo local add-backend gpu-a
        osmo local add-backend gpu-a --manifest gpu-a/manifests.yaml
        osmo local add-backend gpu-b --offline --db test.db
    """
    from osmo_cli.local.admin import add_backend as add

    session: Session = ctx.obj
    token, accepted = (None, False) if manifest is None else _operator_token(manifest)
    new = add(_database(db), name, offline=offline, token=token, accepted=accepted)
    session.printer.text(f"Backend {name} " + ("registered" if new else "connected again"))


def _operator_token(manifest: Path) -> tuple[str, bool]:
    """The operator's token in manifests, and whether the service's own Secret has it too.

    Raises:
        UsageError: the file cannot be read, or holds no token.
    """
    from osmo_cli.backend.manifests import token_in
    from osmo_cli.bounded_files import read_bytes

    try:
        text = read_bytes(manifest).decode()
        token, control = token_in(text), token_in(text, control=True)
    except OSError as error:
        raise UsageError(f"cannot read {manifest}: {error.strerror}") from None
    except ValueError:
        raise UsageError(f"{manifest} does not hold the manifests of a registration") from None
    if token is None:
        raise UsageError(f"{manifest} holds no token")
    return token, token == control


def reset(ctx: typer.Context, db: DbOption = None, dialect: DialectOption = None) -> None:
    """Delete the embedded service's data and create an empty database.

    Examples:
        osmo local reset
        osmo local reset --dialect 6.4 --db test.db
    """
    from osmo_cli.local.admin import reset as run

    session: Session = ctx.obj
    path = _database(db)
    existed = run(path, dialect_name(dialect))
    session.printer.text(f"emptied {path}" if existed else f"created {path}")
