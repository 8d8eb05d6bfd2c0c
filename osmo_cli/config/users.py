"""What a user of a service may be called (api.md 2.1)."""

from __future__ import annotations

import re

from osmo_cli.errors import UsageError

ID_PATTERN = r"^[a-zA-Z0-9]([a-zA-Z0-9_.@-]*[a-zA-Z0-9])?$"


def check_user_id(user: str) -> str:
    """`user`, if the service takes it.

    Raises:
        UsageError: it does not.
    """
    if not re.match(ID_PATTERN, user) or user.endswith("\n"):
        raise UsageError(
            f'"{user}" cannot be a user',
            hint="letters, digits and - _ . @ of ASCII; a letter or digit first and last",
        )
    return user
