"""Every command that writes, with every fault, on every version: no outcome is false or unsaid.

What is stored is read by a client of its own. A random part runs by default; `make faults` (or
OSMO_FAULTS=all) runs all. A new command that writes is a row of `WRITES`.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from osmo_cli.api import transport
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.local.admin import add_backend
from tests.support import sampling
from tests.support.command_tree import commands
from tests.support.databases import new_database
from tests.support.fronted import Forward, Fronted, fronted, pass_on
from tests.support.loopback import Request
from tests.support.loopback import answer as wire
from tests.support.processes import Result, Shell

ALL = os.environ.get("OSMO_FAULTS") == "all"
SAMPLE = int(os.environ.get("OSMO_FAULTS_SAMPLE") or sampling.examples(120))
SIGNALS_SAMPLE = sampling.examples(30)
SEED = int(os.environ.get("OSMO_FAULTS_SEED", "0")) or time.time_ns() // 10**9 // 86400
TIMEOUT = "1"

TYPES = tuple(CONFIG_TYPES.values())
TIMES = {"last_heartbeat", "created_date"}
RESET, SILENCE = b"", b"silence"
PROBE = b'"revision": 2147483647}'
"""A rollback to a revision that cannot exist asks whether the service is in ConfigMap mode."""


@dataclass(frozen=True)
class Bad:
    """An answer in place of the service's.

    Attributes:
        wire: its bytes.
        code: the exit code of a command whose write it answers, and which is not stored.
        refuses: it says that the request was not carried out.
    """

    wire: bytes
    code: int = 10
    refuses: bool = False


def _message(status: int, text: str, error_code: str | None = None) -> bytes:
    code = f', "error_code": "{error_code}"' if error_code else ""
    return wire(status, f'{{"message": "{text}"{code}}}')


BAD: dict[str, Bad] = {
    "html": Bad(wire(200, "<html>Sign in</html>", "text/html")),
    "empty": Bad(wire(200, "")),
    "json": Bad(wire(200, '{"ok": true}')),
    "401": Bad(wire(401, "Jwt is missing", "text/plain"), 4, True),
    "403": Bad(wire(403, "RBAC: access denied", "text/plain"), 4, True),
    "404": Bad(wire(404, "<html>not here</html>", "text/html"), 2, True),
    "429": Bad(wire(429, ""), 75, True),
    "500": Bad(_message(500, "Internal server error: gone")),
    "502": Bad(wire(502, "<html>Bad Gateway</html>", "text/html")),
    "503": Bad(wire(503, "no healthy upstream", "text/plain")),
    "DATABASE": Bad(_message(400, "Error: connection pool is closed", "DATABASE")),
    "reset": Bad(RESET),
    "time-out": Bad(SILENCE),
}


@dataclass(frozen=True)
class Fault:
    """What happens to a command's write.

    Attributes:
        write: the answer to the write, by its name in `BAD`; or None for the service's own.
        stored: whether the write gets to the service.
        read: the answer to all reads after it; or None.
    """

    write: str | None
    stored: bool
    read: str | None = None

    def __str__(self) -> str:
        stored = "stored" if self.stored else "not-stored"
        return f"{self.write or 'accepted'}/{stored}/read-{self.read or 'back'}"


FAULTS = [
    *(Fault(name, stored) for name in BAD for stored in (True, False)),
    *(Fault(None, True, name) for name in BAD),
    *(Fault(name, stored, name) for name in BAD for stored in (True, False)),
]


def _any(dialect: Dialect) -> bool:
    return True


def _has_users(dialect: Dialect) -> bool:
    return dialect.token_routes.users is not None


def _creates_tokens(dialect: Dialect) -> bool:
    """Whether a request creates the token of an operator."""
    return not dialect.bootstrap_secrets


@dataclass(frozen=True)
class Row:
    """A command that writes.

    Attributes:
        command: its words.
        input: what it reads on standard input.
        of: whether a dialect has it.
        writes: requests that it sends on a dialect, at the most.
        previews: it prints what it is about to do.
    """

    command: str
    input: str = ""
    of: Any = field(default=_any, repr=False)
    writes: int = 1
    previews: bool = False


WRITES = [
    Row("config update BACKEND gpu-a -f -", '{"description": "new"}'),
    Row("config update WORKFLOW -f -", '{"max_num_tasks": 77}'),
    Row("config update POD_TEMPLATE new --create -f -", '{"spec": {}}'),
    Row("config update POD_TEMPLATE old -f -", '{"spec": {"hostNetwork": true}}'),
    Row("config set ROLE agent-gpu-a backend --field gpu-a"),
    Row("config rename POOL default other"),
    Row("config delete POD_TEMPLATE old"),
    Row("config rollback POD_TEMPLATE:2"),
    Row("config tag BACKEND:1 --set new"),
    Row("config delete BACKEND:1"),
    Row("token set new --no-store"),
    Row("token set old --no-store --if-exists rotate --description rotated", writes=2),
    Row("token rotate old --no-store", writes=2),
    Row("token rotate agent --service --no-store --grace"),
    Row("token delete old"),
    Row("token set svc --service --roles osmo-backend --no-store", writes=2),
    Row("token delete agent --service"),
    Row("user create bob --roles osmo-user", of=_has_users),
    Row("user update ada --add-roles osmo-backend osmo-admin", of=_has_users, writes=2),
    Row("user update ada --remove-roles osmo-user", of=_has_users),
    Row("user delete ada --force", of=_has_users),
    Row("token set new --user ada --no-store", of=_has_users),
    Row("config apply configs --yes", writes=2, previews=True),
    Row("backend deregister gpu-a --yes", writes=4),
    Row("backend register gpu-c --out out --image-tag 6.2.10", of=_creates_tokens, writes=2),
]
READS = {
    *("backend list", "backend nodes", "backend open", "backend wait"),
    *("config diff", "config drift", "config export", "config history", "config list"),
    *("config plan", "config schema", "config show", "config validate"),
    *("token get", "token list", "token roles", "user get", "user list"),
    *("help", "login", "logout", "version", "whoami"),
    *("local add-backend", "local reset", "local serve"),
}
"""Commands that write nothing to a service."""


def test_every_command_that_writes_has_a_row() -> None:
    written = {" ".join(row.command.split()[:2]) for row in WRITES}
    assert {words for words, _ in commands()} == READS | written


@dataclass(frozen=True)
class Cell:
    """One command with one fault at one of its writes, on one dialect."""

    dialect: str
    row: Row
    at: int
    fault: Fault

    def __str__(self) -> str:
        return f"{self.dialect}: {self.row.command} [{self.at}: {self.fault}]"


CELLS = [
    Cell(name, row, at, fault)
    for name, dialect in DIALECTS.items()
    for row in WRITES
    if row.of(dialect)
    for at in range(1, row.writes + 1)
    for fault in FAULTS
]
PREPARATION = [
    ("config update POD_TEMPLATE old --create -f -", '{"spec": {}}'),
    ("config update POD_TEMPLATE more --create -f -", '{"spec": {}}'),
    ("config update POOL default --create -f -", '{"backend": "gpu-a", "description": "x"}'),
    ("token set old --no-store", ""),
    ("token set agent --service --roles osmo-backend --no-store", ""),
]
"""What the rows need, beside the users."""
FILES = {
    "configs/pod_template/old.json": '{"spec": {"hostNetwork": true}}',
    "configs/pool/default.json": '{"backend": "gpu-a", "description": "y"}',
}
SAID = re.compile(
    r"\b(not (created|deleted|stored|changed|renamed|as|received)|no (role|new token) was"
    r"|is not|are not|stopped half-way|nothing was sent)\b"
)


@dataclass
class World:
    """A prepared service of each dialect, and what its commands store without a fault."""

    folder: Path
    service: Fronted
    templates: dict[str, Path] = field(default_factory=dict)
    shells: dict[str, Shell] = field(default_factory=dict)
    dialect: str = ""
    expected: dict[tuple[str, str], tuple[Any, Any]] = field(default_factory=dict)
    runs: int = 0

    @property
    def shell(self) -> Shell:
        """The user of the present dialect; what is known of a service is kept by its address."""
        return self.shells[self.dialect]

    def template(self, dialect: str) -> Path:
        """A database with something to write to."""
        self.dialect = dialect
        if dialect not in self.templates:
            self.shells[dialect] = shell = Shell.at(self.folder / f"home-{dialect}")
            shell.ok("login", self.service.url, "--method", "dev", "--username", "admin")
            db = self.folder / f"{dialect}.db"
            new_database(db, dialect)
            self.service.open(db)
            add_backend(db, "gpu-a")
            users = _has_users(DIALECTS[dialect])
            ok = self.shell.ok
            if users:
                ok("user", "create", "admin", "--roles", "osmo-admin")
                ok("user", "create", "ada", "--roles", "osmo-user")
            for line, content in PREPARATION:
                ok(*line.split(), input=content)
            for path, content in FILES.items():
                (shell.home / path).parent.mkdir(parents=True, exist_ok=True)
                shell.file(path, content)
            self.service.close()
            self.templates[dialect] = db
        return self.templates[dialect]

    def begin(self, dialect: str) -> None:
        self.service.front = pass_on
        template = self.template(dialect)
        self.service.close()
        for old in self.folder.glob("cell-*"):
            old.unlink()
        shutil.rmtree(self.shell.home / "out", ignore_errors=True)
        self.runs += 1
        db = self.folder / f"cell-{self.runs}.db"
        shutil.copy(template, db)
        self.service.open(db)

    def states(self, cell: Cell | Interruption) -> tuple[Any, Any]:
        """What is stored before and after the command, without a fault."""
        key = cell.dialect, cell.row.command
        if key not in self.expected:
            self.begin(cell.dialect)
            before = self.state()
            result = self.run(cell.row)
            assert result.code == 0, (cell, result)
            self.expected[key] = before, self.state()
            assert self.expected[key][0] != self.expected[key][1]
        return self.expected[key]

    def run(self, row: Row) -> Result:
        return self.shell.osmo("--timeout", TIMEOUT, *row.command.split(), input=row.input)

    def state(self) -> Any:
        """What is stored, read by a client that nothing happens to."""
        ask = self.service.ask
        types = {row.name: _lasting(ask(f"/api/configs/{row.path}")) for row in TYPES}
        query = {"omit_data": "True", "limit": "1000"}
        history = (ask("/api/configs/history", query) or {}).get("configs", [])
        users = [entry["id"] for entry in (ask("/api/auth/user") or {}).get("users", [])]
        lists = ["/api/auth/access_token", "/api/auth/access_token/user"]
        lists += ["/api/auth/access_token/service"]
        lists += [f"/api/auth/user/{user}/access_token" for user in users]
        tokens = [(path, ask(path)) for path in lists]
        return (
            types,
            sorted(
                (entry["config_type"], entry["revision"], _tags(entry["tags"])) for entry in history
            ),
            {user: _roles(ask(f"/api/auth/user/{user}")) for user in sorted(users)},
            [
                (
                    path,
                    sorted((token["token_name"], _description(token)) for token in listed),
                )
                for path, listed in tokens
                if isinstance(listed, list)
            ],
        )


def _lasting(value: Any) -> Any:
    """A configuration without the times in it."""
    if isinstance(value, dict):
        return {key: _lasting(member) for key, member in value.items() if key not in TIMES}
    return [_lasting(member) for member in value] if isinstance(value, list) else value


def _tags(tags: list[str] | None) -> list[str]:
    """Tags without what is new in each run of `osmo config apply`."""
    return sorted(tag.partition("apply-")[0] for tag in tags or ())


def _description(token: dict[str, Any]) -> str:
    """A token's description without the ID of its registration."""
    return re.sub(r"\[[0-9a-f]{8}\]", "", token["description"] or "")


def _roles(user: Any) -> list[str]:
    return sorted(role["role_name"] for role in user["roles"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("faults")
    new_database(folder / "none.db", next(iter(DIALECTS)))
    with fronted(folder / "none.db") as service:
        yield World(folder, service)


def _reads(request: Request) -> bool:
    """Whether a request changes nothing; some versions exchange a token by POST."""
    is_exchange = request.target.startswith("/api/auth/jwt")
    return request.method == "GET" or is_exchange or PROBE in request.body


def inject(service: Fronted, cell: Cell) -> list[str]:
    """Make the service have the cell's fault; returns the writes that were sent, as they come."""
    writes: list[str] = []
    fault = cell.fault

    def silence() -> Iterator[bytes]:
        service.server.closing.wait(float(TIMEOUT) + 0.5)
        yield b""

    def send(name: str) -> bytes | Iterator[bytes]:
        content = BAD[name].wire
        return silence() if content == SILENCE else content

    def front(request: Request, forward: Forward) -> bytes | Iterator[bytes]:
        if _reads(request):
            if fault.read is not None and len(writes) >= cell.at:
                return send(fault.read)
            return forward()
        writes.append(f"{request.method} {request.target} {request.body.decode()}")
        if len(writes) != cell.at:
            return forward()
        answer = forward() if fault.stored else b""
        return send(fault.write) if fault.write is not None else answer

    service.front = front
    return writes


def problems(cell: Cell, result: Result, state: Any, states: tuple[Any, Any]) -> Iterator[str]:
    """What is wrong with the end of a command."""
    _, after = states
    fault = cell.fault
    write = BAD[fault.write] if fault.write is not None else None
    if "internal error" in result.err or "Traceback" in result.err:
        yield "not an error of its own"
    if result.code == 0:
        if state != after:
            yield "a false success"
        if fault.read is not None:
            yield "success without a look"
        return
    # A secret that was received is handed over all the same.
    if result.out and "Access token" not in result.out and not cell.row.previews:
        yield "an error with a result"
    if fault.read is not None:
        refused = write is not None and write.refuses
        if result.code != (write.code if write is not None and refused else 10):
            yield "the exit code of an outcome that could not be read"
        wanted = "what is stored could not be read: check `osmo " if refused else "unknown outcome"
        if wanted not in result.err or "`osmo " not in result.err:
            yield "an outcome that is not said to be unknown"
        return
    if state == after or "its text was not received" in result.err:
        # Without its text a token that is stored is no success.
        if "its text was not received" not in result.err or result.code != 10:
            yield "a stored write that is reported as a failure"
        return
    if result.code != (write.code if write is not None else 10):
        yield "the exit code of what is not stored"
    if not SAID.search(result.err):
        yield "an outcome that is not said"


def chosen() -> list[Cell]:
    if ALL:
        return CELLS
    # A cell that waits for the time limit costs a second.
    slow = [cell for cell in CELLS if "time-out" in (cell.fault.write, cell.fault.read)]
    quick = [cell for cell in CELLS if "time-out" not in (cell.fault.write, cell.fault.read)]
    picker = random.Random(SEED)
    return picker.sample(quick, min(SAMPLE, len(quick))) + picker.sample(
        slow, 3 if sampling.ALL else 1
    )


def test_no_fault_ends_in_a_false_or_unsaid_outcome(
    world: World, monkeypatch: pytest.MonkeyPatch, figures: list[str]
) -> None:
    monkeypatch.setattr(transport, "_BACKOFF_SECONDS", 0.001)
    wrong = []
    cells = chosen()
    for cell in cells:
        states = world.states(cell)
        world.begin(cell.dialect)
        writes = inject(world.service, cell)
        result = world.run(cell.row)
        if len(writes) < cell.at:
            continue  # this dialect needs fewer requests for it
        state = world.state()
        faults = list(problems(cell, result, state, states))
        if len(writes) != len(set(writes)):
            faults.append("a write that was sent twice")
        if faults:
            wrong.append(f"{cell}: {'; '.join(faults)}\n    {result}\n    {writes}")
    figures.append(
        f"faults: {len(cells)} of {len(CELLS)} cells (seed {SEED}; OSMO_FAULTS=all runs all), "
        f"{len(wrong)} wrong"
    )
    assert not wrong, "\n".join(wrong[:20])


@dataclass(frozen=True)
class Interruption:
    """A signal that arrives while a command runs.

    Attributes:
        moment: when a request comes in: the first read, the write (before or after it is stored),
            or the first read after it.
    """

    dialect: str
    row: Row
    number: signal.Signals
    moment: str

    def __str__(self) -> str:
        return f"{self.dialect}: {self.row.command} [{self.number.name} at {self.moment}]"


NOT_ALL = re.compile(r" not |only a part")
MOMENTS = ("first read", "before storing", "after storing", "read-back")
INTERRUPTIONS = [
    Interruption(name, row, number, moment)
    for name, dialect in DIALECTS.items()
    for row in WRITES
    if row.of(dialect)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for moment in MOMENTS
]


def interrupt(service: Fronted, case: Interruption) -> list[str]:
    """Make the service send the case's signal to this process, once, at its moment.

    Returns the moments that have come, as they come.
    """
    writes = 0
    moments: list[str] = []

    def send(moment: str) -> None:
        if moment == case.moment and moment not in moments:
            moments.append(moment)
            os.kill(os.getpid(), case.number)

    def front(request: Request, forward: Forward) -> bytes:
        nonlocal writes
        if _reads(request):
            send("read-back" if writes else "first read")
            return forward()
        writes += 1
        send("before storing")
        answer = forward()
        send("after storing")
        return answer

    service.front = front
    return moments


def wrong_ending(
    case: Interruption, result: Result, state: Any, states: tuple[Any, Any]
) -> Iterator[str]:
    """What is wrong with the end of an interrupted command."""
    before, after = states
    if result.code != 3:
        yield "the exit code"
    last = result.err.rstrip("\n").split("\n")[-1]
    if case.moment == "first read":
        if last != "interrupted" or state != before:
            yield "a write after the signal"
        return
    if not last.startswith("interrupted; "):
        yield "the outcome is not said"
        return
    # Between several writes, what is said is true of the last one.
    is_between = case.row.writes > 1 and state not in (before, after)
    if not is_between and (state == after) == bool(NOT_ALL.search(last)):
        yield "the outcome is not what is stored"
    secret = "Access token: " in result.out
    if case.row.command.startswith(("token set", "token rotate")) and secret != (state == after):
        yield "a secret that is lost"


def test_no_signal_leaves_an_outcome_unsaid(world: World, figures: list[str]) -> None:
    cases = INTERRUPTIONS if ALL else random.Random(SEED).sample(INTERRUPTIONS, SIGNALS_SAMPLE)
    wrong = []
    for case in cases:
        states = world.states(case)
        world.begin(case.dialect)
        moments = interrupt(world.service, case)
        result = world.run(case.row)
        state = world.state()
        if not moments:
            continue  # the command reads nothing before it writes
        faults = list(wrong_ending(case, result, state, states))
        if faults:
            wrong.append(f"{case}: {'; '.join(faults)}\n    {result}")
    figures.append(f"signals: {len(cases)} of {len(INTERRUPTIONS)} cases, {len(wrong)} wrong")
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.sample(1)
@pytest.mark.parametrize("row", [WRITES[0], WRITES[6], WRITES[10]], ids=lambda row: row.command)
def test_a_second_signal_stops_waiting(world: World, row: Row) -> None:
    dialect = next(iter(DIALECTS))
    world.begin(dialect)

    def front(request: Request, forward: Forward) -> bytes | Iterator[bytes]:
        if request.method == "GET":
            return forward()

        def answer() -> Iterator[bytes]:
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.15)
            world.service.server.closing.wait(0.5)
            yield forward()

        return answer()

    world.service.front = front
    started = time.monotonic()
    result = world.shell.osmo(*row.command.split(), input=row.input)
    assert time.monotonic() - started < 5
    assert result.code == 10
    assert "press Ctrl-C again to stop waiting" in result.err
    assert "error: unknown outcome: interrupted before" in result.err
    assert "hint: check it with `osmo " in result.err
    world.service.front = pass_on
    time.sleep(0.6)  # the server's thread ends
