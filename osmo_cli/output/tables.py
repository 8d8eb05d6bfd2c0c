"""Tables in the official CLI's look: headers, one rule, columns three spaces apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

_GAP = "   "
_NARROWEST = 8


def render_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None
) -> str:
    """Lines of a table, each ended.

    Args:
        columns: headers.
        rows: cells; a cell may have several lines.
        width: columns of the terminal that the table is to fit into by folding its widest
            column; None folds nothing.
    """
    from rich.cells import cell_len

    cells = [[cell.expandtabs().split("\n") for cell in row] for row in [columns, *rows]]

    def widths() -> list[int]:
        return [
            max(cell_len(line) for row in cells for line in row[index])
            for index in range(len(columns))
        ]

    total = sum(widths()) + len(_GAP) * (len(columns) - 1)
    if width is not None and total > width:
        widest = max(range(len(columns)), key=lambda index: widths()[index])
        room = max(widths()[widest] - (total - width), _NARROWEST)
        for row in cells:
            row[widest] = [part for line in row[widest] for part in _fold(line, room)]
    final = widths()
    lines = []
    for row in cells:
        for number in range(max(len(cell) for cell in row)):
            texts = [cell[number] if number < len(cell) else "" for cell in row]
            padded = (text + " " * (final[i] - cell_len(text)) for i, text in enumerate(texts))
            lines.append(_GAP.join(padded))
    lines.insert(max(map(len, cells[0])), "=" * (sum(final) + len(_GAP) * (len(columns) - 1)))
    return "".join(line.rstrip() + "\n" for line in lines)


def _fold(line: str, room: int) -> list[str]:
    from rich.cells import chop_cells

    return chop_cells(line, room) or [""]


def key_value_rows(value: dict[str, Any]) -> list[tuple[str, str]]:
    """Rows of the Key/Value table: texts as they are, anything nested as indented JSON."""
    return [
        (key, item if isinstance(item, str) else json.dumps(item, indent=2, ensure_ascii=False))
        for key, item in value.items()
    ]
