"""Schedules of cron: what has the right characters and cannot be run (api.md 3.9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from osmo_cli.config.checking.rules.rule import Finding, warning

_ENTRY = re.compile(
    r"(\*|\?|(?P<first>\d+)(-(?P<last>\d+))?)(/(?P<step>\d+))?"
    # Forms that not every cron knows: the last day, a working day, a week's day.
    r"|L(-\d+)?W?|\d+[LW]|\d+#\d",
    re.ASCII,
)
_FIELDS = 5


def runs_at_all(value: Any) -> Iterator[Finding]:
    """A schedule whose fields have entries, steps that are not 0, and ranges that go forward."""
    fields = value.split() if isinstance(value, str) else []
    for field in dict.fromkeys(fields if len(fields) == _FIELDS else ()):
        for entry in dict.fromkeys(field.split(",")):
            match = _ENTRY.fullmatch(entry)
            if match is None or (match["step"] and not match["step"].strip("0")):
                yield Finding("not a schedule: a field has an entry that means nothing")
                return
            if match["last"] and _number(match["first"]) > _number(match["last"]):
                yield warning("a range in it goes backwards, which not every cron takes")


def _number(digits: str) -> int:
    return int(digits[-9:])
