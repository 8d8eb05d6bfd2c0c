"""Text files of people: other encodings are named with the fix, a byte order mark is skipped."""

from __future__ import annotations

import io
import sys
import tarfile
from pathlib import Path

import pytest

from osmo_cli.errors import UsageError
from osmo_cli.text_files import NotTextError, decode, read_text

TEXT = '{"a": "ü"}\n'


def test_a_byte_order_mark_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = TEXT.encode("utf-8-sig")
    (tmp_path / "in.json").write_bytes(content)
    assert read_text(str(tmp_path / "in.json"), 100) == TEXT
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert read_text("-", 100) == TEXT


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        (TEXT.encode("utf-16"), "UTF-16", "iconv -f UTF-16 -t UTF-8 in.json > in.utf8.json"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "UTF-16", "iconv -f UTF-16 -t UTF-8"),
        (TEXT.encode("utf-16-le"), "UTF-16", "iconv -f UTF-16LE -t UTF-8"),
        (TEXT.encode("utf-16-be"), "UTF-16", "iconv -f UTF-16BE -t UTF-8"),
        (TEXT.encode("utf-32"), "UTF-32", "iconv -f UTF-32 -t UTF-8"),
        (b"\0\0\xfe\xff" + TEXT.encode("utf-32-be"), "UTF-32", "iconv -f UTF-32 -t UTF-8"),
        (TEXT.encode("utf-32-be"), "UTF-32", "iconv -f UTF-32BE -t UTF-8"),
        (b"\x1f\x8b\x08\0\0", "a gzip archive", "gunzip"),
        (b"PK\x03\x04\x14\0", "a zip archive", "unzip"),
        (b"%PDF-1.7\n", "a PDF document", "copy the text out"),
        (tarfile.TarInfo("in.json").tobuf(), "a tar archive", "tar -xf"),
        (b"SQLite format 3\0\x10\0", "an SQLite database", "name a configuration file"),
    ],
)
def test_another_kind_of_file_is_named(data: bytes, message: str, hint: str) -> None:
    with pytest.raises(NotTextError, match=f"not UTF-8 text but {message}") as caught:
        decode(data, "in.json")
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("data", "place", "message", "hint"),
    [
        ("{\n  'ä'}".encode("cp1252"), (2, 4), "perhaps Windows-1252", "iconv -f WINDOWS-1252"),
        ("€".encode("cp1252"), (1, 1), "perhaps Windows-1252", "iconv -f WINDOWS-1252"),
        (b"\x7fELF\x02\x01\x01\x03\x80", (1, 9), "not UTF-8 text", "is this a text file?"),
        (b"ab\n\0", (2, 1), "it contains a NUL character", "is this a text file?"),
    ],
)
def test_the_place_of_the_first_wrong_character(
    data: bytes, place: tuple[int, int], message: str, hint: str
) -> None:
    with pytest.raises(NotTextError, match=message) as caught:
        decode(data, "in.json")
    assert (caught.value.line, caught.value.column) == place
    assert hint in (caught.value.hint or "")


def test_the_fix_fits_the_name_and_standard_input() -> None:
    for file, command in (
        ("a dir/my file.json", "'a dir/my file.json' > 'my file.utf8.json'"),
        ("-", "iconv -f UTF-16 -t UTF-8 | osmo ..."),
    ):
        with pytest.raises(NotTextError) as caught:
            decode("x".encode("utf-16"), file)
        assert command in (caught.value.hint or "")


def test_the_size_is_limited(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"x" * 2049)
    assert len(read_text(str(tmp_path / "in"), 2049)) == 2049
    with pytest.raises(UsageError, match="is larger than 2 KiB"):
        read_text(str(tmp_path / "in"), 2048)
