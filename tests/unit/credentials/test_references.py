"""Where values come from: the environment and files; the keyring has its own tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from osmo_cli.credentials.references import Elsewhere
from osmo_cli.errors import UsageError


@pytest.fixture
def secrets() -> list[str]:
    return []


@pytest.fixture
def elsewhere(tmp_path: Path, secrets: list[str]) -> Elsewhere:
    return Elsewhere(str(tmp_path), secrets.append)


def test_a_variable(
    elsewhere: Elsewhere, secrets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NGC_API_KEY", " the key\n")
    assert elsewhere("env", "NGC_API_KEY") == " the key\n"
    assert secrets == [" the key\n"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "the environment variable X is not set"),
        ("", "the environment variable X is empty"),
        (os.fsdecode(b"k\xff"), "the environment variable X is not UTF-8 text"),
    ],
)
def test_a_variable_without_a_text(
    elsewhere: Elsewhere,
    secrets: list[str],
    monkeypatch: pytest.MonkeyPatch,
    value: str | None,
    message: str,
) -> None:
    if value is not None:
        monkeypatch.setenv("X", value)
    with pytest.raises(UsageError, match=message):
        elsewhere("env", "X")
    assert secrets == []


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("key", "key"),
        ("key\n", "key"),
        ("key\r\n", "key"),
        ("key\n\n", "key\n"),
        (" a\nb ", " a\nb "),
    ],
)
def test_a_file_loses_one_new_line(
    elsewhere: Elsewhere, tmp_path: Path, secrets: list[str], content: str, value: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "key").write_bytes(content.encode())
    assert elsewhere("file", "sub/key") == value
    assert elsewhere("file", str(tmp_path / "sub" / "key")) == value
    assert set(secrets) == {value}


def test_a_file_whose_name_is_a_dash_is_not_stdin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-").write_text("from the file")
    assert Elsewhere("", print)("file", "-") == "from the file"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone", None, "gone: file not found"),
        (".", None, "is a directory"),
        ("a\0b", None, "cannot read .*: invalid file name"),
        ("empty", b" \n", "is empty"),
        ("binary", b"\xff\xfe", "not UTF-8 text but UTF-16"),
        ("large", b"x" * 70_000, "is larger than 64 KiB"),
    ],
)
def test_a_file_without_a_text(
    elsewhere: Elsewhere,
    tmp_path: Path,
    secrets: list[str],
    name: str,
    content: bytes | None,
    message: str,
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=message):
        elsewhere("file", name)
    assert secrets == []


@pytest.mark.parametrize("name", ["service", "/user", "service/"])
def test_an_entry_of_the_keyring_has_two_parts(elsewhere: Elsewhere, name: str) -> None:
    with pytest.raises(UsageError, match="is not the SERVICE/USER"):
        elsewhere("keyring", name)


def test_without_a_keyring_the_other_sources_are_named(elsewhere: Elsewhere) -> None:
    with pytest.raises(UsageError, match="no keyring can be used") as caught:
        elsewhere("keyring", "ngc/me")
    assert "${env:NAME}" in (caught.value.hint or "")
