"""The differences of a change, as lines and as data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from osmo_cli.config.changes.merge import Difference
from osmo_cli.config.problems import path_text
from osmo_cli.config.secrets import REMARKS, without_masks
from osmo_cli.config.values import ABSENT


def change_lines(differences: Iterable[Difference]) -> list[str]:
    """Return one line per difference: `field: before -> after`."""
    return [
        f"{path_text(difference.path)}: {one_line(difference.before)} -> "
        f"{one_line(difference.after)}"
        for difference in differences
    ]


def change_data(differences: Iterable[Difference]) -> list[dict[str, Any]]:
    """Return the differences as data; an absent side has no key."""
    return [
        {"path": path_text(difference.path)}
        | ({} if difference.before is ABSENT else {"before": without_masks(difference.before)})
        | ({} if difference.after is ABSENT else {"after": without_masks(difference.after)})
        for difference in differences
    ]


def one_line(value: Any) -> str:
    """Return a value on one line, with remarks in place of secrets."""
    if value is ABSENT:
        return "(none)"
    shown = without_masks(value)
    return shown if shown in REMARKS else json.dumps(shown, ensure_ascii=False)
