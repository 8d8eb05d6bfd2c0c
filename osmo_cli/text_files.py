"""Text files that people write: configurations, tokens, secrets, the buffer of an editor."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from pathlib import Path

from osmo_cli.bounded_files import STDIN, read_bytes, size_text
from osmo_cli.errors import UsageError, shortened

_CONVERT = "save it as UTF-8: {convert}"
_NOT_TEXT = "is this a text file?"
_SIGNATURES = (b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b", b"PK\x03\x04", b"%PDF-")
_BYTES: tuple[tuple[bytes, str, str, str], ...] = (
    # How a file begins that is no UTF-8 text: what it is, its encoding for iconv, the fix. Each
    # has a signature or a NUL character.
    (rb"\xff\xfe\0\0|\0\0\xfe\xff|(?:[\t-~]\0\0\0){2}", "UTF-32", "UTF-32", _CONVERT),
    (rb"(?:\0\0\0[\t-~]){2}", "UTF-32", "UTF-32BE", _CONVERT),
    (rb"\xff\xfe|\xfe\xff", "UTF-16", "UTF-16", _CONVERT),
    (rb"(?:[\t-~]\0){2}", "UTF-16", "UTF-16LE", _CONVERT),
    (rb"(?:\0[\t-~]){2}", "UTF-16", "UTF-16BE", _CONVERT),
    (rb"\x1f\x8b", "a gzip archive", "", "unpack it first: gunzip FILE"),
    (rb"PK\x03\x04", "a zip archive", "", "unpack it first: unzip FILE"),
    (rb"(?s:.{257})ustar", "a tar archive", "", "unpack it first: tar -xf"),
    (rb"%PDF-", "a PDF document", "", "copy the text out of it into a file"),
    (rb"SQLite format 3\0", "an SQLite database", "", "name a configuration file"),
)
_CONTROL = rb"[\0-\x08\x0e-\x1f\x7f]"


class NotTextError(UsageError):
    """A file is not UTF-8 text; names the place of the first byte that is not."""

    def __init__(self, message: str, *, hint: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message, hint=hint)
        self.line = line
        self.column = column


class EndlessFileError(UsageError):
    """A pipe or a device did not end in time."""


def read_text(file: str, limit: int) -> str:
    """Return the text of a file without its byte order mark.

    Args:
        file: the name of the file; `-` is standard input.
        limit: size in bytes from which the file is refused.

    Raises:
        NotTextError: the content is not UTF-8 text.
        EndlessFileError: the file does not end in time.
        UsageError: it does not exist, cannot be read or is too large.
    """
    name = "standard input" if file == STDIN else shortened(file)
    try:
        data = read_bytes(file, limit)
    except FileNotFoundError:
        raise UsageError(f"{name}: file not found") from None
    except IsADirectoryError:
        raise UsageError(f"{name} is a directory", hint="name a file in it") from None
    except TimeoutError as error:
        raise EndlessFileError(
            f"cannot read {name}: {error.strerror}",
            hint="does its writer end? a longer limit: --timeout SECONDS",
        ) from None
    except OSError as error:
        if error.errno == errno.EFBIG:
            hint = "is this the right file?"
            raise UsageError(f"{name} is larger than {size_text(limit)}", hint=hint) from None
        raise UsageError(f"cannot read {name}: {error.strerror}") from None
    except ValueError:
        raise UsageError(f"cannot read {name}: invalid file name") from None
    return decode(data, file)


def decode(data: bytes, file: str) -> str:
    """Return the text of `data`, which was read from `file`, without its byte order mark.

    Raises:
        NotTextError: it is not UTF-8 text, or holds a NUL character.
    """
    is_text = b"\0" not in data and not data.startswith(_SIGNATURES)
    for pattern, what, encoding, fix in () if is_text else _BYTES:
        if re.match(pattern, data):
            hint = fix.format(convert=_conversion(encoding, file))
            raise NotTextError(f"not UTF-8 text but {what}", hint=hint)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _line_and_column(error.object[: error.start].decode())
        if re.search(_CONTROL, data):
            raise NotTextError("not UTF-8 text", hint=_NOT_TEXT, **place) from None
        raise NotTextError(
            "not UTF-8 text: this character is in another encoding, perhaps Windows-1252",
            hint=_CONVERT.format(convert=_conversion("WINDOWS-1252", file)),
            **place,
        ) from None
    if (nul := text.find("\0")) >= 0:
        place = _line_and_column(text[:nul])
        raise NotTextError("not text: it contains a NUL character", hint=_NOT_TEXT, **place)
    return text


def _conversion(encoding: str, file: str) -> str:
    import shlex

    command = f"iconv -f {encoding} -t UTF-8"
    if file == STDIN:
        return f"{command} | osmo ..."
    stem, ending = os.path.splitext(os.path.basename(file))
    return f"{command} {shlex.quote(file)} > {shlex.quote(f'{stem}.utf8{ending}')}"


def _line_and_column(before: str) -> dict[str, int]:
    """The place behind `before`, counted from 1."""
    return {"line": before.count("\n") + 1, "column": len(before) - before.rfind("\n")}


def write_text(path: Path, text: str) -> None:
    """Write a file for everybody who may read its directory, whole or not at all.

    A file that exists is replaced and keeps its mode; a link is replaced itself.

    Raises:
        UsageError: it cannot be written.
    """
    temporary = path.with_name(f".osmo-{os.urandom(8).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileNotFoundError):
                temporary.chmod(path.stat().st_mode & 0o777)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
