"""The program and its embedded service, each with a home of its own.

Commands run in the process of the tests, which is ten times quicker, unless the process itself is
what a test is about (`Shell.process`). With `TEST_PROCESSES=1` every command and every service is a
process, as for a user.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from osmo_cli.local.authorization import AuthMode
from tests.support import in_process
from tests.support.in_process import Result

OSMO = str(Path(sys.executable).with_name("osmo"))
ROOT = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 60
ONLY_PROCESSES = bool(os.environ.get("TEST_PROCESSES"))


@dataclass
class Shell:
    """Runs commands in a folder, with nothing of the developer's own environment.

    Attributes:
        in_process: whether osmo may run in this process.
    """

    home: Path
    env: dict[str, str]
    in_process: bool = not ONLY_PROCESSES

    @classmethod
    def at(cls, home: Path, **env: str) -> Shell:
        home.mkdir(parents=True, exist_ok=True)
        path = f"{Path(OSMO).parent}:{os.environ['PATH']}"
        base = {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8", "TZ": "UTC"}
        # A warning of Python's inside the program is a defect too.
        base["PYTHONWARNINGS"] = "error"
        return cls(home, base | env)

    def run(
        self,
        *words: str,
        input: str | bytes = b"",
        env: Mapping[str, str] | None = None,
    ) -> Result:
        data = input.encode() if isinstance(input, str) else input
        done = subprocess.run(
            list(words),
            input=data,
            env={**self.env, **(env or {})},
            cwd=self.home,
            capture_output=True,
            timeout=LIMIT_SECONDS,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def osmo(
        self, *words: str, input: str | bytes = b"", env: Mapping[str, str] | None = None
    ) -> Result:
        """Run osmo, in this process where that can be."""
        variables = {**self.env, **(env or {})}
        if not (self.in_process and in_process.can_run(variables)):
            return self.process(*words, input=input, env=env)
        data = input.encode() if isinstance(input, str) else input
        return in_process.run(
            words, data=data, env=variables, folder=self.home, seconds=LIMIT_SECONDS
        )

    def process(
        self, *words: str, input: str | bytes = b"", env: Mapping[str, str] | None = None
    ) -> Result:
        """Run osmo as a process of its own: signals, descriptors, libraries are its own too."""
        return self.run(OSMO, *words, input=input, env=env)

    def ok(self, *words: str, input: str | bytes = b"") -> str:
        """stdout of a command that has to succeed."""
        result = self.osmo(*words, input=input)
        assert result.code == 0, f"osmo {' '.join(words)}: {result}"
        return result.out

    def file(self, name: str, text: str | bytes) -> str:
        """Write a file into the folder; returns its name."""
        path = self.home / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return name


@dataclass(frozen=True)
class Service:
    """A running embedded service."""

    url: str
    db: Path
    admin_token: str


@contextmanager
def serving(
    folder: Path,
    *,
    dialect: str = "6.0",
    auth: AuthMode = "none",
    configmap: Path | None = None,
    port: int = 0,
    env: Mapping[str, str] | None = None,
) -> Iterator[Service]:
    """The embedded service on a loopback port until the block ends, as `osmo local serve` has it.

    Args:
        port: 0 takes a free one.
        env: variables for a process of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    db = folder / "service.db"
    if env is None and not ONLY_PROCESSES:
        with _in_thread(db, dialect, auth, configmap, port) as service:
            yield service
    else:
        with _in_process(db, dialect, auth, configmap, port, env or {}) as service:
            yield service


@contextmanager
def _in_thread(
    db: Path, dialect: str, auth: AuthMode, configmap: Path | None, port: int
) -> Iterator[Service]:
    """The service in a thread of this process."""
    from osmo_cli.local.admin import write_admin_token
    from osmo_cli.local.app import build_app
    from osmo_cli.local.configmap import ConfigMapSource
    from osmo_cli.local.server import listen, new_server

    token_file = db.with_name("admin-token")
    with closing(listen(port)) as listener, db.with_name("serve.err").open("a") as errors:

        def report(text: str) -> None:
            print(text, file=errors, flush=True)

        source = ConfigMapSource(configmap, report) if configmap else None
        if auth == "token":
            write_admin_token(db, dialect, token_file)
        server = new_server(build_app(db, dialect=dialect, auth=auth, source=source))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, args=([listener],), name=url)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.002)
            yield Service(url, db, token_file.read_text().strip() if auth == "token" else "")
        finally:
            server.should_exit = True
            thread.join(LIMIT_SECONDS)
            assert not thread.is_alive(), f"the embedded service does not stop:\n{_all_stacks()}"


def _all_stacks() -> str:
    """Where each thread of this process is."""
    return "\n".join(
        "".join(traceback.format_stack(frame)) for frame in sys._current_frames().values()
    )


@contextmanager
def _in_process(
    db: Path,
    dialect: str,
    auth: AuthMode,
    configmap: Path | None,
    port: int,
    env: Mapping[str, str],
) -> Iterator[Service]:
    """The service as a process of its own."""
    folder, token_file = db.parent, db.with_name("admin-token")
    command = [OSMO, "local", "serve", "--port", str(port), "--db", str(db), "--dialect", dialect]
    command += ["--auth", auth, *(["--configmap", str(configmap)] if configmap else [])]
    if auth == "token":
        command += ["--admin-token-file", str(token_file)]
    errors = (folder / "serve.err").open("ab")
    process = subprocess.Popen(
        command, env=Shell.at(folder, **env).env, stdout=subprocess.PIPE, stderr=errors, cwd=folder
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        assert url.startswith("http://127.0.0.1:"), (folder / "serve.err").read_text()
        token = token_file.read_text().strip() if auth == "token" else ""
        yield Service(url, db, token)
    finally:
        process.terminate()
        process.wait(LIMIT_SECONDS)
        if process.stdout is not None:
            process.stdout.close()
        errors.close()


def on_terminal(
    shell: Shell, *words: str, env: Mapping[str, str] | None = None, typed: str = ""
) -> Result:
    """Run osmo with a terminal on all three streams; what a person would see is `out`."""
    import pty

    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [OSMO, *words],
        env={**shell.env, "TERM": "xterm-256color", **(env or {})},
        cwd=shell.home,
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    os.write(leader, typed.encode())
    seen = b""
    try:
        while chunk := _read(leader):
            seen += chunk
        process.wait(LIMIT_SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(leader)
    return Result(process.returncode, seen.decode().replace("\r\n", "\n"), "")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other side is closed
        return b""
