"""Markdown that fits a comment of a pull request, with text of a service in code blocks only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from osmo_cli.output.clean import clean

MAX_CHARACTERS = 59_000
"""GitHub takes 65,536; the rest is for what a workflow adds."""
_FOLD_AFTER = 12
_MAX_WARNINGS = 200
_LONGEST_LINE = 2000
_NOTE_OF_CUT = 200


def comment(
    title: str, warnings: Sequence[str], blocks: Iterable[str], total: int, *, rest: str, end: str
) -> str:
    """Return a heading, the warnings, and as many blocks as fit; the text says what is left out.

    Args:
        title: the heading; without text of a service or file.
        warnings: one line each.
        blocks: of `block`; those after the first that does not fit are not made.
        total: the number of blocks.
        rest: what follows the number of blocks that are left out.
        end: the last line; without text of a service or file.
    """
    text = f"### {title}\n"
    if warnings:
        shown = [_short(warning) for warning in warnings[:_MAX_WARNINGS]]
        listed = _cut(shown, MAX_CHARACTERS // 4, len(warnings))
        text += "\nWarnings:\n\n" + fenced(listed)
    for number, part in enumerate(blocks):
        if len(text) + len(part) + len(end) + _NOTE_OF_CUT > MAX_CHARACTERS:
            text += f"\n{total - number} more {rest}\n"
            break
        text += part
    return text + end


def block(title: str, lines: Sequence[str], summary: str) -> str:
    """Return a code block, folded where it is long.

    Args:
        title: its first line.
        lines: its other lines.
        summary: what a folded block shows; without text of a service or file.
    """
    lines = [_short(part) for line in lines for part in clean(line).split("\n")]
    title = _short(title)
    if not lines:
        return "\n" + fenced([title])
    content = fenced([title, *_cut(lines, MAX_CHARACTERS // 2, len(lines))])
    if len(lines) <= _FOLD_AFTER:
        return "\n" + content
    return f"\n<details><summary>{summary}</summary>\n\n{content}\n</details>\n"


def _short(line: str) -> str:
    """Return a line up to a number of characters, and say how many are cut."""
    cut = len(line) - _LONGEST_LINE
    return line if cut <= 0 else f"{line[:_LONGEST_LINE]}... ({cut} more characters)"


def _cut(lines: Sequence[str], limit: int, total: int) -> list[str]:
    """Return the lines up to a number of characters, and say how many of the total are cut."""
    kept: list[str] = []
    size = 0
    for line in lines:
        size += len(line) + 1
        if size > limit:
            break
        kept.append(line)
    cut = total - len(kept)
    return [*kept, f"... ({cut} more line{'s' if cut > 1 else ''})"] if cut else kept


def fenced(lines: Iterable[str]) -> str:
    """Return a code block; a fence in the text cannot end it."""
    text = "\n".join(clean(line) for line in lines)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}diff\n{text}\n{fence}\n"
