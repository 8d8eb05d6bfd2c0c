"""`osmo config history`: filters, times, and types that the service does not know."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest

from tests.support.processes import Service, Shell
from tests.support.stories import described, listening, rows


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ["Create backend gpu-a", "first change", "second change", "third change"]),
        (("-c", "2"), ["second change", "third change"]),
        (("-c", "2", "-o", "1"), ["first change", "second change"]),
        (("--order", "desc", "--count", "2"), ["third change", "second change"]),
        (("-r", "4"), ["second change"]),
        (("--name", "gpu-a", "--tags", "second", "all"), ["second change"]),
        (("--tags", "first", "second"), []),
        (("-n", "nobody"), []),
        (("--created-before", "2020-01-01"), []),
        (("--at-timestamp", "2099-01-01"), ["third change"]),
    ],
    ids=" ".join,
)
def test_history_filters(
    stories: tuple[Service, Shell], words: tuple[str, ...], expected: list[str]
) -> None:
    shown = described(stories[1].ok("config", "history", "backend", *words))
    assert shown[-len(expected) :] == expected if expected else not shown


def test_an_empty_cell_is_a_dash_and_an_empty_history_is_empty_json(
    stories: tuple[Service, Shell],
) -> None:
    shell = stories[1]
    first = rows(shell.ok("config", "history", "BACKEND", "-r", "2"))[0]
    assert (first[1], first[6]) == ("gpu-a", "-")
    assert rows(shell.ok("config", "history", "BACKEND", "-r", "1"))[0][1] == "-"
    shown = shell.ok("config", "history", "BACKEND", "-n", "nobody", "-t", "json")
    assert json.loads(shown) == {"configs": []}


def test_times_are_shown_in_the_users_zone(stories: tuple[Service, Shell]) -> None:
    shell = stories[1]
    tokyo = {"TZ": "Asia/Tokyo"}
    entry = json.loads(shell.ok("config", "history", "BACKEND", "-r", "5", "-t", "json"))
    created = entry["configs"][0]["created_at"]
    shown = rows(shell.osmo("config", "history", "BACKEND", "-r", "5", env=tokyo).out)[0][4]
    assert shown.endswith(" JST")
    hour = (int(created[11:13]) + 9) % 24
    assert f" {hour:02}:{created[14:16]} " in shown


def test_times_given_are_in_the_users_zone_and_are_sent_as_utc(author: Shell) -> None:
    words = ("--created-after", "2026-01-02", "--created-before", "2026-01-03T10:00:00")
    with listening(author) as asked:
        author.osmo("config", "history", *words, env={"TZ": "Asia/Tokyo"})
        author.osmo("config", "history", "--at-timestamp", "2026-01-02T10:00:00+02:00")
    between, at = (dict(parse_qsl(query)) for query in asked[-2:])
    assert between["created_after"] == "2026-01-01T15:00:00"
    assert between["created_before"] == "2026-01-03T01:00:00"
    assert at["at_timestamp"] == "2026-01-02T08:00:00"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--created-after", "yesterday"), 'invalid time "yesterday"'),
        (("--created-after", "0001-01-01"), ""),
        (
            ("--at-timestamp", "2026-01-01", "--created-after", "2026-01-01"),
            "cannot be used together",
        ),
        (("-c", "0"), "--count"),
        (("-c", "1001"), "--count"),
        (("-o", "-1"), "--offset"),
        (("--order", "up"), "--order"),
        (("NOPE",), "NOPE"),
    ],
    ids=" ".join,
)
def test_a_wrong_filter_is_refused(
    stories: tuple[Service, Shell], words: tuple[str, ...], message: str
) -> None:
    done = stories[1].osmo("config", "history", *words, env={"TZ": "Asia/Tokyo"})
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err


def test_long_flags_may_be_cut_short_as_argparse_has_it(stories: tuple[Service, Shell]) -> None:
    shell = stories[1]
    shown = shell.ok("config", "history", "--cou", "1", "BACKEND", "--format=json")
    assert json.loads(shown)["configs"][0]["revision"] == 5
    done = shell.osmo("config", "history", "--created", "2026-01-01")
    assert done.code == 2
    assert "--created-after or --created-before" in done.err
    # --dry-run is this program's own: for a script of the official CLI there is one flag with d.
    shell.file("same.json", '{"description": "third"}')
    shell.ok("config", "update", "BACKEND", "gpu-a", "--fi", "same.json", "--d", "--dry-run")


def test_a_type_that_the_service_does_not_know_is_told_everywhere(
    stories: tuple[Service, Shell],
) -> None:
    for words in (
        ("history", "GROUP_TEMPLATE"),
        ("diff", "GROUP_TEMPLATE:1"),
        ("rollback", "GROUP_TEMPLATE:1"),
    ):
        done = stories[1].osmo("config", *words)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(
            "error: this service has no GROUP_TEMPLATE (config type not found)\n"
        )
