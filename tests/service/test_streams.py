"""Every command with a standard stream that is closed or full.

A command is a row of `COMMANDS`; a new one without a row fails here. These are processes, so only
some pairs run by default, others on other days; `make faults` (or OSMO_FAULTS=all) runs all, and
OSMO_FAULTS_COMMANDS="config show,token list" those of these commands.
"""

from __future__ import annotations

import os
import random
import shlex
import time
from pathlib import Path

import pytest

from tests.support import sampling
from tests.support.command_tree import commands
from tests.support.every_command import COMMANDS, OTHER_FORMS, make_database, new_shell
from tests.support.processes import OSMO

ALL = os.environ.get("OSMO_FAULTS") == "all"
SAMPLE = sampling.examples(8)

NO_STDOUT = {">&-": "it is closed", ">/dev/full": "No space left on device"}
STREAMS = ["<&-", *NO_STDOUT, "2>&-", "2>/dev/full"]


def test_every_command_has_a_row() -> None:
    assert {words for words, _ in commands()} == set(COMMANDS)


def cases() -> list[tuple[str, str, str]]:
    forms = [*COMMANDS.items(), *OTHER_FORMS]
    every = [(words, arguments, stream) for words, arguments in forms for stream in STREAMS]
    if only := os.environ.get("OSMO_FAULTS_COMMANDS"):
        return [case for case in every if case[0] in only.split(",")]
    day = time.time_ns() // 10**9 // 86400
    return every if ALL else random.Random(day).sample(every, SAMPLE)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_database(tmp_path_factory.mktemp("streams"))


def run(words: str, stream: str, folder: Path, database: Path) -> tuple[int, str, str]:
    """Exit code and output of a command with a broken stream, in a home of its own."""
    shell = new_shell(folder, database)
    line = f"{shlex.quote(OSMO)} {words} {stream}"
    done = shell.run("bash", "-c", line)
    return done.code, done.out, done.err


@pytest.mark.parametrize(("words", "arguments", "stream"), cases(), ids=str)
def test_a_broken_stream_is_ordinary(
    words: str, arguments: str, stream: str, tmp_path: Path, database: Path
) -> None:
    line = f"{words} {arguments}"
    code, out, err = run(line, stream, tmp_path / "broken", database)
    usual_code, usual_out, usual_err = run(line, "", tmp_path / "usual", database)
    assert "internal error" not in err
    assert "Traceback" not in err
    if stream in NO_STDOUT and usual_out:
        assert code == 10
        if words != "config validate":  # its problems are a result
            start = '"message": "' if "-t json" in arguments else "error: "
            assert f"{start}cannot write standard output: {NO_STDOUT[stream]}" in err
        return
    assert code == usual_code
    if not stream.startswith("2"):
        assert len(err.splitlines()) == len(usual_err.splitlines())
    assert len(out.splitlines()) == len(usual_out.splitlines())
