"""Whether a secret was sent before, without keeping it."""

from __future__ import annotations

from pathlib import Path

import pytest

from osmo_cli.credentials import fingerprints
from osmo_cli.credentials.origin import parse_origin

PROD = parse_origin("https://osmo.example.com")
STAGE = parse_origin("https://stage.example.com")
KEY = "WORKFLOW/workflow_data.credential.access_key"


@pytest.fixture
def file(home: Path) -> Path:
    return home / ".local/state/osmo/fingerprints.json"


def test_only_the_same_secret_of_the_same_place_is_recalled(file: Path) -> None:
    assert fingerprints.recall(PROD, KEY, "s3cret") is None
    fingerprints.remember(PROD, KEY, "s3cret", 7)

    assert fingerprints.recall(PROD, KEY, "s3cret") == 7
    assert fingerprints.recall(PROD, KEY, "s3crets") is None
    assert fingerprints.recall(PROD, "other", "s3cret") is None
    assert fingerprints.recall(STAGE, KEY, "s3cret") is None
    assert "s3cret" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_new_secret_replaces_the_old_one(file: Path) -> None:
    fingerprints.remember(PROD, KEY, "old", 7)
    fingerprints.remember(PROD, KEY, "new", 8)

    assert fingerprints.recall(PROD, KEY, "old") is None
    assert fingerprints.recall(PROD, KEY, "new") == 8


def test_equal_secrets_do_not_look_equal(file: Path) -> None:
    fingerprints.remember(PROD, "a", "s3cret", 1)
    first = file.read_text()
    fingerprints.remember(PROD, "a", "s3cret", 1)
    assert file.read_text() != first


def test_oldest_are_forgotten(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprints, "MAX_ENTRIES", 3)
    for number in range(4):
        fingerprints.remember(PROD, str(number), "s3cret", number)

    assert fingerprints.recall(PROD, "0", "s3cret") is None
    assert [fingerprints.recall(PROD, str(n), "s3cret") for n in (1, 2, 3)] == [1, 2, 3]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"{}",
        b"[1]",
        b'[{"origin": "https://osmo.example.com", "key": "%s"}]' % KEY.encode(),
        b'[{"origin": "https://osmo.example.com", "key": "%s", "salt": 1, "hash": 2}]'
        % KEY.encode(),
    ],
)
def test_damaged_file_is_as_an_empty_one(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(content)

    assert fingerprints.recall(PROD, KEY, "s3cret") is None
    fingerprints.remember(PROD, KEY, "s3cret", 7)
    assert fingerprints.recall(PROD, KEY, "s3cret") == 7


def test_home_that_cannot_be_written_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null")
    fingerprints.remember(PROD, KEY, "s3cret", 7)
    assert fingerprints.recall(PROD, KEY, "s3cret") is None
