"""Durations: an integer with a unit; from 6.3 on ISO 8601, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from osmo_cli.accounts.tokens import (
    DURATION,
    DURATION_UNITS,
    ISO_DURATION,
    NOT_A_DURATION,
    parse_duration,
)
from osmo_cli.config.registry.definition import Check, Finding, Rule, checks, warning

DURATION_PATTERN = f"^({DURATION}|{ISO_DURATION})$"
"""A duration for JSON Schema; which versions know ISO 8601 is left to `osmo config validate`."""
DURATION_OR_EMPTY_PATTERN = f"^({DURATION}|{ISO_DURATION})?$"
TIMEOUTS = (
    "default_exec_timeout",
    "default_queue_timeout",
    "max_exec_timeout",
    "max_queue_timeout",
)
"""Fields that WORKFLOW and POOL share."""
TIMEOUT_DESCRIPTIONS = {
    "default_exec_timeout": "Time that a group of tasks may run if its workflow sets none.",
    "default_queue_timeout": "Time that a group of tasks may wait in the queue if its workflow "
    "sets none.",
    "max_exec_timeout": "Longest run time that a workflow may set.",
    "max_queue_timeout": "Longest time in the queue that a workflow may set.",
}

_PARTS = re.compile(r"((\d{1,9})(d|h|m|s|ms|us))+", re.ASCII)
_LONGEST_SUM = 100
_PART = re.compile(r"(\d+)(d|h|ms|us|m|s)", re.ASCII)


def _length(value: Any) -> timedelta | None:
    return parse_duration(value) if isinstance(value, str) else None


def duration(value: Any) -> Iterator[Finding]:
    """Check a duration of a service that also accepts ISO 8601."""
    if not isinstance(value, str):
        return
    length = _length(value)
    if length is None:
        yield Finding(NOT_A_DURATION, _instead(value))
    elif length == timedelta.max:
        yield Finding("the duration is too long")
    elif not re.fullmatch(DURATION, value, re.ASCII):
        yield warning("not the documented form, an integer with a unit", _in_units(length))
    elif not length:
        yield warning("the duration is zero")


def plain_duration(value: Any) -> Iterator[Finding]:
    """Check a duration of a service that accepts only an integer with a unit."""
    if isinstance(value, str) and re.fullmatch(ISO_DURATION, value, re.ASCII):
        length = _length(value)
        yield Finding(NOT_A_DURATION, _in_units(length) if length else None)
    else:
        yield from duration(value)


def _or_empty(rule: Rule) -> Rule:
    return lambda value: rule(value) if value else ()


def _instead(value: str) -> str | None:
    """Return how to write what was meant: `90m` for `1h30m`."""
    if value.isdecimal() and value.isascii():
        return f'write "{value[:9]}s" for seconds' if len(value) < 10 else None
    if len(value) > _LONGEST_SUM or not _PARTS.fullmatch(value):
        return None
    total = timedelta()
    for number, unit in _PART.findall(value):
        total += timedelta(**{DURATION_UNITS[unit]: int(number)})
    return _in_units(total)


def _in_units(length: timedelta) -> str | None:
    for unit, name in DURATION_UNITS.items():
        count, rest = divmod(length, timedelta(**{name: 1}))
        if count and not rest:
            return f'write "{count}{unit}"'
    return None


def _not_above(default: str, longest: str) -> Rule:
    def rule(value: Any) -> Iterator[Finding]:
        if not isinstance(value, dict):
            return
        given, most = _length(value.get(default)), _length(value.get(longest))
        if given is not None and most is not None and given > most:
            hint = "a workflow that sets no timeout would exceed the limit"
            yield warning(f"is longer than {longest}", hint, at=(default,), beside=((longest,),))

    return rule


def durations(*paths: str, or_empty: bool = False) -> Iterator[Check]:
    """Return the checks of fields that hold durations.

    Args:
        paths: the fields.
        or_empty: they may also be empty, to inherit a value.
    """
    summary = "an integer with `d`, `h`, `m`, `s`, `ms` or `us`" + (
        ", or empty" if or_empty else ""
    )
    for rule, applies in (
        (plain_duration, lambda dialect: not dialect.iso_durations),
        (duration, lambda dialect: dialect.iso_durations),
    ):
        yield from checks(_or_empty(rule) if or_empty else rule, summary, *paths, applies=applies)


def timeout_limits() -> Iterator[Check]:
    """Return the checks that no default timeout is longer than its maximum."""
    for what in ("exec", "queue"):
        default, longest = f"default_{what}_timeout", f"max_{what}_timeout"
        summary = f"`{default}` is not longer than `{longest}`"
        yield from checks(_not_above(default, longest), summary, "")
