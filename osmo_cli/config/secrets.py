"""The mask that the service shows in place of a secret."""

from __future__ import annotations

MASK = "*" * 10
"""What GET, history, diff and PATCH answers show for a secret (api.md 3.5)."""

NEW_SECRET = "(new secret)"  # noqa: S105 - shown in place of one
"""Stands for a secret that a change stores, where the change is shown."""


def is_mask(value: object) -> bool:
    """Whether `value` is the service's mask, alone or with diff's remark behind it.

    A text of asterisks alone is taken as one too: sent back, it would be stored as the secret.
    """
    return (
        isinstance(value, str)
        and len(value) >= 3
        and (set(value) == {"*"} or value.startswith(MASK + " <secret changed"))
    )
