"""What the commands about tokens share of their command lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from osmo_cli.accounts.tokens import TokenOwner
from osmo_cli.accounts.users import check_known_user
from osmo_cli.api.dialects import identify
from osmo_cli.api.errors import NotFoundError
from osmo_cli.api.users import identify_with_users
from osmo_cli.errors import UsageError

if TYPE_CHECKING:
    from osmo_cli.api.client import Client
    from osmo_cli.config.registry.dialects import Dialect

T = TypeVar("T")

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


def in_dialect(
    client: Client,
    owner: TokenOwner,
    action: Callable[[Dialect], T],
    *,
    for_write: bool = False,
) -> tuple[Dialect, T]:
    """Do `action` in the service's dialect; once more in another one, if its routes are not there.

    A service that was upgraded may give the version that it had (api.md 13), and where a route is
    missing nothing was done. `action` is about the tokens of `owner`.
    """
    find = identify if owner.user is None else identify_with_users
    dialect = find(client, for_write=for_write)
    try:
        return dialect, action(dialect)
    except NotFoundError:
        anew = identify(client, anew=True)
        if anew == dialect:
            raise
        return anew, action(anew)
