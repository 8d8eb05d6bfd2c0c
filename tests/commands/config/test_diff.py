"""`osmo config diff`: two revisions of a type."""

from __future__ import annotations

import pytest

from tests.support.processes import Service, Shell, on_terminal


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
