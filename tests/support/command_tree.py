"""The commands of the program, for tables that must have a row for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osmo_cli.commands.root import command


def commands(group: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that is not hidden: its words, and the command itself."""
    group = command() if group is None else group
    if not hasattr(group, "list_commands"):
        yield " ".join(words), group
        return
    for name in group.list_commands(None):
        member = group.get_command(None, name)
        if not getattr(member, "hidden", False):
            yield from commands(member, (*words, name))
