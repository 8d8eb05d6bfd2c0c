"""What holds for every test: an empty home, no login of this machine, no network but loopback.

`OSMO_TEST_NO_SKIPS=1` (as .ci/run sets it) turns each skip into a failure.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.support import sampling
from tests.support.kubernetes_clients import kubernetes_clients
from tests.support.shells import admin, service, shell

__all__ = ["admin", "kubernetes_clients", "service", "shell"]  # fixtures for all

RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "osmo"
UNIT_TESTS = Path(__file__).with_name("unit")

# On a busy machine the time of one example says nothing.
# What a change is judged by is the same in each run of CI; other runs search on.
settings.register_profile(
    "osmo", deadline=None, max_examples=sampling.examples(100), derandomize=sampling.ALL
)
settings.load_profile("osmo")

_NO_SKIPS = bool(os.environ.get("OSMO_TEST_NO_SKIPS"))
_PERSONAL = ("OSMO_", "XDG_", "DBUS_")
_PERSONAL_WORDS = {"EDITOR", "VISUAL", "NETRC", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"}
_PROXIES = {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}
_SOCKET_CONNECT = socket.socket.connect
_SOCKET_CONNECT_EX = socket.socket.connect_ex


FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []
    sampling.seed()  # before other processes start, which then have the same


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    # Tests that wait for a keyring or a time limit leave a processor to others.
    return (os.cpu_count() or 1) + 1


def pytest_report_header() -> str:
    if sampling.ALL:
        return "every test, for every service version"
    return f"a sample of the tests, by seed {sampling.seed()}; OSMO_TEST_ALL=1 runs all of them"


def pytest_sessionfinish(session: pytest.Session) -> None:
    # A process of several that run tests gives its lines to the one that prints.
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = session.config.stash[FIGURES]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[FIGURES].extend(getattr(node, "workeroutput", {}).get("figures", []))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash[FIGURES]:
        terminalreporter.write_line(line)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not sampling.ALL and config.args_source != pytest.Config.ArgsSource.ARGS:
        items[:], left = sampling.split(items)
        config.hook.pytest_deselected(items=left)
    # Long files first and many short ones last: the processes of a parallel run end together.
    items.sort(key=lambda item: UNIT_TESTS in item.path.parents)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if _NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and OSMO_TEST_NO_SKIPS is set: {report.longrepr}"
    return report


def _is_personal(name: str) -> bool:
    return name.startswith(_PERSONAL) or name in _PERSONAL_WORDS or name.lower() in _PROXIES


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory; nothing in the environment leads out of it."""
    for name in [name for name in os.environ if _is_personal(name)]:
        monkeypatch.delenv(name)
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700, exist_ok=True)
    monkeypatch.setenv("HOME", str(folder))
    return folder


class NetworkUsedError(AssertionError):
    """A test tried to reach something that is not this machine."""


def _check_address(sock: socket.socket, address: Any) -> None:
    if sock.family == socket.AF_UNIX:
        return
    host = address[0] if isinstance(address, tuple) else address
    try:
        allowed = ipaddress.ip_address(host).is_loopback
    except ValueError:
        allowed = host == "localhost"
    if not allowed:
        raise NetworkUsedError(f"a test connects to {address!r}")


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: socket.socket, address: Any) -> None:
        _check_address(self, address)
        _SOCKET_CONNECT(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _check_address(self, address)
        return _SOCKET_CONNECT_EX(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Folder of what was recorded from real services; it is not part of a clone."""
    if not RECORDINGS.is_dir():
        pytest.skip(f"no recordings of real services: {RECORDINGS.name} is not beside this clone")
    return RECORDINGS


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> list[str]:
    """Lines for the end of the run's output."""
    return request.config.stash[FIGURES]
