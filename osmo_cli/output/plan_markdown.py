"""A plan as Markdown that fits a comment of a pull request."""

from __future__ import annotations

from osmo_cli.config.changes.plan import Plan, PlannedChange
from osmo_cli.output.markdown import block, comment
from osmo_cli.output.plans import field_lines, heading, summary


def plan_markdown(plan: Plan) -> str:
    """Return the numbers, each change with its fields, and the warnings; long diffs are folded.

    What does not fit is left out, and the text says so.
    """
    return comment(
        summary(plan),
        [str(warning) for warning in plan.warnings],
        (_block(change) for change in plan.changes),
        len(plan.changes),
        rest="changes do not fit here; `osmo config plan` shows all.",
        end=f"\nDigest: `{plan.digest}`\n",
    )


def _block(change: PlannedChange) -> str:
    lines = list(field_lines(change))
    return block(heading(change), lines, f"{change.action} {change.ref.config_type.name}")
