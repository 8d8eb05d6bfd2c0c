"""A new token is never lost: whatever happens to the place that it goes to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.access_tokens import ACCESS_TOKEN
from tests.support.databases import new_database
from tests.support.fronted import Forward, Fronted, fronted
from tests.support.loopback import Request
from tests.support.processes import OSMO, Result, Shell
from tests.support.versions import WITH_USERS

OLDEST, NEWEST = next(iter(DIALECTS)), next(reversed(DIALECTS))
SET = (OSMO, "token", "set", "ci")


@dataclass
class Setting:
    """A user of a service, whose front may do something when the token has been created."""

    shell: Shell
    service: Fronted

    def when_created(self, action: Callable[[], object]) -> None:
        def front(request: Request, forward: Forward) -> bytes:
            answer = forward()
            if request.method == "POST" and "access_token" in request.target:
                action()
            return answer

        self.service.front = front

    def run(self, command: str) -> Result:
        """Run a line of shell with osmo as `$osmo`."""
        return self.shell.run("bash", "-c", command.replace("$osmo", OSMO))

    @property
    def tokens(self) -> list[str]:
        return [row.split()[0] for row in self.shell.ok("token", "list").splitlines()[2:]]


@pytest.fixture(params=[OLDEST, NEWEST])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    db = tmp_path / "service.db"
    new_database(db, request.param)
    shell = Shell.at(tmp_path / "home")
    with fronted(db) as service:
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        if request.param in WITH_USERS:
            # A token has roles of its user.
            shell.ok("user", "create", "admin", "--roles", "osmo-admin")
        yield Setting(shell, service)


@pytest.mark.parametrize(
    ("redirection", "code"), [(">/dev/full", 10), (">&-", 10), ("| (exec 0<&-; sleep 0.5)", 141)]
)
def test_nothing_is_sent_where_stdout_cannot_be_written(
    setting: Setting, redirection: str, code: int
) -> None:
    result = setting.run(f"set -o pipefail; (sleep 0.2; exec $osmo token set ci) {redirection}")
    assert result.code == code
    if code == 10:
        assert result.err.startswith("error: cannot write standard output: ")
    assert not ACCESS_TOKEN.search(result.err)
    assert setting.tokens == []


def test_a_lost_stderr_does_not_keep_a_rotated_token(setting: Setting) -> None:
    setting.shell.ok("token", "set", "ci")
    for redirection in ("2>&-", "2>/dev/full"):
        result = setting.run(f"$osmo token set ci --if-exists rotate {redirection}")
        assert result.code == 0
        assert ACCESS_TOKEN.search(result.out)


def test_stdout_that_closes_meanwhile_gives_way_to_stderr(setting: Setting) -> None:
    result = without_reader(setting)
    assert result.code == 141
    token = ACCESS_TOKEN.search(result.err)
    assert token is not None
    assert setting.tokens == ["ci"]
    assert "error: the reader of stdout went away\n" in result.err
    assert "token ci exists, and was printed to stderr; do not run the command again" in result.err


def test_a_token_that_nobody_can_get_is_deleted_again(setting: Setting) -> None:
    result = without_reader(setting, "2>&1")
    assert result.code == 10
    assert setting.tokens == []


def without_reader(setting: Setting, redirection: str = "") -> Result:
    """The result of creating a token whose output nobody reads from its creation on."""
    reader, writer = os.pipe()
    closed = False

    def close() -> None:
        nonlocal closed
        if not closed:
            os.close(reader)
            closed = True

    setting.when_created(close)
    process = subprocess.Popen(
        ["bash", "-c", f"exec {' '.join(SET)} {redirection}"],
        env=setting.shell.env,
        cwd=setting.shell.home,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    try:
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
        close()
    return Result(process.returncode, "", err)


def test_a_file_that_cannot_be_written_after_all_gives_way_to_another(setting: Setting) -> None:
    folder = setting.shell.home / "out"
    folder.mkdir()
    setting.when_created(lambda: shutil.rmtree(folder))
    result = setting.shell.osmo("token", "set", "ci", "--output-file", "out/token")
    assert (result.code, result.out) == (10, "")
    named = re.search(r"token ci exists, and is in (\S+), which only you can read", result.err)
    assert named is not None
    path = Path(named[1])
    assert path.parent == setting.shell.home
    assert ACCESS_TOKEN.fullmatch(path.read_text().strip())
    assert path.stat().st_mode & 0o777 == 0o600
    assert setting.tokens == ["ci"]


def test_a_name_that_is_taken_meanwhile_is_not_overwritten(setting: Setting) -> None:
    path = setting.shell.home / "token"
    setting.when_created(lambda: path.write_text("mine"))
    result = setting.shell.osmo("token", "set", "ci", "--output-file", "token")
    assert result.code == 10
    assert path.read_text() == "mine"
    assert re.search(r"token ci exists, and is in \S+osmo-token-ci-1", result.err)


def test_room_in_the_file_is_taken_before_the_token_is_created(setting: Setting) -> None:
    result = setting.run("ulimit -f 0; $osmo token set ci --output-file token")
    assert result.code == 2
    assert "cannot write token: File too large" in result.err
    assert setting.tokens == []
    assert not list(setting.shell.home.glob("*token*"))


@pytest.mark.parametrize("words", [("--service", "--roles", "nope"), ("--user", "nobody")])
def test_a_refused_token_leaves_no_file(setting: Setting, words: tuple[str, ...]) -> None:
    result = setting.shell.osmo("token", "set", "ci", *words, "--output-file", "token")
    assert result.code != 0
    with suppress(FileNotFoundError):
        pytest.fail((setting.shell.home / "token").read_text())
    assert not list(setting.shell.home.glob(".token*"))
