"""An apply of forty changes that is killed, or whose service fails: what is stored, and resuming.

What gets to the service is compared with the requests of an undisturbed apply: it must be the
first few of them, and after `--resume` all of them, each once. A few random points run by default;
`make faults` (or OSMO_FAULTS=all) runs fifty.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from osmo_cli.api import transport
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.secrets import MASK
from osmo_cli.local.admin import add_backend
from tests.commands.config.test_plan import write_configs
from tests.service.test_fault_matrix import BAD, SAID, SEED, SILENCE
from tests.support.databases import new_database
from tests.support.fronted import Forward, Fronted, fronted, pass_on
from tests.support.loopback import Request
from tests.support.processes import LIMIT_SECONDS, OSMO, Shell
from tests.support.sampling import ALL as LONG

EVERY = os.environ.get("OSMO_FAULTS") == "all"
KILLS, FAULTS, VERSIONS = (50, 100, 99) if EVERY else (4, 8, 1) if LONG else (1, 3, 1)
TIMEOUT = "1"
VOLATILE = {"last_heartbeat", "created_date"}
SECRET = "canary-52-Secret"

BEFORE: dict[str, Any] = {
    f"pod_template/gone-{n}.json": {"spec": {"priority": n}} for n in range(8)
} | {"pod_template/kept.json": {"spec": {"hostNetwork": False}}}
WANTED: dict[str, Any] = {
    "workflow.yaml": {
        "max_num_tasks": 50,
        "workflow_log": {
            "credential": {
                "endpoint": "s3://logs",
                "access_key_id": "AKIA",
                "access_key": SECRET,
            }
        },
    },
    "pod_template/kept.json": {"spec": {"hostNetwork": True}},
    **{f"pod_template/new-{n}.json": {"spec": {"priority": n}} for n in range(8)},
    **{f"resource_validation/check-{n}.json": [] for n in range(2)},
    **{f"backend/rack-{n}.yaml": {"description": f"Rack {n}"} for n in range(10)},
    **{
        f"pool/team-{n}.yaml": {
            "description": f"Team {n}",
            "backend": f"rack-{n}",
            "common_pod_template": [f"new-{n}"],
        }
        for n in range(6)
    },
    **{
        f"role/role-{n}.json": {"name": f"role-{n}", "description": "d", "policies": []}
        for n in range(4)
    },
}
"""32 objects to write; with --prune, 8 to delete."""
APPLY = ["config", "apply", "configs", "--yes", "--prune"]
APPLY += ["--max-changes", "100", "--max-deletes", "100"]


@dataclass
class World:
    """A service of each version, before the apply, and what an undisturbed apply does to it."""

    folder: Path
    service: Fronted
    shells: dict[str, Shell] = field(default_factory=dict)
    expected: dict[tuple[str, ...], tuple[list[str], Any, int]] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    earlier_tags: set[str] = field(default_factory=set)
    runs: int = 0

    def begin(self, dialect: str) -> Shell:
        """Return a user of a fresh service; its requests are recorded in `sent`."""
        self.service.front = pass_on
        template = self.folder / f"{dialect}.db"
        if dialect not in self.shells:
            self._prepare(dialect, template)
        self.service.close()
        self.runs += 1
        db = self.folder / f"run-{self.runs}.db"
        shutil.copy(template, db)
        self.service.open(db)
        self.sent = []
        shell = self.shells[dialect]
        shutil.rmtree(shell.home / ".local" / "state" / "osmo" / "apply", ignore_errors=True)
        return shell

    def _prepare(self, dialect: str, template: Path) -> None:
        self.shells[dialect] = shell = Shell.at(self.folder / f"home-{dialect}")
        new_database(template, dialect)
        for n in range(10):
            add_backend(template, f"rack-{n}")
        self.service.open(template)
        shell.ok("login", self.service.url, "--method", "dev", "--username", "admin")
        write_configs(shell, BEFORE, "before")
        shell.ok("config", "apply", "before", "--yes")
        self.earlier_tags.update(self.tags())
        write_configs(shell, WANTED)
        self.service.close()

    def undisturbed(self, dialect: str, *words: str) -> tuple[list[str], Any, int]:
        """Return the writes of an apply that nothing happens to, the state after it, and the
        number of its requests."""
        key = (dialect, *words)
        if key not in self.expected:
            shell = self.begin(dialect)
            self.service.front = recorder = Recorder(self)
            result = shell.osmo(*APPLY, *words)
            assert result.code == 0, result
            self.expected[key] = self.sent, self.state(), recorder.requests
        return self.expected[key]

    def state(self) -> Any:
        """What is stored, read by a client that nothing happens to."""
        ask = self.service.ask
        rows = CONFIG_TYPES.items()
        return {name: lasting(ask(f"/api/configs/{row.path}")) for name, row in rows}

    def tags(self) -> list[str]:
        """The tags of all revisions that an apply has made, each as often as it stands there."""
        query = {"omit_data": "True", "limit": "1000"}
        entries = self.service.ask("/api/configs/history", query)["configs"]
        tags = [tag for entry in entries for tag in entry["tags"] or () if "apply-" in tag]
        return [tag for tag in tags if tag not in self.earlier_tags]


def lasting(value: Any) -> Any:
    """A configuration without the times in it."""
    if isinstance(value, dict):
        return {key: lasting(member) for key, member in value.items() if key not in VOLATILE}
    return [lasting(member) for member in value] if isinstance(value, list) else value


def without_masks(state: Any) -> Any:
    """A state without the masks, which the first revision has for empty secrets too."""
    return json.loads(json.dumps(state).replace(f'"{MASK}"', '""'))


@dataclass
class Recorder:
    """A front that records what is stored, and calls `at` around each request."""

    world: World
    requests: int = 0

    def before(self) -> None:
        """Called before a request gets to the service."""

    def after(self) -> None:
        """Called when it is answered."""

    def __call__(self, request: Request, forward: Forward) -> bytes:
        self.requests += 1
        self.before()
        answer = forward()
        note(self.world.sent, request, answer)
        self.after()
        return answer


def note(sent: list[str], request: Request, answer: bytes) -> None:
    """Record a write that the service has taken, without the tag that differs from run to run."""
    if request.method == "GET" or not answer.startswith(b"HTTP/1.1 2"):
        return
    body = json.loads(request.body)
    tags = [tag for tag in body.pop("tags", None) or () if not tag.startswith("apply-")]
    sent.append(f"{request.method} {request.target} {json.dumps(body)} {tags}")


def version(number: int) -> str:
    """Return the version of the service for a run; a new one takes time to prepare."""
    dialects = list(DIALECTS)
    return dialects[(SEED + number % min(VERSIONS, len(dialects))) % len(dialects)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("applies")
    new_database(folder / "none.db", next(iter(DIALECTS)))
    with fronted(folder / "none.db") as service:
        yield World(folder, service)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_BACKOFF_SECONDS", 0.001)


@dataclass
class Killer(Recorder):
    """Kills a process at a request: before it is handled, after it, or a little later."""

    at: int = 0
    moment: str = ""
    delay: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    started: threading.Event = field(default_factory=threading.Event)

    def before(self) -> None:
        self._kill_if("before")

    def after(self) -> None:
        self._kill_if("after")
        if self.requests == self.at and self.moment == "later":
            threading.Timer(self.delay, self._kill).start()

    def _kill_if(self, moment: str) -> None:
        if self.requests == self.at and self.moment == moment:
            self._kill()

    def _kill(self) -> None:
        self.started.wait()
        assert self.process is not None
        if self.process.returncode is None:
            os.kill(self.process.pid, signal.SIGKILL)


def journals_of(shell: Shell) -> list[Path]:
    """Return the journals of a user's applies."""
    return list(shell.home.rglob("apply/*.jsonl"))


def check_resumed(world: World, shell: Shell, dialect: str, point: str) -> Iterator[str]:
    """Resume what was begun; yields what is wrong before and after."""
    writes, state, _ = world.undisturbed(dialect)
    begun = list(world.sent)
    if begun != writes[: len(begun)]:
        yield f"{point}: not the first requests of the plan: {begun}"
    journals = journals_of(shell)
    if any(SECRET in path.read_text() or path.stat().st_mode & 0o77 for path in journals):
        yield f"{point}: the journal shows a secret"
    world.service.front = Recorder(world)
    resumed = shell.osmo("config", "apply", "--resume")
    if resumed.code == 2 and "no interrupted apply" in resumed.err:
        if len(begun) not in (0, len(writes)):
            yield f"{point}: nothing to resume after {len(begun)} of {len(writes)} writes"
        if not begun:
            resumed = shell.osmo(*APPLY)
    elif resumed.code != 0:
        yield f"{point}: {resumed}"
    if SECRET in resumed.out + resumed.err:
        yield f"{point}: a secret is printed"
    if world.sent != writes:
        yield f"{point}: {len(begun)} writes, then not the rest: {world.sent[len(begun) :]}"
    if world.state() != state:
        yield f"{point}: another state than that of the plan"
    tags = world.tags()
    if len(tags) != len(writes) or len(set(tags)) != 1:
        yield f"{point}: the revisions have the tags {tags}"


def kill(world: World, dialect: str, picker: random.Random) -> Iterator[str]:
    """Kill an apply at a random point; yields what is wrong then and after resuming it."""
    _, _, requests = world.undisturbed(dialect)
    shell = world.begin(dialect)
    killer = Killer(world, at=picker.randint(1, requests))
    killer.moment = picker.choice(["before", "after", "later"])
    killer.delay = picker.random() * 0.02
    world.service.front = killer
    killer.process = process = subprocess.Popen(
        [OSMO, *APPLY],
        env=shell.env,
        cwd=shell.home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    killer.started.set()
    _, errors = process.communicate(timeout=LIMIT_SECONDS)
    code = process.returncode
    world.service.server.settle()
    point = f"{dialect}, {killer.moment} request {killer.at} of {requests}"
    if code not in (-signal.SIGKILL, 0):
        yield f"{point}: ended with {code}: {errors.decode()}"
    yield from check_resumed(world, shell, dialect, point)


def test_a_killed_apply_is_a_prefix_of_its_plan_and_is_resumed(
    world: World, figures: list[str]
) -> None:
    picker = random.Random(SEED)
    wrong = []
    for number in range(KILLS):
        wrong += kill(world, version(number), picker)
    figures.append(f"killed applies: {KILLS} (seed {SEED}; OSMO_FAULTS=all kills 50)")
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.thorough
def test_a_secret_that_changed_since_the_kill_is_sent(world: World) -> None:
    """The wanted state holds no secrets, so that a file with another one is the same input."""
    _, _, requests = world.undisturbed("6.3")
    shell = world.begin("6.3")
    world.service.front = killer = Killer(world, at=requests - 2, moment="before")
    killer.process = process = subprocess.Popen([OSMO, *APPLY], env=shell.env, cwd=shell.home)
    killer.started.set()
    assert process.wait(LIMIT_SECONDS) == -signal.SIGKILL
    world.service.server.settle()
    file = shell.home / "configs" / "workflow.yaml"
    original = file.read_text()
    file.write_text(original.replace(SECRET, "canary-53-Secret"))
    sent = []

    def front(request: Request, forward: Forward) -> bytes:
        if request.method == "PATCH" and "/workflow" in request.target:
            body = json.loads(request.body)["configs_dict"]
            sent.append(body["workflow_log"]["credential"]["access_key"])
        return forward()

    world.service.front = front
    try:
        resumed = shell.osmo("config", "apply", "--resume")
    finally:
        file.write_text(original)
    assert resumed.code == 0, resumed
    assert sent == ["canary-53-Secret"]


@dataclass(frozen=True)
class Fault:
    """What happens to one write of an apply, and to the reads after it.

    Attributes:
        at: which write.
        answer: the answer to the write, by its name in `BAD`.
        stored: whether the write gets to the service.
        read: whether all reads after it are answered so too.
        on_failure: the option of the apply.
    """

    at: int
    answer: str
    stored: bool
    read: bool
    on_failure: str


@dataclass
class Faulty(Recorder):
    """A front that gives one fault."""

    fault: Fault = Fault(0, "", False, False, "")
    writes: int = 0

    def __call__(self, request: Request, forward: Forward) -> bytes | Iterator[bytes]:  # type: ignore[override]
        fault = self.fault
        if request.method == "GET":
            return self._bad() if fault.read and self.writes >= fault.at else forward()
        # The rollback at the start asks whether the service is in ConfigMap mode.
        self.writes += not request.target.endswith("/rollback")
        is_hit = self.writes == fault.at and not request.target.endswith("/rollback")
        answer = forward() if fault.stored or not is_hit else b""
        note(self.world.sent, request, answer)
        return self._bad() if is_hit else answer

    def _bad(self) -> bytes | Iterator[bytes]:
        content = BAD[self.fault.answer].wire
        return self._silence() if content == SILENCE else content

    def _silence(self) -> Iterator[bytes]:
        self.world.service.server.closing.wait(float(TIMEOUT) + 0.5)
        yield b""


def fail(world: World, dialect: str, fault: Fault) -> Iterator[str]:
    """Run an apply with a fault; yields what is wrong with its end, and with resuming it."""
    writes, after, _ = world.undisturbed(dialect)
    shell = world.begin(dialect)
    before = world.state()
    world.service.front = Faulty(world, fault=fault)
    result = shell.osmo("--timeout", TIMEOUT, *APPLY, "--on-failure", fault.on_failure)
    world.service.front = Recorder(world)
    state, point = world.state(), f"{dialect}, {fault}: {result.code} {result.err}"
    if "internal error" in result.err or "Traceback" in result.err or SECRET in result.err:
        yield f"{point}: not an error of its own"
    if result.code == 0:
        if fault.read or world.sent != writes or state != after:
            yield f"{point}: a false success"
        return
    unknown = "unknown outcome" in result.err or "what is stored could not be read" in result.err
    if not (unknown if fault.read else SAID.search(result.err)):
        yield f"{point}: the outcome is not said"
    if fault.on_failure == "stop":
        if not fault.read and fault.stored:
            yield f"{point}: stored, and reported as a failure"
        if "osmo config apply --resume" not in result.err:
            yield f"{point}: does not say how to go on"
        yield from check_resumed(world, shell, dialect, point)
        return
    complete = without_masks(state) == without_masks(before)
    if not complete and "the rollback is not complete" not in result.err:
        yield f"{point}: what is not rolled back is not said"
    if not fault.read and not complete:
        changed = [name for name in state if state[name] != before[name]]
        yield f"{point}: not rolled back: {[(before[name], state[name]) for name in changed]}"
    again = shell.osmo("config", "apply", "--resume")
    if again.code != (2 if complete and "--resume" not in result.err else 0):
        yield f"{point}: the rollback is {'complete' if complete else 'not complete'}: {again}"
    if without_masks(world.state()) != without_masks(before):
        yield f"{point}: not rolled back by resuming"


def test_new_items_are_rolled_back_after_what_uses_them(world: World) -> None:
    # The templates are written before the pools that use them, and deleted after these.
    writes, _, _ = world.undisturbed("6.3")
    fault = Fault(len(writes), "500", stored=False, read=False, on_failure="rollback")
    assert list(fail(world, "6.3", fault)) == []


@dataclass
class KillerOfRollback(Faulty):
    """A front that fails one write, and kills the process at a later request."""

    killer: Killer | None = None
    requests_since: int = 0

    def __call__(self, request: Request, forward: Forward) -> bytes | Iterator[bytes]:
        # The request that fails may be looked up and sent again, but the journal goes first.
        is_after = self.writes >= self.fault.at
        self.requests_since += is_after
        if is_after and self.killer is not None:
            return self.killer(request, forward)
        return super().__call__(request, forward)


def kill_rollback(world: World, dialect: str, picker: random.Random) -> Iterator[str]:
    """Kill an apply while it rolls back; yields what is wrong after resuming it."""
    writes, after, _ = world.undisturbed(dialect)
    words = [*APPLY, "--on-failure", "rollback"]
    fault = Fault(len(writes), "500", stored=False, read=False, on_failure="rollback")
    shell = world.begin(dialect)
    before = without_masks(world.state())
    world.service.front = front = KillerOfRollback(world, fault=fault)
    shell.osmo(*words)

    shell = world.begin(dialect)
    killer = Killer(world, at=picker.randint(1, front.requests_since))
    killer.moment = picker.choice(["before", "after", "later"])
    killer.delay = picker.random() * 0.02
    point = f"{dialect}, {killer.moment} request {killer.at} of {front.requests_since}"
    world.service.front = KillerOfRollback(world, fault=fault, killer=killer)
    killer.process = process = subprocess.Popen(
        [OSMO, *words], env=shell.env, cwd=shell.home, stderr=subprocess.PIPE
    )
    killer.started.set()
    process.communicate(timeout=LIMIT_SECONDS)
    world.service.server.settle()
    was_rolling_back = any("rolling_back" in path.read_text() for path in journals_of(shell))
    world.service.front = Recorder(world)
    resumed = shell.osmo("config", "apply", "--resume")
    wanted = before if was_rolling_back else without_masks(after)
    if resumed.code == 2 and "no interrupted apply" in resumed.err:
        wanted = before
    elif resumed.code != 0 or ("rolled back" in resumed.out) is not was_rolling_back:
        yield f"{point}: {resumed}"
    if without_masks(world.state()) != wanted:
        yield f"{point}: not the state that was to be: {resumed}"
    if SECRET in resumed.out + resumed.err:
        yield f"{point}: a secret is printed"


@pytest.mark.thorough
def test_a_killed_rollback_is_finished(world: World, figures: list[str]) -> None:
    picker = random.Random(SEED)
    number = 25 if EVERY else max(FAULTS // 4, 1)
    wrong = [text for n in range(number) for text in kill_rollback(world, version(n), picker)]
    figures.append(f"killed rollbacks: {number} (seed {SEED}; OSMO_FAULTS=all kills 25)")
    assert not wrong, "\n".join(wrong[:20])


def test_what_somebody_else_has_stored_meanwhile_is_not_rolled_back(world: World) -> None:
    writes, _, _ = world.undisturbed("6.3")
    shell = world.begin("6.3")
    before = without_masks(world.state())
    fault = Fault(len(writes), "500", stored=False, read=False, on_failure="rollback")
    faulty = Faulty(world, fault=fault)

    def front(request: Request, forward: Forward) -> bytes | Iterator[bytes]:
        if faulty.writes + 1 == len(writes) and request.method != "GET":
            body = {"configs_dict": {"max_num_tasks": 77}}
            world.service.ask("/api/configs/workflow", method="PATCH", body=body)
        return faulty(request, forward)

    world.service.front = front
    result = shell.osmo(*APPLY, "--on-failure", "rollback")
    assert result.code == 10, result
    assert "WORKFLOW cannot be rolled back to revision" in result.err
    assert "it was changed meanwhile (revision" in result.err
    assert "the rollback is not complete: `osmo config plan DIR` shows what differs" in result.err
    state = without_masks(world.state())
    assert state["WORKFLOW"]["max_num_tasks"] == 77
    assert {**state, "WORKFLOW": before["WORKFLOW"]} == before
    assert shell.osmo("config", "apply", "--resume").code == 2


def test_a_failing_service_leaves_a_prefix_that_is_said_and_resumed(
    world: World, figures: list[str]
) -> None:
    picker = random.Random(SEED)
    wrong = []
    for number in range(FAULTS):
        writes, _, _ = world.undisturbed(version(number))
        fault = Fault(
            picker.randint(1, len(writes)),
            picker.choice([*BAD]),
            picker.random() < 0.5,
            picker.random() < 0.3,
            picker.choice(["stop", "rollback"]),
        )
        if BAD[fault.answer].refuses and fault.stored:
            fault = replace(fault, stored=False)  # a refusal is believed
        wrong += fail(world, version(number), fault)
    figures.append(f"failing applies: {FAULTS} (seed {SEED}; OSMO_FAULTS=all runs 100)")
    assert not wrong, "\n".join(wrong[:20])


def test_of_two_applies_at_once_one_wins_and_the_other_stops(
    world: World, tmp_path: Path, figures: list[str]
) -> None:
    dialect = "6.3"
    writes, after, _ = world.undisturbed(dialect)
    first = world.begin(dialect)
    second = Shell(tmp_path / "second", first.env | {"HOME": str(tmp_path / "second")})
    shutil.copytree(first.home, second.home)
    at_once = threading.Barrier(2)

    def front(request: Request, forward: Forward) -> bytes:
        # The last request before the journal begins, once in each apply.
        if request.target.endswith("/rollback"):
            at_once.wait(LIMIT_SECONDS)
        answer = forward()
        note(world.sent, request, answer)
        return answer

    world.service.front = front
    processes = [
        subprocess.Popen(
            [OSMO, *APPLY],
            env=shell.env,
            cwd=shell.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for shell in (first, second)
    ]
    ends = [
        (*process.communicate(timeout=LIMIT_SECONDS), process.returncode) for process in processes
    ]
    won, lost = sorted(ends, key=lambda end: end[2])
    assert (won[2], lost[2]) == (0, 6), ends
    tags = world.tags()
    by_winner = [tag for tag in tags if tag in won[0]]
    assert len(by_winner) == len(writes), ends
    assert "was changed" in lost[1]
    # What the other wrote before it saw the first is one step, and one of the two says it.
    by_other = len(tags) - len(by_winner)
    assert by_other <= 1
    assert not by_other or "at the same time" in won[1] + lost[1]
    assert world.state() == after
    figures.append(f"two applies at once: {len(writes)} writes of one, {by_other} of the other")
