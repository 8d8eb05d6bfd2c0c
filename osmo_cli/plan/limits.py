"""Safety limits of a plan, judged as a whole before the first write."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from osmo_cli.config.changes.plan import Action, Plan
from osmo_cli.errors import UsageError

DEFAULT_PERCENT = 30
MIN_OBJECTS = 10
"""A percentage says nothing about fewer objects."""
_LIMIT = re.compile(r"([0-9]{1,9})(%?)", re.ASCII)


@dataclass(frozen=True)
class Limit:
    """At most a number of objects, or a percentage of those that are stored."""

    number: int = DEFAULT_PERCENT
    is_percent: bool = True

    def __str__(self) -> str:
        """`5` or `30%`."""
        return f"{self.number}{'%' if self.is_percent else ''}"


def parse_limit(text: str | None, option: str) -> Limit:
    """Return a limit from `N` or `P%`, or the default for None.

    Raises:
        UsageError: it is neither.
    """
    if text is None:
        return Limit()
    match = _LIMIT.fullmatch(text)
    if match is None:
        raise UsageError(f'invalid limit "{text}" for {option}', hint="write 5 or 20%")
    return Limit(int(match[1]), bool(match[2]))


def check_limits(plan: Plan, changes: Limit, deletes: Limit) -> None:
    """Check that a plan stays within its limits.

    Creations do not count. A percentage is that of all stored objects and of each type's.

    Raises:
        UsageError: it changes or deletes too many objects.
    """
    beyond = [
        *_beyond(plan, changes, {Action.UPDATE, Action.DELETE}, "changes", "--max-changes"),
        *_beyond(plan, deletes, {Action.DELETE}, "deletes", "--max-deletes"),
    ]
    if beyond:
        messages, options = zip(*beyond, strict=True)
        raise UsageError(
            "\n".join(messages),
            hint="nothing was sent; if this is intended, raise "
            + " and ".join(dict.fromkeys(f"{option} N|P%" for option in options)),
        )


def _beyond(
    plan: Plan, limit: Limit, actions: set[Action], verb: str, option: str
) -> Iterator[tuple[str, str]]:
    counted = Counter(
        change.ref.config_type.name for change in plan.changes if change.action in actions
    )
    total, stored = counted.total(), sum(plan.stored.values())
    if not limit.is_percent:
        if total > limit.number:
            yield f"the plan {verb} {total} objects, more than {limit}", option
        return
    groups = {name: (counted[name], number) for name, number in plan.stored.items()}
    for name, (count, number) in {"all types": (total, stored), **groups}.items():
        if number >= MIN_OBJECTS and count * 100 > limit.number * number:
            yield (
                f"the plan {verb} {count} of {number} objects of {name}, more than {limit}",
                option,
            )
