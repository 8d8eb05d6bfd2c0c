"""Private folders and files: their modes, and whose they are."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from osmo_cli.private_files import (
    ForeignFileError,
    create_private,
    make_private_dir,
    read_private,
    replace_private,
)


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o277], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """A umask of the user."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask")
def test_every_folder_that_is_created_is_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private_dir(tmp_path / ".local" / "state" / "osmo")
    for folder in (".local", ".local/state", ".local/state/osmo"):
        assert _mode(tmp_path / folder) == 0o700
    assert _mode(tmp_path) == 0o755


def test_folders_that_exist_keep_their_mode(tmp_path: Path) -> None:
    (tmp_path / ".config").mkdir(mode=0o755)
    replace_private(tmp_path / ".config" / "osmo" / "file", "text")
    assert _mode(tmp_path / ".config") == 0o755
    assert _mode(tmp_path / ".config" / "osmo") == 0o700


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_files_are_private(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        create_private(tmp_path / "new", "text")
        replace_private(tmp_path / "replaced", "text")
    finally:
        os.umask(before)
    assert {_mode(tmp_path / name) for name in ("new", "replaced")} == {0o600}


def test_a_file_in_the_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "osmo").write_text("")
    with pytest.raises(NotADirectoryError):
        make_private_dir(tmp_path / "osmo")


def _give_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `path` belong to somebody who is neither this user nor root."""
    if os.geteuid() == 0:
        os.chown(path, 12345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)


def test_a_foreign_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "profiles.json"
    file.write_text("{}")
    assert read_private(file) == b"{}"
    _give_away(file, monkeypatch)
    with pytest.raises(ForeignFileError, match="belongs to another user") as caught:
        read_private(file)
    assert str(file) in caught.value.message
    assert "chown" in (caught.value.hint or "")


def test_a_foreign_folder_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "osmo"
    folder.mkdir()
    _give_away(folder, monkeypatch)
    with pytest.raises(ForeignFileError, match="belongs to another user"):
        replace_private(folder / "file", "text")
    assert list(folder.iterdir()) == []
