"""The journal of an apply: what cannot be read or written is one clear error."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from osmo_cli.errors import ConflictError, OsmoError, UsageError
from osmo_cli.plan import journal as journals

SERVICE = "https://osmo.example.com"
HEADER: dict[str, Any] = dict.fromkeys(journals._FIELDS) | {"service": SERVICE, "bases": {}}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "osmo" / "apply"


def begun() -> Path:
    """A journal with one step that was begun; returns its file."""
    with journals.start(HEADER) as journal:
        journal.about_to("POOL", ["a"], 4)
    return journal.path


def test_it_is_private_and_goes_on_where_it_was_left(folder: Path) -> None:
    path = begun()
    assert (path.parent, path.stat().st_mode & 0o777) == (folder, 0o600)
    with journals.resume(SERVICE) as journal:
        assert journal.entries == [journals.Entry("POOL", ("a",), 4, None, done=False)]
        with pytest.raises(ConflictError, match="still running"):
            journals.resume(SERVICE)
        journal.done("POOL", ["a"], 5)
        journal.finish("done")
    with pytest.raises(UsageError, match="no interrupted apply"):
        journals.resume(SERVICE)


def test_a_line_that_was_cut_off_is_not_continued() -> None:
    path = begun()
    with path.open("a") as file:
        file.write('{"done": "PO')
    for number in range(2):
        with journals.resume(SERVICE) as journal:
            assert len(journal.entries) == number + 1
            journal.about_to("ROLE", ["r"], 1)
    assert all(json.loads(line) for line in path.read_text().splitlines())


@pytest.mark.parametrize("text", ["", '{"format": 1, "serv'])
def test_a_journal_that_was_cut_off_before_the_first_request_is_none(text: str) -> None:
    begun().write_text(text)
    with pytest.raises(UsageError, match="no interrupted apply"):
        journals.resume(SERVICE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("binary \x00\n", "line 1 is not one"),
        ("[]\n", "line 1 is not one"),
        (json.dumps({"format": 1, "service": SERVICE}) + "\n", "line 1 is not one"),
        (json.dumps({"format": 1, **HEADER}) + "\n[1]\n", "line 2 is not one"),
        (json.dumps({"format": 1, **HEADER}) + '\n{"about_to": "POOL"}\n', "line 2 is not one"),
        (json.dumps(HEADER) + "\n", "another version"),
        (json.dumps({"format": 2, "service": SERVICE}) + "\n", "another version"),
    ],
)
def test_a_journal_that_cannot_be_understood_is_said(text: str, message: str) -> None:
    path = begun()
    path.write_text(text)
    with pytest.raises(UsageError, match=message) as error:
        journals.resume(SERVICE)
    assert str(path) in error.value.message
    assert "remove the file" in str(error.value.hint)


def test_a_state_directory_that_cannot_be_written_is_said(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("a file")
    with pytest.raises(UsageError, match="cannot write"):
        journals.start(HEADER)


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with journals.start(HEADER) as journal:
        monkeypatch.setattr(journals, "append_synced", full)
        with pytest.raises(OsmoError, match="No space left on device"):
            journal.about_to("POOL", ["a"], 4)
    assert not journal.entries
