"""`osmo config list`: each type with its newest revision."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from tests.support.processes import Service, Shell
from tests.support.stories import listening, rows


def test_list_shows_each_type_with_its_newest_revision(stories: tuple[Service, Shell]) -> None:
    shell = stories[1]
    listed = rows(shell.ok("config", "list"))
    assert [row[:3] for row in listed if row[0] == "BACKEND"] == [["BACKEND", "5", "admin"]]
    assert [row[0] for row in listed] == sorted(row[0] for row in listed)
    data = json.loads(shell.ok("config", "list", "-t", "json"))["configs"]
    assert {entry["config_type"] for entry in data} == {row[0] for row in listed}


def test_the_newest_revision_is_listed_whatever_the_clock_of_this_machine_says(
    author: Shell,
) -> None:
    # The official CLI asks for its own present moment, and misses what is newer than that.
    with listening(author) as asked:
        author.ok("config", "list")
    moment = dict(parse_qsl(asked[-1]))["at_timestamp"]
    assert moment > (datetime.now(UTC) + timedelta(days=365)).isoformat()
