"""The net under all other tests: they reach neither the network nor this user's files."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from osmo_cli import paths


def test_the_network_is_out_of_reach() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock,
        pytest.raises(AssertionError, match=r"192\.0\.2\.1"),
    ):
        sock.connect(("192.0.2.1", 443))


def test_a_name_is_not_looked_up_by_connecting() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock,
        pytest.raises(AssertionError, match=r"example\.com"),
    ):
        sock.connect_ex(("example.com", 443))


def test_loopback_and_unix_sockets_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    with (
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as client,
    ):
        # Relative, as the path of a Unix socket has at most 107 characters.
        monkeypatch.chdir(tmp_path)
        server.bind("s")
        server.listen()
        client.connect("s")


def test_every_folder_of_the_program_is_below_the_temporary_home(home: Path) -> None:
    folders = [paths.config_dir(), paths.cache_dir(), paths.state_dir(), paths.data_dir()]
    assert all(folder.is_relative_to(home) for folder in folders)
    assert not [name for name in os.environ if name.startswith(("OSMO_", "DBUS_"))]
