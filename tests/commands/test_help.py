"""Help: of every command and parameter, and of topics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from osmo_cli.commands.root import app, command
from osmo_cli.output.help_topics import topics
from tests.support.processes import Shell

assert app is not None


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group below a group, by its words."""
    for name in group.list_commands(None):
        member = group.get_command(None, name)
        yield (*path, name), member
        if hasattr(member, "list_commands"):
            yield from commands(member, (*path, name))


TREE = list(commands(command()))
LEAVES = [(words, member) for words, member in TREE if not hasattr(member, "list_commands")]


def ids(tree: list[tuple[tuple[str, ...], Any]]) -> list[str]:
    return [" ".join(words) for words, _ in tree]


def examples(member: Any) -> list[str]:
    """The command lines of a command's help."""
    return re.findall(r"^\$ (.+)$", member.help.partition("Examples:\n")[2], re.MULTILINE)


@pytest.mark.parametrize(("words", "member"), TREE, ids=ids(TREE))
def test_help_begins_with_one_imperative_sentence(words: tuple[str, ...], member: Any) -> None:
    first = member.help.splitlines()[0]
    assert re.fullmatch(r"[A-Z][^\n]*\.", first), first
    assert len(first) < 80, first


@pytest.mark.parametrize(("words", "member"), LEAVES, ids=ids(LEAVES))
def test_every_command_has_an_example(words: tuple[str, ...], member: Any) -> None:
    lines = examples(member)
    named = re.compile(rf"\bosmo (?:--\S+ \S+ )?{re.escape(' '.join(words))}\b")
    assert any(named.search(line) for line in lines)
    assert all("osmo " in line for line in lines)


@pytest.mark.parametrize(("words", "member"), [((), command()), *TREE], ids=["", *ids(TREE)])
def test_every_parameter_has_help(words: tuple[str, ...], member: Any) -> None:
    for parameter in member.params:
        assert parameter.help, parameter.name
        assert re.match(r"[A-Z`\-h]", parameter.help), parameter.help
        assert parameter.help.endswith((".", "]")), parameter.help


def test_the_root_lists_commands_in_panels(shell: Shell) -> None:
    shown = shell.ok("--help")
    panels = re.findall(r"^╭─ ([A-Z][a-z ]+) ─", shown, re.MULTILINE)
    named = ["Configuration", "Backends", "Access", "Session", "Embedded service"]
    assert panels == ["Options", *named]


def test_topics_are_listed_and_printed(shell: Shell) -> None:
    listed = shell.ok("help")
    for name, title in topics().items():
        assert re.search(rf"^{name} +{title}$", listed, re.MULTILINE)
        text = shell.ok("help", name)
        assert text.startswith(title.upper() + "\n")
        assert "`" not in text
        # What a pipe is said of, and a pattern of words, are not a table.
        assert "|" not in text.replace("asc|desc", "").replace("osmo ... | head", "")


def test_help_of_a_command_is_its_help_option(shell: Shell) -> None:
    assert shell.ok("help", "token", "set") == shell.ok("token", "set", "--help")
    assert shell.ok("help", "config") == shell.ok("config", "--help")


@pytest.mark.parametrize("words", [("nope",), ("config", "nope"), ("token", "set", "x")])
def test_an_unknown_topic_is_an_error(words: tuple[str, ...], shell: Shell) -> None:
    done = shell.osmo("help", *words)
    assert (done.code, done.out) == (2, "")
    assert f'topic or command "{" ".join(words)}" not found' in done.err
    assert "environment" in done.err
