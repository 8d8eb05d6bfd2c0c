"""IDs of users (docs/service/users.md#user-ids)."""

from __future__ import annotations

from osmo_cli.accounts.names import check_name
from osmo_cli.errors import UsageError

ID_PATTERN = r"^[a-zA-Z0-9]([a-zA-Z0-9_.@-]*[a-zA-Z0-9])?$"


def check_user_id(user: str) -> str:
    """`user`, if the service takes it for a new user.

    Raises:
        UsageError: it does not.
    """
    return check_name(
        user,
        ID_PATTERN,
        is_no="a user",
        rule="letters, digits and - _ . @ of ASCII; a letter or digit first and last",
    )


def check_known_user(user: str) -> str:
    """`user`, if one that exists already can be called so.

    Identity providers name the users that come by themselves, and know other characters than the
    service takes of an administrator: `ada+test@example.com`, `ada#EXT#@example.com`.

    Raises:
        UsageError: no path of a request can hold it.
    """
    if not user.strip() or not user.isprintable() or user in (".", "..") or {*"/\\?%"} & {*user}:
        raise UsageError(f'"{user}" cannot be a user', hint="`osmo user list` shows the users")
    return user
