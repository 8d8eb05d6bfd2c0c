"""Secrets handed in by file, stdin or variable."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from osmo_cli.credentials.secret_input import parse_token_text, read_secret_file
from osmo_cli.errors import UsageError

TOKEN = "aZ09_-" * 7 + "x"


def test_file_gives_its_text(home: Path) -> None:
    (home / "token").write_text(TOKEN + "\n")
    assert read_secret_file(str(home / "token")) == TOKEN + "\n"


def test_pipe_gives_all_its_pieces(home: Path) -> None:
    """As of `--token-file <(vault read token)`."""
    reading, writing = os.pipe()
    os.write(writing, b"first-")
    os.write(writing, b"second")
    os.close(writing)
    try:
        assert read_secret_file(f"/dev/fd/{reading}") == "first-second"
    finally:
        os.close(reading)


def test_hyphen_is_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"from-stdin\n")))
    assert read_secret_file("-") == "from-stdin\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\x00\x01s3cret", "not text: it contains a NUL character"),
        (b"\xff\xfes3cret", "not UTF-8 text but UTF-16"),
        (b"s3cret" * 20000, "larger than 64 KiB"),
    ],
)
def test_file_that_holds_no_secret_is_refused(home: Path, content: bytes, message: str) -> None:
    (home / "token").write_bytes(content)
    with pytest.raises(UsageError, match=message) as caught:
        read_secret_file(str(home / "token"))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("where", ["file", "stdin"])
def test_a_byte_order_mark_is_skipped(
    home: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    content = b"\xef\xbb\xbf" + TOKEN.encode() + b"\r\n"
    (home / "token").write_bytes(content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    text = read_secret_file("-" if where == "stdin" else str(home / "token"))
    assert parse_token_text(text) == (TOKEN, None)


def test_endless_file_is_refused_soon() -> None:
    with pytest.raises(UsageError, match="larger than 64 KiB"):
        read_secret_file("/dev/zero")


def test_what_is_no_file_is_refused(home: Path) -> None:
    with pytest.raises(UsageError, match="missing: file not found"):
        read_secret_file(str(home / "missing"))
    with pytest.raises(UsageError, match="is a directory"):
        read_secret_file(str(home))
    with pytest.raises(UsageError, match="cannot read"):
        read_secret_file("a\0b")


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_one_newline_behind_a_token_is_dropped(end: str) -> None:
    assert parse_token_text(TOKEN + end) == (TOKEN, None)


def test_refresh_url_of_6_0_holds_token_and_origin() -> None:
    url = f"https://OSMO.example.com/api/auth/jwt/access_token?access_token={TOKEN}\n"
    token, origin = parse_token_text(url)
    assert (token, str(origin)) == (TOKEN, "https://osmo.example.com")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "s3cret s3cret",
        " s3cret",
        "s3cret\n\n",
        "s3cret\nmore",
        "s3cret\ttab",
        "s3cret\x1b[0m",
        "s3crét",
        "\ufeffs3cret",
        "https://osmo.example.com/s3cret",
        "https://osmo.example.com/?access_token=",
        "https://osmo.example.com/?access_token=s3cret&access_token=s3cret",
        "https://osmo.example.com/?access_token=s3cret%20s3cret",
        "https://ada:s3cret@osmo.example.com/?access_token=s3cret",
        "https://[s3cret/?access_token=s3cret",
        "https:///?access_token=s3cret",
    ],
)
def test_what_is_no_token_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_token_text(text)
    assert "s3cr" not in caught.value.message + (caught.value.hint or "")
