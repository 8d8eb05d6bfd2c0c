"""Durations: one whole number with one unit (OSMO's documentation of POOL and WORKFLOW)."""

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
from osmo_cli.config.checking.rules.rule import Finding, Rule, warning

_PARTS = re.compile(r"((\d{1,9})(d|h|m|s|ms|us))+", re.ASCII)
_LONGEST_SUM = 100
_PART = re.compile(r"(\d+)(d|h|ms|us|m|s)", re.ASCII)


def _length(value: Any) -> timedelta | None:
    return parse_duration(value) if isinstance(value, str) else None


def duration(value: Any) -> Iterator[Finding]:
    """A duration, from 6.3 on: it may have the form of ISO 8601 (api.md 2.1)."""
    if not isinstance(value, str):
        return
    length = _length(value)
    if length is None:
        yield Finding(NOT_A_DURATION, _instead(value))
    elif length == timedelta.max:
        yield Finding("too long for a duration")
    elif not DURATION.fullmatch(value):
        yield warning("not in the documented form, a whole number with a unit", _in_units(length))
    elif not length:
        yield warning("this is no time at all")


def plain_duration(value: Any) -> Iterator[Finding]:
    """A duration up to 6.2: a number with a unit, and nothing else."""
    if isinstance(value, str) and ISO_DURATION.fullmatch(value):
        length = _length(value)
        yield Finding(NOT_A_DURATION, _in_units(length) if length else None)
    else:
        yield from duration(value)


def or_inherited(rule: Rule) -> Rule:
    """A rule: as `rule`, or empty for what WORKFLOW has."""
    return lambda value: rule(value) if value else ()


def _instead(value: str) -> str | None:
    """How to write what was meant: `90m` for `1h30m`."""
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


def not_above(default: str, longest: str) -> Rule:
    """A rule: the field `default` is no longer than the field `longest`."""

    def rule(value: Any) -> Iterator[Finding]:
        if not isinstance(value, dict):
            return
        given, most = _length(value.get(default)), _length(value.get(longest))
        if given is not None and most is not None and given > most:
            hint = "a workflow that says nothing would ask for more than is allowed"
            yield warning(f"is longer than {longest}", hint, at=(default,), beside=((longest,),))

    return rule
