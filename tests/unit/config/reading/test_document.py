"""Reading an input file: whatever is wrong with it is said in one line."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import pytest

from osmo_cli.config.problems import InvalidInputError
from osmo_cli.config.reading.document import MAX_BYTES
from osmo_cli.config.reading.files import InputFormat, read_document, read_input
from osmo_cli.errors import ExitCode, UsageError


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    content = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content))
    return content


def test_reads_a_file(tmp_path: Path) -> None:
    file = tmp_path / "backend.json"
    file.write_text('{"description": "für alle \U0001f600"}', "utf-8")
    document = read_document(str(file))
    assert document.value == {"description": "für alle \U0001f600"}
    assert document.name == str(file)


@pytest.mark.parametrize(
    ("name", "chosen"),
    [("a.yaml", None), ("a.YML", None), ("a.json", "yaml"), ("a", "yaml")],
)
def test_reads_yaml_by_its_ending_or_where_it_is_asked_for(
    tmp_path: Path, name: str, chosen: InputFormat | None
) -> None:
    file = tmp_path / name
    file.write_text("a: [1, yes]  # a comment\n", "utf-8")
    assert read_document(str(file), chosen).value == {"a": [1, "yes"]}
    with pytest.raises(InvalidInputError, match="not JSON"):
        read_document(str(file), "json")


def test_says_how_yaml_is_given_where_json_is_expected(stdin: io.BytesIO) -> None:
    stdin.write(b"a: 1")
    stdin.seek(0)
    with pytest.raises(InvalidInputError, match=r"not JSON: this is YAML .*--format yaml"):
        read_document("-")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("in.json", '{"$schema": "https://x/y.json", "a": {"$schema": "z"}}'),
        ("in.yaml", "$schema: https://x/y.json\na: {$schema: z}"),
    ],
)
def test_the_schema_that_an_input_names_is_no_part_of_it(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    document = read_document(str(tmp_path / name))
    assert document.value == {"a": {"$schema": "z"}}
    assert set(document.places) == {(), ("a",), ("a", "$schema")}
    (tmp_path / name).write_text(text.replace("https://x/y.json", "5").replace('"5"', "5"))
    with pytest.raises(InvalidInputError, match=r":1:\d+: \[\"\$schema\"\]: must be a string"):
        read_document(str(tmp_path / name))


def test_reads_standard_input(stdin: io.BytesIO) -> None:
    stdin.write(b'{"a": 1}')
    stdin.seek(0)
    assert read_input("-") == ("<stdin>", '{"a": 1}')


def test_reads_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=('{"a": 1}',))
    writer.start()
    assert read_document(str(pipe)).value == {"a": 1}
    writer.join()


def test_standard_input_can_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="cannot read standard input: it is closed"):
        read_input("-")


def test_a_byte_order_mark_is_dropped_and_does_not_shift_places(tmp_path: Path) -> None:
    file = tmp_path / "windows.json"
    file.write_bytes(b'\xef\xbb\xbf{"a": 1,\r\n"b": }\r\n')
    with pytest.raises(InvalidInputError, match=r"windows\.json:2:6: not JSON"):
        read_document(str(file))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.json: file not found") as caught:
        read_input(str(tmp_path / "gone.json"))
    assert caught.value.exit_code is ExitCode.INVALID


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a directory") as caught:
        read_input(str(tmp_path))
    assert caught.value.hint == "name a file in it"


def test_a_file_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="Not a directory"):
        read_input(str(tmp_path / "file" / "inner.json"))


@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
def test_a_name_that_no_file_can_have(name: str) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        read_input(name)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux's /proc")
def test_a_file_that_cannot_be_read_to_its_end() -> None:
    # Its first page belongs to nobody.
    with pytest.raises(UsageError, match="cannot read /proc/self/mem: Input/output error"):
        read_input("/proc/self/mem")


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "empty.json"
    file.write_bytes(content)
    with pytest.raises(InvalidInputError, match=r"empty\.json:1:1: the input is empty"):
        read_input(str(file))


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'{"a": "\xff"}', "1:8"),
        (b"\x7fELF\x02\x01\x01\x00\x80", "1:9"),
        ('{"ü": 1,\n "ö": "'.encode() + b"\xe9\x00", "2:8"),
        (b'\xef\xbb\xbf{"a": "\xff"}', "1:8"),
        ("\ufeff{}\n".encode() + b"\xff", "2:1"),
    ],
)
def test_a_binary_file_is_refused_at_its_first_wrong_character(
    tmp_path: Path, content: bytes, place: str
) -> None:
    file = tmp_path / "binary"
    file.write_bytes(content)
    with pytest.raises(InvalidInputError, match=f"binary:{place}: not UTF-8 text"):
        read_input(str(file))


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path, stdin: io.BytesIO) -> None:
    file = tmp_path / "large.json"
    with file.open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    with pytest.raises(UsageError, match=r"large\.json is larger than 4 MiB"):
        read_input(str(file))
    stdin.write(b" " * (MAX_BYTES + 10))
    stdin.seek(0)
    with pytest.raises(UsageError, match="standard input is larger than 4 MiB"):
        read_input("-")
    assert stdin.tell() <= MAX_BYTES + io.DEFAULT_BUFFER_SIZE


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "full.json"
    file.write_bytes(b"{}".ljust(MAX_BYTES))
    assert read_document(str(file)).value == {}
