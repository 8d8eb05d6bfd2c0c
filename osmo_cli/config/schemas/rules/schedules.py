"""Cron schedules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from osmo_cli.config.registry.definition import Finding, warning

_ENTRY = re.compile(
    r"(\*|\?|(?P<first>\d+)(-(?P<last>\d+))?)(/(?P<step>\d+))?"
    # Not every cron has these: last day, nearest weekday, nth weekday of the month.
    r"|L(-\d+)?W?|\d+[LW]|\d+#\d",
    re.ASCII,
)
_FIELDS = 5


def runs_at_all(value: Any) -> Iterator[Finding]:
    """Check that each field has valid entries, no step of 0, and ranges that go forward."""
    fields = value.split() if isinstance(value, str) else []
    for field in dict.fromkeys(fields if len(fields) == _FIELDS else ()):
        for entry in dict.fromkeys(field.split(",")):
            match = _ENTRY.fullmatch(entry)
            if match is None or (match["step"] and not match["step"].strip("0")):
                yield Finding("invalid schedule: a field has an invalid entry")
                return
            if match["last"] and _number(match["first"]) > _number(match["last"]):
                yield warning("a range goes backwards, which not every cron accepts")


def _number(digits: str) -> int:
    return int(digits[-9:])
