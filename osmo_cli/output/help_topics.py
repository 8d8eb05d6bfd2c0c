"""Help topics: Markdown pages in the package, printed as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from osmo_cli.output.printer import Printer

_FOLDER = Path(__file__).parent / "topics"


def topics() -> dict[str, str]:
    """The titles of the topics by name."""
    pages = sorted(_FOLDER.glob("*.md"))
    return {page.stem: _read(page).partition("\n")[0].lstrip("# ") for page in pages}


def print_topic(printer: Printer, name: str) -> None:
    """Print the topic of that name; its tables are fitted to a terminal."""
    blocks = _blocks(_read(_FOLDER / f"{name}.md"))
    for number, (is_table, lines) in enumerate(blocks):
        if number:
            printer.text("")
        if is_table:
            columns, _, *rows = map(_cells, lines)
            printer.table([column.capitalize() for column in columns], rows)
        else:
            printer.block(_paragraph(printer, lines))


def _read(page: Path) -> str:
    return page.read_text("utf-8")


def _blocks(text: str) -> Iterator[tuple[bool, list[str]]]:
    """Tables and paragraphs, each with its lines."""

    def kind(line: str) -> str:
        return "table" if line.startswith("|") else "text" if line.strip() else ""

    for name, lines in groupby(text.splitlines(), kind):
        if name:
            yield name == "table", list(lines)


def _cells(row: str) -> list[str]:
    cells = re.split(r"(?<!\\)\|", row.strip().strip("|"))
    return [_plain(cell.strip()) for cell in cells]


def _paragraph(printer: Printer, lines: list[str]) -> str:
    if lines[0].startswith("#"):
        return _plain(lines[0].lstrip("# ")).upper()
    text = _plain(" ".join(lines))
    if not printer.on_terminal:
        return text
    import shutil
    import textwrap

    return textwrap.fill(text, shutil.get_terminal_size().columns)


def _plain(text: str) -> str:
    """Markdown without its marks: code, links, escapes."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return text.replace("`", "").replace("\\|", "|")
