"""Ctrl-C ends a command with 3 and one word, whatever it is doing."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from tests.support.faulty import Reply, answering, json_reply
from tests.support.processes import OSMO, Shell

COMMANDS = [
    ("config", "show", "BACKEND"),
    ("token", "list"),
    ("user", "list"),
    ("version",),
    ("config", "update", "BACKEND", "gpu-a", "-f", "a.json"),
]


@pytest.mark.parametrize("words", COMMANDS)
def test_an_interrupted_command_says_so(words: tuple[str, ...], shell: Shell) -> None:
    asked = threading.Event()
    done = threading.Event()

    def answer(method: str, path: str, body: bytes) -> Reply:
        asked.set()
        done.wait(20)
        return json_reply({})

    shell.file("a.json", "{}")
    with answering(answer) as server:
        env = {**shell.env, "OSMO_URL": server.url, "OSMO_TOKEN": "e30.e30.e30"}
        process = subprocess.Popen(
            [OSMO, *words],
            env=env,
            cwd=shell.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert asked.wait(20)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
            done.set()
    assert (process.returncode, out, err) == (3, "", "interrupted\n")


def test_an_interrupt_during_imports_leaves_no_traceback(shell: Shell) -> None:
    """As soon as the program itself runs; what Python does before is not its own."""
    code = (
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'typer':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "sys.argv = ['osmo', 'token', 'list']\n"
        "from osmo_cli.main import main\n"
        "main()\n"
    )
    shell.file("run.py", code)
    done = shell.run(sys.executable, "run.py")
    assert (done.code, done.out, done.err) == (3, "", "interrupted\n")
