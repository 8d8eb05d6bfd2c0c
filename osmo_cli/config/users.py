"""What a user of a service may be called (api.md 2.1)."""

from __future__ import annotations

from osmo_cli.config.names import checked

ID_PATTERN = r"^[a-zA-Z0-9]([a-zA-Z0-9_.@-]*[a-zA-Z0-9])?$"


def check_user_id(user: str) -> str:
    """`user`, if the service takes it.

    Raises:
        UsageError: it does not.
    """
    return checked(
        user,
        ID_PATTERN,
        is_no="a user",
        rule="letters, digits and - _ . @ of ASCII; a letter or digit first and last",
    )
