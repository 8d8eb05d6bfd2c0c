"""Reading what may never end: a limit in time for pipes, in size for all, none for people."""

from __future__ import annotations

import errno
import os
import pty
import threading
import time
from pathlib import Path

import pytest

from osmo_cli import interruption
from osmo_cli.bounded_files import read_bytes, read_open

SECONDS = 0.1


@pytest.fixture(autouse=True)
def _short_limit() -> object:
    before = interruption.limit()
    interruption.set_limit(SECONDS)
    yield
    interruption.set_limit(before)


def test_a_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 200_000)
    assert read_bytes(file, 200_000) == b"x" * 200_000
    with pytest.raises(OSError, match="larger than 195 KiB") as caught:
        read_bytes(file, 199_999)
    assert caught.value.errno == errno.EFBIG


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom"])
def test_a_device_without_an_end_is_too_large(device: str) -> None:
    with pytest.raises(OSError, match="larger than 1 MiB"):
        read_bytes(device, 1 << 20)


def test_a_device_without_content_is_empty() -> None:
    assert read_bytes(os.devnull) == b""


@pytest.mark.parametrize("has_writer", [True, False])
def test_a_pipe_has_a_time_limit(tmp_path: Path, has_writer: bool) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR) if has_writer else None
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"it does not end within 0\.1 seconds"):
        read_bytes(pipe)
    assert SECONDS <= time.monotonic() - started < 5
    if writer is not None:
        os.close(writer)


def test_a_pipe_that_drips_has_the_limit_for_the_whole(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    ended = threading.Event()

    def drip() -> None:
        while not ended.wait(SECONDS / 10):
            os.write(writer, b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    with pytest.raises(TimeoutError):
        read_open(reader)
    ended.set()
    thread.join()
    os.close(reader)
    os.close(writer)


def test_a_person_has_no_limit() -> None:
    leader, follower = pty.openpty()
    timer = threading.Timer(SECONDS * 3, lambda: os.write(leader, b"typed\n\x04"))
    timer.start()
    assert read_open(follower) == b"typed\n"
    timer.join()
    os.close(leader)
    os.close(follower)


@pytest.mark.parametrize(
    ("name", "error"),
    [("missing", FileNotFoundError), (".", IsADirectoryError), ("a\0b", ValueError)],
)
def test_what_cannot_be_read(name: str, error: type[Exception], tmp_path: Path) -> None:
    with pytest.raises(error):
        read_bytes(f"{tmp_path}/{name}")
