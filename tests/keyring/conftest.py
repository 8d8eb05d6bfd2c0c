"""A real Secret Service for each test: its own D-Bus, gnome-keyring-daemon and home."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAMS = ("dbus-daemon", "gnome-keyring-daemon")
# No service directory: nothing is started by asking for it, above all no real dialog.
BUS_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={folder}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.keyring)


@dataclass
class SecretService:
    """A running gnome-keyring with an unlocked default collection, and its user's home."""

    home: Path
    environment: dict[str, str]
    daemon: subprocess.Popen[bytes]
    stopped: bool = False

    def stop(self) -> None:
        """Let the daemon hang, as a stuck one does."""
        self.daemon.send_signal(signal.SIGSTOP)
        self.stopped = True

    def go_on(self) -> None:
        self.daemon.send_signal(signal.SIGCONT)
        self.stopped = False

    def end(self) -> None:
        """The keyring goes away; the bus stays."""
        self.daemon.terminate()
        self.daemon.wait(5)

    def lock(self) -> None:
        import secretstorage

        with contextlib.closing(secretstorage.dbus_init()) as connection:
            collection = secretstorage.get_default_collection(connection)
            collection.lock()
            assert collection.is_locked()

    def run(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run Python code as another process of this user, without a terminal."""
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )


@pytest.fixture
def secret_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretService]:
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        pytest.skip(f"no real keyring: install gnome-keyring and dbus (no {', '.join(missing)})")
    # Not pytest's folder: a socket's path has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="osmo-") as folder, contextlib.ExitStack() as stack:
        home = Path(folder)
        (home / "run").mkdir(mode=0o700)
        for name in ("CI", "DISPLAY", "WAYLAND_DISPLAY", "PYTHON_KEYRING_BACKEND"):
            monkeypatch.delenv(name, raising=False)
        for name in [name for name in os.environ if name.startswith(("OSMO_", "XDG_", "DBUS_"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", _start_bus(home, stack))
        daemon = _start_keyring(stack)
        _forget_backend(monkeypatch)
        service = SecretService(home, dict(os.environ), daemon)
        yield service
        if service.stopped:
            service.go_on()


def _start_bus(home: Path, stack: contextlib.ExitStack) -> str:
    configuration = home / "run" / "bus.conf"
    configuration.write_text(BUS_CONFIGURATION.format(folder=home / "run"))
    bus = subprocess.Popen(
        ["dbus-daemon", f"--config-file={configuration}", "--print-address", "--nofork"],
        stdout=subprocess.PIPE,
        text=True,
    )
    stack.callback(_end, bus)
    assert bus.stdout is not None
    return bus.stdout.readline().strip()


def _start_keyring(stack: contextlib.ExitStack) -> subprocess.Popen[bytes]:
    daemon = subprocess.Popen(
        ["gnome-keyring-daemon", "--unlock", "--components=secrets", "--foreground"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    stack.callback(_end, daemon)
    assert daemon.stdin is not None
    daemon.stdin.write(b"password of the tests")
    daemon.stdin.close()
    import secretstorage

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.closing(secretstorage.dbus_init()) as connection:
            try:
                if not secretstorage.Collection(connection).is_locked():
                    return daemon
            except secretstorage.SecretStorageException:
                time.sleep(0.02)
    raise AssertionError("gnome-keyring-daemon did not come up within 10 s")


def _end(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _forget_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """keyring remembers its choice as long as the process; each test makes its own."""
    import keyring.core

    monkeypatch.setattr(keyring.core, "_keyring_backend", None)


class Prompter:
    """Stands where gnome-keyring looks for the program that shows its dialogs."""

    NAME = "org.gnome.keyring.SystemPrompter"

    def __init__(self) -> None:
        from jeepney.bus_messages import message_bus
        from jeepney.io.blocking import Proxy, open_dbus_connection

        self.connection = open_dbus_connection()
        Proxy(message_bus, self.connection).RequestName(self.NAME)

    def was_asked(self, within: float) -> bool:
        """Whether a dialog was asked for; waits for it `within` seconds."""
        from jeepney import HeaderFields, MessageType

        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            try:
                message = self.connection.receive(timeout=left)
            except TimeoutError:
                return False
            is_call = message.header.message_type is MessageType.method_call
            if is_call and message.header.fields.get(HeaderFields.member) == "BeginPrompting":
                return True
        return False


@pytest.fixture
def prompter(secret_service: SecretService) -> Iterator[Prompter]:
    stand_in = Prompter()
    yield stand_in
    stand_in.connection.close()
