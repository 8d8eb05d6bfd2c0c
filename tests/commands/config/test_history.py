"""The history and what is done with it: list, history, tag, diff, rollback."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest

from tests.support.faulty import Reply, answering, json_reply
from tests.support.processes import OSMO, Service, Shell, on_terminal, serving

NAMES = ("first", "second", "third")


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Shell]]:
    """A service with three changes of gpu-a (revisions 3, 4 and 5), and an administrator.

    For tests that only read.
    """
    folder = tmp_path_factory.mktemp("stories")
    with serving(folder / "service") as service:
        yield service, prepared(service, folder / "user")


@pytest.fixture
def admin(tmp_path: Path) -> Iterator[Shell]:
    """An administrator of a service of its own, with the same changes."""
    with serving(tmp_path / "service") as service:
        yield prepared(service, tmp_path / "user")


def prepared(service: Service, home: Path) -> Shell:
    shell = Shell.at(home, SERVICE=service.url, DB=str(service.db))
    shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
    shell.ok("login", service.url, "--method", "dev", "--username", "admin")
    for name in NAMES:
        shell.file("new.json", json.dumps({"description": name}))
        words = ("config", "update", "BACKEND", "gpu-a", "-f", "new.json", "-d", f"{name} change")
        shell.ok(*words, "--tags", name, "all")
    return shell


def rows(text: str) -> list[list[str]]:
    return [re.split(r" {3,}", line) for line in text.splitlines()[2:]]


def described(text: str) -> list[str]:
    return [row[5] for row in rows(text)]


@contextmanager
def between(
    shell: Shell, meddle: Callable[[httpx.Client, str, str, Reply], Reply]
) -> Iterator[None]:
    """Log the shell in to what passes on to its service; `meddle` sees each answer."""
    headers = {"x-osmo-user": "admin", "content-type": "application/json"}

    def answer(method: str, path: str, body: bytes) -> Reply:
        got = service.request(method, path, content=body)
        return meddle(service, method, path, Reply(got.status_code, got.content))

    with (
        httpx.Client(base_url=shell.env["SERVICE"], headers=headers) as service,
        answering(answer) as server,
    ):
        shell.ok("login", server.url, "--method", "dev", "--username", "admin")
        yield


@contextmanager
def listening(shell: Shell) -> Iterator[list[str]]:
    """The queries that the shell's commands send."""
    queries: list[str] = []

    def listen(_: httpx.Client, _method: str, path: str, reply: Reply) -> Reply:
        queries.append(path.partition("?")[2])
        return reply

    with between(shell, listen):
        yield queries


def test_list_shows_each_type_with_its_newest_revision(stories: tuple[Service, Shell]) -> None:
    shell = stories[1]
    listed = rows(shell.ok("config", "list"))
    assert [row[:3] for row in listed if row[0] == "BACKEND"] == [["BACKEND", "5", "admin"]]
    assert [row[0] for row in listed] == sorted(row[0] for row in listed)
    data = json.loads(shell.ok("config", "list", "-t", "json"))["configs"]
    assert {entry["config_type"] for entry in data} == {row[0] for row in listed}


def test_the_newest_revision_is_listed_whatever_the_clock_of_this_machine_says(
    admin: Shell,
) -> None:
    # The official CLI asks for its own present moment, and misses what is newer than that.
    with listening(admin) as asked:
        admin.ok("config", "list")
    moment = dict(parse_qsl(asked[-1]))["at_timestamp"]
    assert moment > (datetime.now(UTC) + timedelta(days=365)).isoformat()


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


def test_times_given_are_in_the_users_zone_and_are_sent_as_utc(admin: Shell) -> None:
    words = ("--created-after", "2026-01-02", "--created-before", "2026-01-03T10:00:00")
    with listening(admin) as asked:
        admin.osmo("config", "history", *words, env={"TZ": "Asia/Tokyo"})
        admin.osmo("config", "history", "--at-timestamp", "2026-01-02T10:00:00+02:00")
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


def test_tags_are_set_and_deleted(admin: Shell) -> None:
    out = admin.ok("config", "tag", "backend:4", "-s", "stable", "prod", "-d", "second")
    assert out == "Successfully updated tags for backend:4\n"
    assert rows(admin.ok("config", "history", "BACKEND", "-r", "4"))[0][6] == "all, prod, stable"
    admin.ok("config", "tag", "BACKEND", "--set", "newest")
    assert rows(admin.ok("config", "history", "BACKEND", "-r", "5"))[0][6] == "all, newest, third"


def test_tags_that_are_so_already_send_nothing(admin: Shell) -> None:
    done = admin.osmo("--debug", "config", "tag", "BACKEND:4", "-s", "all", "-d", "never")
    assert (done.code, done.out) == (0, "Successfully updated tags for BACKEND:4\n")
    assert "nothing was sent" in done.err
    assert "POST" not in done.err


def test_tags_of_nothing_are_refused(admin: Shell) -> None:
    assert "no tags are named" in admin.osmo("config", "tag", "BACKEND:4").err
    admin.ok("config", "delete", "BACKEND:4")
    done = admin.osmo("config", "tag", "BACKEND:4", "-s", "x")
    assert done.code == 2
    assert "revision 4 of BACKEND not found" in done.err


def test_diff_is_a_unified_diff_and_leaves_no_file(stories: tuple[Service, Shell]) -> None:
    shell = stories[1]
    done = shell.osmo("config", "diff", "BACKEND:3", "BACKEND:4", env={"TMPDIR": str(shell.home)})
    lines = done.out.splitlines()
    assert lines[:2] == ["--- BACKEND:3", "+++ BACKEND:4"]
    assert '-    "description": "first",' in lines
    assert '+    "description": "second",' in lines
    assert "\x1b" not in done.out
    assert done.code == 0
    assert shell.ok("config", "diff", "BACKEND:4", "BACKEND") == shell.ok(
        "config", "diff", "BACKEND:4"
    )


def test_diff_of_the_same_says_so(stories: tuple[Service, Shell]) -> None:
    shell = stories[1]
    same = "No differences were found between the two revisions\n"
    assert shell.ok("config", "diff", "BACKEND") == same
    assert shell.ok("config", "diff", "BACKEND:3", "BACKEND:3", "--exit-code") == same
    assert shell.osmo("config", "diff", "BACKEND:3", "--exit-code").code == 5


def test_diff_on_a_terminal_is_coloured(stories: tuple[Service, Shell]) -> None:
    shell = stories[1]
    words = ("config", "diff", "BACKEND:3", "BACKEND:4")
    assert '\x1b[32m+    "description": "second",\x1b[0m' in on_terminal(shell, *words).out
    assert "\x1b[3" not in on_terminal(shell, *words, env={"NO_COLOR": "1"}).out


@pytest.mark.parametrize(
    "words", [("BACKEND:3", "WORKFLOW:1"), ("BACKEND:3", "BACKEND:99"), ("NOPE",), ("BACKEND:0",)]
)
def test_diff_of_what_cannot_be_compared_is_refused(
    stories: tuple[Service, Shell], words: tuple[str, ...]
) -> None:
    done = stories[1].osmo("config", "diff", *words)
    assert (done.code, done.out) == (2, "")


def test_a_rollback_brings_the_old_state_back(admin: Shell) -> None:
    words = ("config", "rollback", "backend:3", "--description", "too hot", "--tags", "oops")
    done = admin.osmo(*words)
    assert (done.code, done.out) == (0, "Successfully rolled back BACKEND to revision 3.\n")
    assert "stored as revision 6" in done.err
    assert json.loads(admin.ok("config", "show", "BACKEND", "gpu-a", "description")) == "first"
    newest = rows(admin.ok("config", "history", "BACKEND", "-c", "1"))[0]
    assert newest[5:] == ["Roll back BACKEND to r3: too hot", "oops"]


def test_a_rollback_says_which_backends_it_deletes(admin: Shell) -> None:
    done = admin.osmo("config", "rollback", "BACKEND:1")
    assert done.code == 0
    assert "gpu-a" in done.err
    assert "comes back only when its operator connects again" in done.err


def test_a_rollback_that_would_end_half_way_is_refused(admin: Shell) -> None:
    admin.ok("local", "add-backend", "gpu-b", "--db", admin.env["DB"])
    admin.ok("config", "delete", "BACKEND", "gpu-b")
    done = admin.osmo("config", "rollback", "BACKEND:6")
    assert (done.code, done.out) == (6, "")
    assert "gpu-b" in done.err
    assert "--force" in done.err
    forced = admin.osmo("config", "rollback", "BACKEND:6", "--force")
    assert (forced.code, forced.out) == (10, "")
    assert "half-way" in forced.err


def test_at_a_terminal_such_a_rollback_is_asked_for(admin: Shell) -> None:
    admin.ok("local", "add-backend", "gpu-b", "--db", admin.env["DB"])
    admin.ok("config", "delete", "BACKEND", "gpu-b")
    leader, follower = pty.openpty()
    os.write(leader, b"n\n")
    done = subprocess.run(
        [OSMO, "config", "rollback", "BACKEND:6"],
        env=admin.env,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        timeout=60,
    )
    seen = os.read(leader, 65536).decode()
    os.close(leader)
    os.close(follower)
    assert done.returncode == 3
    assert "Go on? [y/N]" in seen


@pytest.mark.parametrize("what", ["BACKEND", "BACKEND:99", "NOPE:1", "BACKEND:x"])
def test_a_rollback_to_nothing_is_refused(stories: tuple[Service, Shell], what: str) -> None:
    done = stories[1].osmo("config", "rollback", what)
    assert (done.code, done.out) == (2, "")


def test_a_rollback_that_the_service_does_not_do_is_no_success(admin: Shell) -> None:
    def store_something_else(service: httpx.Client, method: str, path: str, reply: Reply) -> Reply:
        if method == "POST":
            # A fifth revision later, under the name of a rollback, with another content.
            body = {"configs": {"description": "else"}, "description": "Roll back BACKEND to r3"}
            service.post("/api/configs/backend/gpu-a", json=body).raise_for_status()
        return reply

    with between(admin, store_something_else):
        done = admin.osmo("config", "rollback", "BACKEND:3")
    assert (done.code, done.out) == (10, "")
    assert "gpu-a" in done.err
    assert "config diff BACKEND:3 BACKEND" in done.err


def test_a_rollback_with_a_lost_answer_is_looked_up(admin: Shell) -> None:
    def fail(_: httpx.Client, method: str, path: str, reply: Reply) -> Reply:
        broken = json_reply({"message": "Internal server error: gone"}, 500)
        return broken if method == "POST" else reply

    with between(admin, fail):
        done = admin.osmo("config", "rollback", "BACKEND:3")
    assert done.code == 0
    assert "but BACKEND is rolled back" in done.err


def test_what_is_not_there_can_be_no_error(stories: tuple[Service, Shell]) -> None:
    shell = stories[1]
    assert shell.osmo("config", "delete", "BACKEND:99").code == 2
    for words in (("BACKEND", "gpu-z"), ("BACKEND:99",)):
        done = shell.osmo("config", "delete", *words, "--ignore-missing")
        assert (done.code, done.out) == (0, "")
        assert "not found; nothing was deleted" in done.err


def test_version_names_both_sides(stories: tuple[Service, Shell]) -> None:
    shell = stories[1]
    done = shell.osmo("version")
    assert re.fullmatch(r"OSMO client version:  [\d.]+\nOSMO service version: 6.0.0\n", done.out)
    assert "6.0" in done.err
    version_info = json.loads(shell.ok("version", "-t", "json"))
    assert (version_info["service"], version_info["dialect"]) == ("6.0.0", "6.0")


def test_version_without_a_login_is_the_programs_own(shell: Shell) -> None:
    done = shell.osmo("version")
    assert done.code == 0
    assert "service" not in done.out
    assert "not logged in" in done.err


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
