"""`osmo config tag`: tags of a revision."""

from __future__ import annotations

from tests.support.processes import Shell
from tests.support.stories import rows


def test_tags_are_set_and_deleted(author: Shell) -> None:
    out = author.ok("config", "tag", "backend:4", "-s", "stable", "prod", "-d", "second")
    assert out == "Successfully updated tags for backend:4\n"
    assert rows(author.ok("config", "history", "BACKEND", "-r", "4"))[0][6] == "all, prod, stable"
    author.ok("config", "tag", "BACKEND", "--set", "newest")
    assert rows(author.ok("config", "history", "BACKEND", "-r", "5"))[0][6] == "all, newest, third"


def test_tags_that_are_so_already_send_nothing(author: Shell) -> None:
    done = author.osmo("--debug", "config", "tag", "BACKEND:4", "-s", "all", "-d", "never")
    assert (done.code, done.out) == (0, "Successfully updated tags for BACKEND:4\n")
    assert "nothing was sent" in done.err
    assert "POST" not in done.err


def test_tags_of_nothing_are_refused(author: Shell) -> None:
    assert "no tags are named" in author.osmo("config", "tag", "BACKEND:4").err
    author.ok("config", "delete", "BACKEND:4")
    done = author.osmo("config", "tag", "BACKEND:4", "-s", "x")
    assert done.code == 2
    assert "revision 4 of BACKEND not found" in done.err
