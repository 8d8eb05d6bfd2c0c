"""The mask that the service shows in place of a secret, and the remarks that are shown here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osmo_cli.config.problems import Path

MASK = "*" * 10
"""What GET, history, diff and PATCH answers show for a secret (api.md 3.5)."""

# Each stands in a shown state in place of a secret.
STORED_SECRET = "(secret)"  # noqa: S105
"""One that is stored."""
SAME_SECRET = "(secret, same)"  # noqa: S105
"""One that is given and stored already."""
CHANGED_SECRET = "(secret, changed)"  # noqa: S105
"""One that is given, where another value or none is stored."""
SENT_SECRET = "(secret, sent)"  # noqa: S105
"""One that is given, and nobody can say whether it is stored already."""
REMARKS = (STORED_SECRET, SAME_SECRET, CHANGED_SECRET, SENT_SECRET)


def is_mask(value: object) -> bool:
    """Whether `value` is the service's mask, alone or with diff's remark behind it.

    A text of asterisks alone is taken as one too: sent back, it would be stored as the secret.
    """
    return (
        isinstance(value, str)
        and len(value) >= 3
        and (set(value) == {"*"} or value.startswith(MASK + " <secret changed"))
    )


def mask_paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Where masks stand in `value`, which is at `at` itself."""
    if is_mask(value):
        yield at
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from mask_paths(inner, (*at, key))


def without_masks(value: Any) -> Any:
    """A copy of `value` to be shown, with a remark in place of each mask."""
    if isinstance(value, dict):
        return {key: without_masks(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_masks(inner) for inner in value]
    return STORED_SECRET if is_mask(value) else value
