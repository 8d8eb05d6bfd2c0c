"""IDs of users (docs/service/users.md#user-ids)."""

from __future__ import annotations

from osmo_cli.accounts.names import check_name
from osmo_cli.errors import UsageError

ID_PATTERN = r"^[a-zA-Z0-9]([a-zA-Z0-9_.@-]*[a-zA-Z0-9])?$"


def check_user_id(user: str) -> str:
    """Return `user` if the service accepts it for a new user.

    Raises:
        UsageError: it does not.
    """
    return check_name(
        user,
        ID_PATTERN,
        what="a user",
        rule="use ASCII letters, digits and - _ . @; start and end with a letter or digit",
    )


def check_known_user(user: str) -> str:
    """Return `user` if a user with this name can exist.

    Users from an identity provider may have characters that the service does not accept for new
    users: `ada+test@example.com`, `ada#EXT#@example.com`.

    Raises:
        UsageError: it cannot be part of a request's path.
    """
    if not user.strip() or not user.isprintable() or user in (".", "..") or {*"/\\?%"} & {*user}:
        raise UsageError(f'"{user}" cannot be a user', hint="`osmo user list` shows the users")
    return user
