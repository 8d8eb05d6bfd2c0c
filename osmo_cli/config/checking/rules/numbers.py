"""Numbers that the service stores and that cannot have been meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from osmo_cli.config.checking.rules.rule import Finding, warning

NO_LIMIT = -1


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def above_zero(value: Any) -> Iterator[Finding]:
    """A count or a time of which there has to be some."""
    if _is_number(value) and value <= 0:
        yield warning("is not greater than 0")


def share(value: Any) -> Iterator[Finding]:
    """A pool's share of a resource: `guarantee`, `maximum` and `weight`; -1 is no limit."""
    if not isinstance(value, dict):
        return
    guarantee, maximum, weight = (value.get(key) for key in ("guarantee", "maximum", "weight"))
    for field, amount in (("guarantee", guarantee), ("maximum", maximum)):
        if _is_number(amount) and amount < NO_LIMIT:
            yield warning("is less than -1", "-1 is no limit", at=(field,))
    if _is_number(weight) and weight < 0:
        yield warning("is less than 0", at=("weight",))
    if not (_is_number(guarantee) and _is_number(maximum)) or maximum <= NO_LIMIT:
        return
    if guarantee > maximum:
        hint = "the pool cannot be given what it is guaranteed"
        yield warning("is greater than maximum", hint, at=("guarantee",), beside=(("maximum",),))
