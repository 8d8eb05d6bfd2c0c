"""The program and its embedded service as real processes, each with a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OSMO = str(Path(sys.executable).with_name("osmo"))
ROOT = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 60


@dataclass(frozen=True)
class Result:
    """What a finished command left."""

    code: int
    out: str
    err: str


@dataclass
class Shell:
    """Runs commands in a folder, with nothing of the developer's own environment."""

    home: Path
    env: dict[str, str]

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
    auth: str = "none",
    configmap: Path | None = None,
    port: str = "0",
) -> Iterator[Service]:
    """`osmo local serve` on a free port until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    db = folder / "service.db"
    token_file = folder / "admin-token"
    command = [OSMO, "local", "serve", "--port", port, "--db", str(db), "--dialect", dialect]
    command += ["--auth", auth, *(["--configmap", str(configmap)] if configmap else [])]
    if auth == "token":
        command += ["--admin-token-file", str(token_file)]
    errors = (folder / "serve.err").open("wb")
    process = subprocess.Popen(
        command, env=Shell.at(folder).env, stdout=subprocess.PIPE, stderr=errors, cwd=folder
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
