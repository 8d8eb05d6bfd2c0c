"""Arguments and options that the token commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from osmo_cli.accounts.tokens import TokenOwner
from osmo_cli.accounts.users import check_known_user
from osmo_cli.errors import UsageError

TokenNameArgument = Annotated[
    str, typer.Argument(metavar="NAME", show_default=False, help="Name of the token.")
]
TokenServiceOption = Annotated[
    bool, typer.Option("--service", "-s", help="Act on tokens of service accounts, not your own.")
]
TokenUserOption = Annotated[
    str | None, typer.Option("--user", "-u", metavar="USER", help="Act on this user's tokens.")
]

StoreOption = Annotated[
    bool | None,
    typer.Option(
        "--store/--no-store",
        help="Save only to the keyring / never save. By default the token is printed and saved.",
    ),
]
OutputFileOption = Annotated[
    Path | None,
    typer.Option("--output-file", metavar="FILE", help="Write the token to a new private file."),
]


def check_destination(store: bool | None, output_file: Path | None) -> None:
    """Raise UsageError where a new token would have two places to go to."""
    if store and output_file is not None:
        raise UsageError("--store and --output-file cannot be used together")


def token_owner(service: bool, user: str | None) -> TokenOwner:
    """The owner that `--service` and `--user` name.

    Raises:
        UsageError: both are given, or the user's name is invalid.
    """
    if service and user is not None:
        raise UsageError(
            "--service and --user cannot be used together",
            hint="--service means the account that has the name of its token",
        )
    return TokenOwner(service, None if user is None else check_known_user(user))
