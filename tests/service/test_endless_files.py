"""Files that never end, wherever a file is named: one error that names it, in time.

An option that takes a file is a row of `READS` or a member of `WRITES`; a new one fails here.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.local.admin import add_backend
from tests.support.command_tree import commands
from tests.support.databases import new_database
from tests.support.processes import OSMO, Result, Shell

SECONDS = 1
ENOUGH_SECONDS = 20
NEWEST = next(reversed(DIALECTS))
ADDRESS = "https://127.0.0.1:1"

READS: dict[tuple[str, str], str] = {
    ("config update", "--file"): "BACKEND gpu-a --file FILE",
    ("config update", "--check-nodes"): "BACKEND gpu-a --file update.json --check-nodes FILE",
    ("config validate", "paths"): "--type BACKEND --name gpu-a FILE",
    ("config plan", "directory"): "configs",
    ("config plan", "--helm"): "--helm FILE",
    ("config apply", "directory"): "configs --yes",
    ("config drift", "directory"): "configs",
    ("config drift", "--helm"): "--helm FILE",
    ("config export", "--helm"): "--helm FILE",
    ("config export", "--from"): "--helm - --from configs",
    ("backend register", "--config"): "gpu-c --out out --image-tag 6.2.10 --config FILE",
    ("backend nodes", "--file"): "gpu-a --nodes nodes.json --file FILE",
    ("backend nodes", "--nodes"): "gpu-a --nodes FILE",
    ("token rotate", "--previous"): "agent --secret osmo/osmo-operator-token --previous FILE",
    ("login", "--password-file"): f"{ADDRESS} --username ada --password-file FILE",
    ("login", "--token-file"): f"{ADDRESS} --token-file FILE",
    ("login", "--ca-file"): f"{ADDRESS} --ca-file FILE",
    ("local serve", "--configmap"): "--configmap FILE --db other.db",
    ("local add-backend", "--manifest"): "gpu-a --manifest FILE",
}
"""Arguments by command and parameter; FILE is the file that never ends."""
WRITES = {
    ("config schema", "--output-dir"),
    ("config plan", "--out"),
    ("config export", "directory"),
    ("backend register", "--out"),
    ("token set", "--output-file"),
    ("token rotate", "--output-file"),
    ("local serve", "--admin-token-file"),
}
"""Parameters that name what is written."""
KINDS = ("FILE", "DIR", "[DIR]", "[DIR|PLAN]", "PATH...")
ASK = "config show BACKEND"
ELSEWHERE = {"OSMO_URL": ADDRESS, "OSMO_TOKEN": "e30.e30.e30"}
VARIABLES: dict[str, tuple[dict[str, str], str]] = {
    "OSMO_TOKEN_FILE": ({"OSMO_URL": ADDRESS, "OSMO_TOKEN_FILE": "FILE"}, ASK),
    "OSMO_CA_FILE": (ELSEWHERE | {"OSMO_CA_FILE": "FILE"}, ASK),
    "SSL_CERT_FILE": (ELSEWHERE | {"SSL_CERT_FILE": "FILE"}, ASK),
    "OSMO_LOCAL_CONFIGMAP": ({"OSMO_LOCAL_DB": "new.db", "OSMO_LOCAL_CONFIGMAP": "FILE"}, ASK),
}
"""Environment and command."""


def test_every_parameter_that_takes_a_file_is_here() -> None:
    taken = {
        (words, parameter.opts[0])
        for words, command in commands()
        for parameter in command.params
        if parameter.metavar in KINDS and parameter.opts[0] != "--db"
    }
    assert taken == {*READS, *WRITES}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    db = tmp_path_factory.mktemp("endless") / "service.db"
    new_database(db, NEWEST)
    add_backend(db, "gpu-a")
    return db


@pytest.fixture
def endless(shell: Shell, database: Path) -> Iterator[Path]:
    """A pipe whose writer writes a little and never ends."""
    copy = shell.home / "service.db"
    copy.write_bytes(database.read_bytes())
    shell.env |= {"OSMO_URL": "local", "OSMO_LOCAL_DB": str(copy)}
    shell.file("update.json", '{"description": "new"}')
    shell.file("nodes.json", '{"items": []}')
    (shell.home / "configs" / "backend").mkdir(parents=True)
    pipe = shell.home / "endless.yaml"
    os.mkfifo(pipe)
    os.link(pipe, shell.home / "configs" / "backend" / "gpu-a.yaml")
    writer = os.open(pipe, os.O_RDWR)  # of a pipe: does not wait for a reader
    os.write(writer, b"description: a\n")
    yield pipe
    os.close(writer)


def ask(shell: Shell, words: str, **env: str) -> Result:
    """Run a command with the short limit; a name is looked up in the directory of the shell."""
    name = str(shell.home / "endless.yaml")
    arguments = words.replace("FILE", name).split()
    variables = {key: value.replace("FILE", name) for key, value in env.items()}
    started = time.monotonic()
    done = shell.osmo("--timeout", str(SECONDS), *arguments, env=variables)
    assert time.monotonic() - started < ENOUGH_SECONDS
    return done


@pytest.mark.sample(2)
@pytest.mark.parametrize("row", READS, ids=" ".join)
def test_a_pipe_that_never_ends(row: tuple[str, str], shell: Shell, endless: Path) -> None:
    done = ask(shell, f"{row[0]} {READS[row]}")
    check(done, "--ca-file is" if row[1] == "--ca-file" else "")


@pytest.mark.sample(2)
@pytest.mark.parametrize("variable", VARIABLES)
def test_a_variable_that_names_one(variable: str, shell: Shell, endless: Path) -> None:
    env, words = VARIABLES[variable]
    done = ask(shell, words, **env)
    check(done, f"{variable} is" if "C" in variable.split("_")[1][:1] else "")
    assert variable in done.err or variable == "OSMO_LOCAL_CONFIGMAP"


def check(done: Result, message: str) -> None:
    assert done.code == 2, done
    text = done.out + done.err
    assert message in text
    assert "endless.yaml" in text or "gpu-a.yaml" in text
    reasons = (
        "it does not end within 1 seconds",
        "not a readable file of PEM certificates",
        "not a regular file",  # in a directory
    )
    assert any(reason in text for reason in reasons), text


@pytest.mark.parametrize("name", ["profiles.json", "login.yaml"])
def test_a_login_in_one(name: str, shell: Shell, endless: Path) -> None:
    folder = shell.home / ".config" / "osmo"
    folder.mkdir(parents=True, mode=0o700)
    os.link(endless, folder / name)
    del shell.env["OSMO_URL"]
    done = ask(shell, ASK)
    assert done.code in (2, 10)
    assert f"cannot read {folder / name}: it does not end within" in done.err


def test_a_reference_to_one(shell: Shell, endless: Path) -> None:
    shell.file("pool.json", '{"description": "${file:endless.yaml}"}')
    done = ask(shell, "config update BACKEND gpu-a --references --file pool.json")
    assert (done.code, "does not end within" in done.err) == (2, True), done


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    "words", ["config update BACKEND gpu-a -f -", "backend nodes gpu-a --nodes -"]
)
def test_standard_input_that_never_ends(words: str, shell: Shell, endless: Path) -> None:
    command = [OSMO, "--timeout", str(SECONDS), *words.split()]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=shell.env, cwd=shell.home
    ) as process:
        assert process.stderr is not None
        err = process.stderr.read().decode()  # its end is the command's
        assert process.wait(ENOUGH_SECONDS) == 2
    assert "cannot read standard input: it does not end within 1 seconds" in err


def test_a_pipe_that_ends_is_read(shell: Shell, endless: Path) -> None:
    pipe = shell.home / "pipe.json"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("w") as stream:
            for piece in ('{"descrip', 'tion": ', '"in pieces"}'):
                stream.write(piece)
                stream.flush()
                time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    shell.ok("config", "update", "BACKEND", "gpu-a", "--file", str(pipe))
    writer.join()
    assert "in pieces" in shell.ok("config", "show", "BACKEND", "gpu-a")


def test_a_process_substitution_may_be_read_twice(shell: Shell, endless: Path) -> None:
    """First for the kind of file, then for its content."""
    values = "services: {configs: {workflow: {max_num_tasks: 0}}}"
    line = f"{OSMO} --timeout 5 config validate <(echo '{values}')"
    done = shell.run("bash", "-c", line)
    assert done.code == 0
    assert "max_num_tasks" in done.out  # not "does not end"
