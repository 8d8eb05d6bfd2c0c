"""A plan reads the types that it needs side by side, once each; errors and Ctrl-C end all reads."""

from __future__ import annotations

import base64
import json
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import V6_3
from osmo_cli.local.admin import add_backend
from tests.support.config_directories import CONFIGS, write_configs
from tests.support.databases import new_database
from tests.support.fronted import Forward, Fronted, fronted
from tests.support.loopback import Request, answer
from tests.support.processes import OSMO, Shell

_LIST = re.compile(r"/api/configs/(?!history)(\w+)$")


@dataclass
class Watch:
    """A front that counts how many lists are read at once.

    Attributes:
        seconds: how long each list takes.
    """

    seconds: float = 0.15
    running: int = 0
    most: int = 0
    times: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request, forward: Forward) -> bytes:
        if not _LIST.search(request.target.split("?")[0]):
            return forward()
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.times.append(time.monotonic())
        time.sleep(self.seconds)
        with self.lock:
            self.running -= 1
            self.times.append(time.monotonic())
        return forward()


@contextmanager
def service_and_shell(folder: Path) -> Iterator[tuple[Fronted, Shell]]:
    new_database(folder / "service.db", "6.3")
    add_backend(folder / "service.db", "gpu-a")
    with fronted(folder / "service.db") as service:
        shell = Shell.at(folder / "home")
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        role = {"name": "r", "description": "", "policies": []}
        write_configs(shell, CONFIGS | {"role/r.json": role})
        shell.ok("version")
        yield service, shell


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[tuple[Fronted, Shell]]:
    with service_and_shell(tmp_path) as pair:
        yield pair


def test_each_type_is_read_once_and_the_reads_overlap(slow: tuple[Fronted, Shell]) -> None:
    service, shell = slow
    service.front = watch = Watch()
    service.server.requests.clear()
    result = shell.osmo("config", "plan", "configs", "--prune")
    assert result.code == 0, result
    requests = [request.target for request in service.server.requests]
    lists = Counter(match[1] for target in requests if (match := _LIST.search(target)))
    assert len(lists) >= 5
    assert set(lists.values()) == {1}, lists
    assert sum("/history" in target for target in requests) == 1
    assert watch.most >= 3
    # One after the other they would take all of it.
    assert watch.times[-1] - watch.times[0] < 0.7 * len(lists) * watch.seconds
    again = shell.osmo("config", "plan", "configs", "--prune")
    assert (result.code, result.out, result.err) == (again.code, again.out, again.err)


@pytest.mark.parametrize("target", [("copy",), ("--helm", "-")], ids=" ".join)
def test_an_export_reads_each_type_once_and_side_by_side(
    slow: tuple[Fronted, Shell], target: tuple[str, ...]
) -> None:
    service, shell = slow
    service.front = watch = Watch()
    service.server.requests.clear()
    result = shell.osmo("config", "export", *target)
    assert result.code == 0, result
    targets = [request.target for request in service.server.requests]
    lists = Counter(match[1] for target in targets if (match := _LIST.search(target)))
    assert len(lists) == len(V6_3.config_types)
    assert set(lists.values()) == {1}, lists
    assert watch.most >= 3


def test_of_several_failed_reads_one_is_reported_always_the_same(
    slow: tuple[Fronted, Shell],
) -> None:
    service, shell = slow

    def front(request: Request, forward: Forward) -> bytes:
        match = _LIST.search(request.target)
        if match is None:
            return forward()
        time.sleep(0.1 if match[1] == "workflow" else 0)
        return answer(500, json.dumps({"message": f"no {match[1]} today"}))

    service.front = front
    for _ in range(2):
        result = shell.osmo("config", "plan", "configs")
        assert (result.code, result.out) == (10, "")
        assert result.err.count("error: ") == 1
        assert "no workflow today" in result.err


def test_a_login_that_ends_meanwhile_is_renewed_once(slow: tuple[Fronted, Shell]) -> None:
    service, shell = slow
    issued: list[str] = []

    def jwt() -> str:
        body = {"exp": time.time() + 900, "n": len(issued)}
        parts = ({"alg": "none"}, body, "signature")
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
        issued.append(".".join(part.rstrip("=") for part in encoded))
        return issued[-1]

    def front(request: Request, forward: Forward) -> bytes:
        if "access_token" in request.target:
            return answer(200, json.dumps({"token": jwt(), "expires_at": 0, "error": None}))
        if _LIST.search(request.target):
            time.sleep(0.05)
            if request.headers.get("x-osmo-auth") == issued[0]:
                return answer(401, '{"message": "Jwt is expired"}')
        request.headers["x-osmo-user"] = "admin"
        return forward()

    service.front = front
    shell.env |= {"OSMO_URL": service.url, "OSMO_TOKEN": "an-access-token"}
    result = shell.osmo("config", "plan", "configs")
    assert result.code == 0, result
    assert len(issued) == 2


def test_ctrl_c_ends_the_reads(slow: tuple[Fronted, Shell]) -> None:
    service, shell = slow
    asked, done = threading.Event(), threading.Event()

    def front(request: Request, forward: Forward) -> bytes:
        if _LIST.search(request.target):
            asked.set()
            done.wait(20)
        return forward()

    service.front = front
    process = subprocess.Popen(
        [OSMO, "config", "plan", "configs"],
        env=shell.env,
        cwd=shell.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert asked.wait(20)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
        done.set()
    assert (process.returncode, out, err) == (3, "", "interrupted\n")
    assert time.monotonic() - started < 5
