"""Replays what was recorded of the official CLI 6.0.0 with this one, invocation by invocation.

Before each invocation the embedded service is in the state that the official CLI met: where this
CLI writes something else, what the official one wrote takes its place afterwards.
"""

from __future__ import annotations

import io
import json
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from osmo_cli.accounts import tokens
from osmo_cli.local.database import Store, open_database
from osmo_cli.main import run
from tests.conformance.official_faults import FAULTY, meeting
from tests.conformance.official_service import Seen, serving
from tests.conformance.official_text import as_data, as_written
from tests.conformance.replay import V6_0, connect
from tests.support.processes import Shell

RECORDED_DAY = date(2026, 11, 23)
_ADDRESS = "http://osmo.test"
_TOKEN_STEP = "x.login.token"
# The exchange of a token for a JWT, which this CLI tries in the newer way first.
_EXCHANGE = "/api/auth/jwt/access_token"


@dataclass(frozen=True)
class Outcome:
    """What one invocation ended in, made comparable."""

    code: int
    stdout: Any
    writes: list[Any]


@dataclass(frozen=True)
class Result:
    """One invocation, recorded and replayed."""

    step: str
    argv: list[str]
    recorded: Outcome
    replayed: Outcome
    stderr: str
    process: bool

    def __str__(self) -> str:
        lines = [
            f"{self.step}: {' '.join(self.argv)[:200]}: {', '.join(sorted(self.different))}",
            f"  recorded: {str(self.recorded)[:600]}",
            f"  replayed: {str(self.replayed)[:600]}",
            f"  stderr: {self.stderr[:300]}",
        ]
        return "\n".join(lines)

    @property
    def different(self) -> frozenset[str]:
        """What differs. An error's text is not compared: here it is on stderr."""
        different_parts = set()
        if self.recorded.code != self.replayed.code:
            different_parts.add("exit")
        expected = self.recorded.stdout if self.recorded.code == 0 else None
        if expected != self.replayed.stdout and not (
            self.recorded.code and "exit" in different_parts
        ):
            different_parts.add("stdout")
        if self.recorded.writes != self.replayed.writes:
            different_parts.add("writes")
        return frozenset(different_parts)


class Clock:
    """The recorded session's time: its invocations, spread evenly between the known times."""

    def __init__(self, steps: list[dict[str, Any]]) -> None:
        self.time = datetime(2026, 11, 23, 11, 32, 26)
        self._known = [(-1, datetime(2026, 11, 23, 11, 32, 29))]
        for index, step in enumerate(steps):
            for request in step["http"]:
                _, _, asked = unquote(request).partition("at_timestamp=")
                # The official CLI's `config list` asks for the present moment.
                if "." in asked:
                    moment = datetime.fromisoformat(asked.split(" -> ")[0].replace("+", " "))
                    self._known.append((index, moment))

    def __call__(self) -> datetime:
        self.time += timedelta(microseconds=1)
        return self.time

    def move_to(self, index: int) -> None:
        before = max(known for known in self._known if known[0] < index)
        after = min((known for known in self._known if known[0] >= index), default=before)
        share = (index - before[0]) / max(after[0] - before[0], 1)
        self.time = before[1] + (after[1] - before[1]) * share


@dataclass
class Replay:
    """The state of a replay."""

    folder: Path
    url: str
    seen: list[Seen]
    db: Path
    monkeypatch: pytest.MonkeyPatch
    http: httpx.Client
    home: Path = field(init=False)
    token: str = ""

    def __post_init__(self) -> None:
        self.home = self.folder / "home"

    def words(self, argv: list[str]) -> list[str]:
        """The invocation's words for this run: its address and its token."""
        words = [word.replace(_ADDRESS, self.url) for word in argv[1:]]
        return [self.token if len(word) == 64 and word.isalnum() else word for word in words]

    def run_here(self, words: list[str], env: Mapping[str, str]) -> tuple[int, str, str]:
        """One command line in this process."""
        out, err = io.StringIO(), io.StringIO()
        with self.monkeypatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in env.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
            code = run(words)
        return code, out.getvalue(), err.getvalue()

    def run_process(
        self, words: list[str], env: Mapping[str, str], stdin: str
    ) -> tuple[int, str, str]:
        """One command line as a process of its own."""
        done = Shell.at(self.folder / "cwd", HOME=str(self.home)).process(
            *words, input=stdin, env=env
        )
        return done.code, done.out, done.err

    def send(self, exchange: dict[str, Any]) -> None:
        """What was recorded, sent directly."""
        body = exchange["request_json"]
        raw = body.get("__raw__") if isinstance(body, dict) else None
        content = (json.dumps(body) if raw is None else raw).encode()
        self.http.request(
            exchange["method"],
            exchange["path"],
            params=[tuple(pair) for pair in exchange["query"]],
            headers=exchange["request_headers"],
            content=None if body is None else content,
        )


def replay(recordings: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Result]:
    """Replay every invocation of `osmo`, in order."""
    steps = json.loads((recordings / "official-cli-6.0.0.json").read_text("utf-8"))
    exchanges = json.loads((recordings / "exchanges-6.0.0.json").read_text("utf-8"))
    clock = Clock(steps)
    monkeypatch.setattr(tokens, "today", lambda: RECORDED_DAY)
    cwd, db = folder / "cwd", folder / "service.db"
    cwd.mkdir()
    (folder / "home").mkdir(exist_ok=True)
    monkeypatch.chdir(cwd)
    monkeypatch.setenv("HOME", str(folder / "home"))
    with open_database(db, "6.0", now=clock) as store:
        _start(store, clock)
        with serving(db, clock) as (url, seen), httpx.Client(base_url=url) as http:
            _copy_files(recordings / "files-6.0.0", cwd / "files", url)
            state = Replay(folder, url, seen, db, monkeypatch, http)
            return list(_results(state, store, clock, steps, exchanges))


def _results(
    state: Replay,
    store: Store,
    clock: Clock,
    steps: list[dict[str, Any]],
    exchanges: list[dict[str, Any]],
) -> Iterator[Result]:
    known = {step["step"] for step in steps}
    position = 0
    for index, step in enumerate(steps):
        clock.move_to(index)
        if step["step"] == "final.gpu-a":
            connect(store, clock, "gpu-b", V6_0, goes_on=False)
        own = []
        while position < len(exchanges) and exchanges[position]["step"] == step["step"]:
            own.append(exchanges[position])
            position += 1
        if step["argv"][0] == "osmo":
            yield _replayed(state, step, own)
        while position < len(exchanges) and exchanges[position]["step"] not in known:
            if exchanges[position]["method"] != "GET":
                state.send(exchanges[position])
            position += 1


def _replayed(state: Replay, step: dict[str, Any], own: list[dict[str, Any]]) -> Result:
    recorded_writes = [exchange for exchange in own if exchange["method"] != "GET"]
    words = state.words(step["argv"])
    env = {"TZ": "America/Los_Angeles"} if step["step"] == "history.tz" else {"TZ": "UTC"}
    process = step["step"].startswith(("diff.", "tag.", "history.tz", "update.stdin2"))
    # What the official CLI was given there shows only in what it sent.
    given = own[-1]["request_json"]["configs"] if step["step"] == "update.stdin2" else None
    stdin = "" if given is None else json.dumps(given)
    if step["step"] == _TOKEN_STEP:
        # There is no keyring here; that choice is remembered.
        state.run_here([*words, "--insecure-storage"], env)
    with _kept(state.db) as restore:
        state.seen.clear()
        if step["step"] in FAULTY:
            with meeting(step["step"], state.folder, state.url) as more:
                code, out, err = state.run_here(words, {**env, **more})
        elif process:
            code, out, err = state.run_process(words, env, stdin)
        else:
            code, out, err = state.run_here(words, env)
        if step["step"] == "x.token.new":
            state.token = json.loads(out)["token"]
        writes = [
            as_written(seen.method, seen.path, seen.query, seen.body)
            for seen in state.seen
            if seen.method != "GET" and seen.path != _EXCHANGE
        ]
        then = [
            as_written(e["method"], e["path"], e["query"], e["request_json"])
            for e in recorded_writes
        ]
        if writes != then:
            restore()
            for exchange in recorded_writes:
                state.send(exchange)
    return Result(
        step["step"],
        step["argv"],
        Outcome(step["rc"], as_data(step["stdout"].replace(_ADDRESS, state.url)), then),
        Outcome(code, as_data(out), writes),
        err,
        process,
    )


@contextmanager
def _kept(db: Path) -> Iterator[Any]:
    """Gives what brings the database back to the state that it has now."""
    with closing(sqlite3.connect(":memory:")) as copy:
        with closing(sqlite3.connect(db)) as now:
            now.backup(copy)

        def restore() -> None:
            with closing(sqlite3.connect(db)) as target:
                copy.backup(target)

        yield restore


def _start(store: Store, clock: Clock) -> None:
    """gpu-b beats once, gpu-a goes on beating."""
    connect(store, clock, "gpu-b", V6_0, goes_on=False)
    connect(store, clock, "gpu-a", V6_0, goes_on=True)


def _copy_files(recorded: Path, folder: Path, url: str) -> None:
    """The input files; those that hold the recorded service's signing key get this one's."""
    folder.mkdir()
    live = httpx.get(f"{url}/api/configs/service", headers={"x-osmo-user": "admin"}).json()
    for file in recorded.iterdir():
        content = file.read_bytes()
        if b'"active_key"' in content:
            given = json.loads(content)
            for key in ("keys", "active_key"):
                given["service_auth"][key] = live["service_auth"][key]
            content = json.dumps(given, indent=2).encode()
        (folder / file.name).write_bytes(content)
