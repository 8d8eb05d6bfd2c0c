"""What the commands about tokens share of their command lines."""

from __future__ import annotations

from typing import Annotated

import typer

from osmo_cli.accounts.tokens import TokenOwner
from osmo_cli.accounts.users import check_known_user
from osmo_cli.errors import UsageError

TokenNameArgument = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
TokenServiceOption = Annotated[
    bool, typer.Option("--service", "-s", help="Of a service account, not your own.")
]
TokenUserOption = Annotated[
    str | None, typer.Option("--user", "-u", metavar="USER", help="Of this user.")
]


def token_owner(service: bool, user: str | None) -> TokenOwner:
    """Whose tokens `--service` and `--user` mean.

    Raises:
        UsageError: they are given both, or no user can be called so.
    """
    if service and user is not None:
        raise UsageError(
            "--service and --user exclude each other",
            hint="--service is the account that has the name of its token",
        )
    return TokenOwner(service, None if user is None else check_known_user(user))
