"""Tables in the format of the official CLI: headers, one line below them, three spaces between
columns. On a terminal they are fitted to its width."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from rich.console import Console

_GAP = "   "
_READABLE = 12
"""Width down to which a column is wrapped before another column gives way."""


@dataclass(frozen=True)
class Table:
    """A table as text.

    Attributes:
        text: its lines, each with its line end.
        hidden: headers of the columns that had no room, in their order.
    """

    text: str
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Column:
    """A column's cells, header first, each as its lines."""

    header: str
    cells: list[list[str]]
    priority: int

    @property
    def width(self) -> int:
        return max(map(_length, self._lines()))

    def narrowest(self, terminal: int) -> int:
        """Width below which the column would be hard to read, or a word would be cut.

        Words longer than half of the terminal are cut anyway and do not count.
        """
        words = [_length(word) for line in self._lines() for word in line.split()]
        longest = max((word for word in words if word <= terminal // 2), default=1)
        return max(longest, min(self.width, _READABLE))

    def wrapped(self, width: int, console: Console) -> list[list[str]]:
        return [
            [part for line in cell for part in _wrap(line, width, console)] for cell in self.cells
        ]

    def _lines(self) -> Iterable[str]:
        return (line for cell in self.cells for line in cell)


def render_table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int | None = None,
    priorities: Sequence[int] | None = None,
) -> Table:
    """Lay out a table.

    Args:
        headers: one per column.
        rows: cells, which may have several lines.
        width: width of the terminal, or None for a table as wide as its cells. Cells are wrapped
            at words. If that is not enough, columns are left out, and words are cut only if the
            columns that must stay do not fit.
        priorities: one per column. Columns with the highest number are left out first, from right
            to left; those with 0 stay. By default all but the first two can be left out.
    """
    given = priorities if priorities is not None else [0, 0, *range(1, len(headers) - 1)]
    columns = [
        _Column(header, [cell.expandtabs().split("\n") for cell in (header, *cells)], priority)
        for header, priority, *cells in zip(headers, given, *rows, strict=True)
    ]
    if width is None or _total(column.width for column in columns) <= width:
        return Table(_layout([column.cells for column in columns]))
    return _fitted(columns, width)


def _fitted(columns: list[_Column], width: int) -> Table:
    from io import StringIO

    from rich.console import Console

    narrowest = [column.narrowest(width) for column in columns]
    shown = list(range(len(columns)))
    while _total(narrowest[index] for index in shown) > width:
        least = max(reversed(shown), key=lambda index: columns[index].priority)
        if columns[least].priority == 0:
            break
        shown.remove(least)
    widths = _shrunk(
        [columns[index].width for index in shown],
        [narrowest[index] for index in shown],
        width - len(_GAP) * (len(shown) - 1),
    )
    console = Console(file=StringIO(), width=width)
    cells = [
        columns[index].wrapped(room, console) for index, room in zip(shown, widths, strict=True)
    ]
    hidden = tuple(column.header for index, column in enumerate(columns) if index not in shown)
    return Table(_layout(cells), hidden)


def _shrunk(widths: list[int], narrowest: list[int], room: int) -> list[int]:
    """`widths` reduced until they fit into `room`, the widest first.

    No width goes below its value in `narrowest`, except where these do not fit either.
    """
    floors = narrowest if sum(narrowest) <= room else [1] * len(widths)
    widths = [min(width, max(room, 1)) for width in widths]
    while sum(widths) > room:
        reducible = [index for index, width in enumerate(widths) if width > floors[index]]
        if not reducible:
            break
        widths[max(reducible, key=lambda index: widths[index])] -= 1
    return widths


def _layout(columns: Sequence[Sequence[Sequence[str]]]) -> str:
    """Lines of a table from the lines of each column's cells."""
    widths = [max(_length(line) for cell in cells for line in cell) for cells in columns]
    lines = []
    for row in zip(*columns, strict=True):
        for number in range(max(map(len, row))):
            texts = [cell[number] if number < len(cell) else "" for cell in row]
            padded = (
                text + " " * (width - _length(text))
                for text, width in zip(texts, widths, strict=True)
            )
            lines.append(_GAP.join(padded))
    header_lines = max(len(cells[0]) for cells in columns)
    lines.insert(header_lines, "=" * _total(widths))
    return "".join(line.rstrip() + "\n" for line in lines)


def _wrap(line: str, width: int, console: Console) -> list[str]:
    """Lines of at most `width`, cut between words where possible.

    An indentation is kept as far as the longest word leaves room for it.
    """
    from rich.text import Text

    text = line.lstrip(" ")
    longest = max(map(_length, text.split()), default=0)
    indent = " " * min(len(line) - len(text), width // 2, max(width - longest, 0))
    parts = Text(text).wrap(console, width - len(indent), overflow="fold")
    return [indent + part.plain.rstrip(" ") for part in parts] or [""]


def _total(widths: Iterable[int]) -> int:
    """Width of columns with the gaps between them."""
    listed = list(widths)
    return sum(listed) + len(_GAP) * (len(listed) - 1)


def _length(text: str) -> int:
    """Columns of a terminal that `text` takes."""
    from rich.cells import cell_len

    return cell_len(text)


def key_value_rows(value: dict[str, Any]) -> list[tuple[str, str]]:
    """Rows of a Key/Value table: strings as they are, everything else as indented JSON."""
    return [
        (key, item if isinstance(item, str) else json.dumps(item, indent=2, ensure_ascii=False))
        for key, item in value.items()
    ]
