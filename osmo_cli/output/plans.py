"""A plan as text, and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osmo_cli.config.changes.merge import Difference, differences
from osmo_cli.config.changes.plan import Action, Plan, PlannedChange
from osmo_cli.config.problems import path_text
from osmo_cli.config.secrets import without_masks
from osmo_cli.config.values import ABSENT
from osmo_cli.output.changes import change_data, one_line

SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
DONE = {Action.CREATE: "created", Action.UPDATE: "changed", Action.DELETE: "deleted"}
SHORT = 60
"""Characters up to which a value is shown on the line of its field."""


def plan_lines(plan: Plan) -> Iterator[str]:
    """Return the lines of a plan: each change field by field, and the numbers."""
    for change in plan.changes:
        yield heading(change)
        yield from (f"    {line}" for line in field_lines(change))
        yield ""
    yield summary(plan)
    if plan.changes:
        yield f"Digest: {plan.digest}"


def heading(change: PlannedChange) -> str:
    """Return what happens to which object, and the file that asks for it."""
    file = f" ({change.file})" if change.file else ""
    return f"{SIGNS[change.action]} {change.action} {change.ref}{file}"


def summary(plan: Plan) -> str:
    """Return the numbers of a plan as a sentence."""
    counts = plan.counts
    unchanged = f"{counts.unchanged} unchanged"
    if not plan.changes:
        return f"Nothing to do: {unchanged}."
    return (
        f"Plan: {counts.create} to create, {counts.update} to change, "
        f"{counts.delete} to delete; {unchanged}."
    )


def field_lines(change: PlannedChange) -> Iterator[str]:
    """Return the lines of one change: short values on one line, others as a diff."""
    if change.action is Action.DELETE:
        return
    listed: Iterable[Difference] = change.differences
    if change.action is Action.CREATE and isinstance(change.after, Mapping):
        listed = differences({}, change.after)
    elif change.action is Action.CREATE:
        listed = [Difference((), ABSENT, change.after)]
    for difference in listed:
        yield from _difference_lines(difference)


def _difference_lines(difference: Difference) -> Iterator[str]:
    before, after = difference.before, difference.after
    sign = "+" if before is ABSENT else "-" if after is ABSENT else "~"
    field = path_text(difference.path) or "value"
    texts = [one_line(value) for value in (before, after) if value is not ABSENT]
    if all(len(text) <= SHORT for text in texts):
        yield f"{sign} {field}: " + " -> ".join(texts)
        return
    yield f"{sign} {field}:"
    yield from (f"    {line}" for line in value_diff(before, after))


def value_diff(before: Any, after: Any) -> Iterator[str]:
    """Return the lines of a diff of two values, or of the one that is not ABSENT."""
    from osmo_cli.output.diffs import diff_lines

    lines = diff_lines(without_masks(before), without_masks(after), "", "")
    # The lines with the names say nothing here, nor does the place of a value without another.
    yield from lines[3 if ABSENT in (before, after) else 2 :]


def plan_data(plan: Plan) -> dict[str, Any]:
    """Return a plan as data, for JSON."""
    counts = plan.counts
    return {
        "digest": plan.digest,
        "service": plan.service,
        "dialect": plan.dialect,
        "source": list(plan.source),
        "bases": dict(plan.bases),
        "summary": {
            "create": counts.create,
            "update": counts.update,
            "delete": counts.delete,
            "unchanged": counts.unchanged,
        },
        "changes": [_change_data(change) for change in plan.changes],
        "warnings": [warning.data() for warning in plan.warnings],
    }


def _change_data(change: PlannedChange) -> dict[str, Any]:
    data: dict[str, Any] = {
        "action": str(change.action),
        "type": change.ref.config_type.name,
        "name": change.ref.name,
        "file": change.file,
        "differences": change_data(change.differences),
    }
    if change.action is Action.CREATE:
        data["after"] = change.after
    return data
