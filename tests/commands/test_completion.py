"""Completion as a user has it: the TAB key in real shells."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer._click.core import Context

from osmo_cli.commands.root import command
from osmo_cli.config.registry.types import CONFIG_TYPES
from tests.support.processes import Shell

# Each without anybody's start-up files.
SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
SET_UP = {
    "bash": "source <(osmo --show-completion)",
    "zsh": "autoload -U compinit; compinit -u -D; source <(osmo --show-completion)",
    "fish": "osmo --show-completion | source",
}
SECONDS = 30.0
# Commands, options, config types and versions: what is typed, and what it becomes.
COMPLETED = {
    "osmo conf": "osmo config ",
    "osmo config sh": "osmo config show ",
    "osmo config show --verb": "osmo config show --verbose ",
    "osmo config show DATA": "osmo config show DATASET ",
    "osmo config update RESO": "osmo config update RESOURCE_VALIDATION ",
    "osmo local serve --dialect s": "osmo local serve --dialect seed ",
}


class Terminal:
    """A shell on a terminal."""

    def __init__(self, leader: int) -> None:
        self.leader = leader
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.leader, text.encode())

    def wait_for(self, pattern: str) -> None:
        """Wait until the screen shows `pattern` in what came since the last wait."""
        deadline = time.monotonic() + SECONDS
        start = len(self.seen)
        while not re.search(pattern, self.seen[start:]):
            left = deadline - time.monotonic()
            assert left > 0, f"no {pattern!r} within {SECONDS} s in {self.seen!r}"
            if select.select([self.leader], [], [], left)[0]:
                self.seen += os.read(self.leader, 65536).decode()


@contextmanager
def shell_on_terminal(name: str, user: Shell) -> Iterator[Terminal]:
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        SHELLS[name],
        env={**user.env, "TERM": "dumb", "PS1": "$ "},
        cwd=user.home,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        # fish wants to be in the foreground of its terminal.
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(follower)
    try:
        yield Terminal(leader)
    finally:
        process.kill()
        process.wait()
        os.close(leader)


@pytest.mark.sample(1)
@pytest.mark.parametrize("name", SHELLS)
def test_tab_completes(name: str, tmp_path: Path) -> None:
    with shell_on_terminal(name, Shell.at(tmp_path / "home")) as terminal:
        # In pieces, so that the echo of the line is not taken for its output.
        terminal.type(f"{SET_UP[name]}; echo rea''dy\n")
        terminal.wait_for("ready")
        for typed, completed in COMPLETED.items():
            terminal.type(typed + "\t")
            terminal.wait_for(re.escape(completed))
            terminal.type("\x15")


def parameters(group: Any, above: Context | None = None) -> Iterator[tuple[Context, Any]]:
    """Every parameter of every command, with its command's context."""
    context = Context(group, info_name=group.name, parent=above)
    yield from ((context, parameter) for parameter in group.params)
    for name in group.list_commands(context) if hasattr(group, "list_commands") else ():
        yield from parameters(group.get_command(context, name), context)


def test_each_argument_that_takes_a_config_type_completes_it() -> None:
    completing = [
        (context.command_path, [item.value for item in parameter.shell_complete(context, "")])
        for context, parameter in parameters(command())
        if re.match(r"\[?TYPE\b", parameter.metavar or "")
    ]
    assert len(completing) >= 10
    assert [path for path, values in completing if values != list(CONFIG_TYPES)] == []
