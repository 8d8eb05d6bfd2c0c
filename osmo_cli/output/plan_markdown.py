"""A plan as Markdown that fits a comment of a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable

from osmo_cli.config.changes.plan import Plan, PlannedChange
from osmo_cli.output.clean import clean
from osmo_cli.output.plans import field_lines, heading, summary

MAX_CHARACTERS = 59_000
"""GitHub takes 65,536; the rest is for what a workflow adds."""
_FOLD_AFTER = 12
_MAX_LISTED = 200


def plan_markdown(plan: Plan) -> str:
    """Return the numbers, each change with its fields, and the warnings; long diffs are folded.

    What does not fit is left out, and the text says so.
    """
    end = f"\nDigest: `{plan.digest}`\n"
    text = f"### {summary(plan)}\n"
    if plan.warnings:
        listed = [str(warning) for warning in plan.warnings[:_MAX_LISTED]]
        text += "\nWarnings:\n\n" + _fenced(_cut(listed, MAX_CHARACTERS // 4))
    for number, change in enumerate(plan.changes):
        block = _block(change)
        if len(text) + len(block) + len(end) + 200 > MAX_CHARACTERS:
            rest = len(plan.changes) - number
            text += f"\n{rest} more changes do not fit here; `osmo config plan` shows all.\n"
            break
        text += block
    return text + end


def _block(change: PlannedChange) -> str:
    lines = [clean(line) for line in field_lines(change)]
    title = heading(change)
    if not lines:
        return "\n" + _fenced([title])
    fenced = _fenced([title, *_cut(lines, MAX_CHARACTERS // 2)])
    if len(lines) <= _FOLD_AFTER:
        return "\n" + fenced
    summary_line = f"<details><summary>{change.action} {change.ref.config_type.name}</summary>"
    return f"\n{summary_line}\n\n{fenced}\n</details>\n"


def _cut(lines: Iterable[str], limit: int) -> list[str]:
    """Return the lines up to a number of characters, and say where they are cut."""
    kept: list[str] = []
    size = 0
    for line in lines:
        size += len(line) + 1
        if size > limit:
            return [*kept, "... (cut)"]
        kept.append(line)
    return kept


def _fenced(lines: Iterable[str]) -> str:
    """Return a code block; a fence in the text cannot end it."""
    text = "\n".join(clean(line) for line in lines)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}diff\n{text}\n{fence}\n"
