"""Faults at each step of `osmo backend register`: nothing is lost, and the next run carries on."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from tests.support.access_tokens import ACCESS_TOKEN
from tests.support.databases import new_database
from tests.support.fronted import Forward, Fronted, fronted, pass_on
from tests.support.loopback import Request
from tests.support.loopback import answer as wire
from tests.support.processes import OSMO, Result, Shell

REGISTER = ("backend", "register", "gpu-a", "--out", "out", "--image-tag", "6.0.0")
# A role of its own: the token of a request on every version, and the most steps.
SCOPED = (*REGISTER, "--scoped-role")
FAILED = wire(500, '{"message": "Internal server error: gone"}')


@dataclass
class Setting:
    """A user of a service behind a front, which notes the writes that reach it."""

    shell: Shell
    service: Fronted
    dialect: Dialect

    def fail(self, number: int, *, stored: bool, reply: bytes) -> None:
        """Make the answer to the write of that number bad."""
        seen = 0

        def front(request: Request, forward: Forward) -> bytes:
            nonlocal seen
            is_exchange = request.target.startswith("/api/auth/jwt")
            is_probe = request.target.endswith("/rollback")
            if request.method == "GET" or is_exchange or is_probe:
                return forward()
            seen += 1
            if seen != number:
                return forward()
            if stored:
                forward()
            return reply

        self.service.front = front

    def when_token_is_made(self, action: object) -> None:
        def front(request: Request, forward: Forward) -> bytes:
            reply = forward()
            if request.method == "POST" and "gpu-a-token?" in request.target:
                action()  # type: ignore[operator]
            return reply

        self.service.front = front

    @property
    def tokens(self) -> list[str]:
        listed = self.shell.ok("token", "list", "--service", "-t", "json")
        return [token["token_name"] for token in json.loads(listed)]

    def state(self) -> tuple[object, ...]:
        """What there is on the service."""
        roles = self.shell.ok("config", "show", "ROLE", "-t", "json")
        has_users = self.dialect.token_routes.users is not None
        users = self.shell.ok("user", "list", "-t", "json") if has_users else ""
        return (self.tokens, roles, users)

    def ends_well(self, before: tuple[object, ...]) -> None:
        """A next run completes the registration, and undoing it leaves nothing behind."""
        self.service.front = pass_on
        done = self.shell.osmo(*SCOPED)
        assert done.code == 0, done
        assert self.tokens == ["gpu-a-token"]
        connected = self.shell.osmo(
            *("local", "add-backend", "gpu-a", "--manifest", "out/manifests.yaml")
        )
        assert connected.code == 0, connected
        again = self.shell.osmo(*SCOPED)
        assert "already up to date" in again.err
        undone = self.shell.osmo(*REGISTER, "--undo")
        assert undone.code == 0, undone
        assert self.state() == before
        assert not (self.shell.home / "out").exists()


@pytest.fixture(params=DIALECTS)
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    db = tmp_path / "service.db"
    new_database(db, request.param)
    shell = Shell.at(tmp_path / "home", OSMO_LOCAL_DB=str(db))
    with fronted(db) as service:
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        yield Setting(shell, service, DIALECTS[request.param])


def check_said(result: Result) -> None:
    assert not ACCESS_TOKEN.search(result.out + result.err)
    assert "internal error" not in result.err


@pytest.mark.sample(3)
@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("reply", [FAILED, b""], ids=["500", "reset"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_run_after_a_failed_write_carries_on(
    setting: Setting, number: int, reply: bytes, stored: bool
) -> None:
    before = setting.state()
    setting.fail(number, stored=stored, reply=reply)
    failed = setting.shell.osmo(*SCOPED)
    check_said(failed)
    steps = 2 if setting.dialect.token_routes.users is None else 3
    if number == steps:
        assert failed.code == 10, failed
        # Its text was not received; the name is said.
        assert "gpu-a-token" in failed.err
    setting.ends_well(before)


def test_a_token_that_cannot_be_written_is_deleted_again(setting: Setting) -> None:
    before = setting.state()
    setting.when_token_is_made(lambda: shutil.rmtree(setting.shell.home / "out"))
    failed = setting.shell.osmo(*SCOPED)
    check_said(failed)
    assert failed.code == 10, failed
    assert "manifests.yaml: " in failed.err
    setting.service.front = pass_on
    assert setting.tokens == []
    del before


def test_an_interrupted_run_keeps_the_token(setting: Setting) -> None:
    before = setting.state()
    process = subprocess.Popen(
        [OSMO, *SCOPED],
        env=setting.shell.env,
        cwd=setting.shell.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def interrupt() -> None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)

    setting.when_token_is_made(interrupt)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    check_said(Result(3, out, err))
    assert "run the command again to continue" in err
    assert "token gpu-a-token" in err
    manifest = (setting.shell.home / "out" / "manifests.yaml").read_text()
    assert "Secret" in manifest
    setting.ends_well(before)


def test_running_workflows_keep_a_backend_and_its_token(setting: Setting) -> None:
    shell = setting.shell
    assert shell.osmo(*SCOPED).code == 0
    shell.ok("local", "add-backend", "gpu-a", "--manifest", "out/manifests.yaml")
    running = "Backend gpu-a is not finished running workflows. Alive workflows: wf-7"
    body = json.dumps({"message": f"Internal server error: {running}"})

    def front(request: Request, forward: Forward) -> bytes:
        is_ours = request.method == "DELETE" and request.target.endswith("/backend/gpu-a")
        return wire(500, body) if is_ours else forward()

    setting.service.front = front
    for command in (("deregister", "gpu-a", "--yes"), (*REGISTER[1:], "--undo")):
        result = shell.osmo("backend", *command)
        assert result.code == 10, result
        assert "wf-7" in result.err
        assert "cancel the workflows" in result.err
    assert setting.tokens == ["gpu-a-token"]
    setting.service.front = pass_on
    assert shell.osmo("backend", "deregister", "gpu-a", "--yes").code == 0
    assert setting.tokens == []


@pytest.mark.parametrize(
    ("redirection", "code"), [(">/dev/full", 10), (">&-", 10), ("| (exec 0<&-; sleep 0.5)", 141)]
)
def test_no_token_is_created_where_the_secret_cannot_be_printed(
    setting: Setting, redirection: str, code: int
) -> None:
    command = " ".join((OSMO, *REGISTER, "--role", "osmo-backend", "--secret-to-stdout"))
    script = f"set -o pipefail; (sleep 0.2; exec {command}) {redirection}"
    result = setting.shell.run("bash", "-c", script)
    assert result.code == code, result
    check_said(result)
    assert setting.tokens == []
