"""Arguments and options that the token commands share."""

from __future__ import annotations

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
