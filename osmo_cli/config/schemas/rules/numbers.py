"""Numbers that the service stores although they cannot be meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from osmo_cli.config.registry.definition import Finding, warning


def is_number(value: Any) -> TypeGuard[int | float]:
    """Return whether a JSON value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def above_zero(value: Any) -> Iterator[Finding]:
    """Check a count or a time that must be greater than 0."""
    if is_number(value) and value <= 0:
        yield warning("is not greater than 0")
