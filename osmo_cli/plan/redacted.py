"""An object before and after a change, for output: with a remark for each secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osmo_cli.config.problems import Path
from osmo_cli.config.secrets import CHANGED_SECRET, SAME_SECRET, STORED_SECRET
from osmo_cli.config.values import replaced, same, value_at
from osmo_cli.plan.live_object import LiveObject
from osmo_cli.quick_dataclass import dataclass


@dataclass(frozen=True)
class Redacted:
    """Two states without secrets; unchanged secrets are the service's masks."""

    before: Any
    after: Any


def redacted_states(
    target: LiveObject, wanted: Any, remarks: Mapping[Path, str], references: Mapping[Path, Any]
) -> Redacted:
    """Return what is stored and what is wanted, without secrets.

    Args:
        target: what is stored.
        wanted: what is to be stored; contains secrets.
        remarks: what is known about the given secrets that the service masks, by path.
        references: the values that the input refers to, by path in the input.
    """
    live = target.live
    before, after = live, _aligned(live, wanted)
    for path, remark in remarks.items():
        after = replaced(after, path, remark)
        if remark == SAME_SECRET:
            before = replaced(before, path, remark)
    hidden = {
        _whole(path, value, wanted)
        for path, value in references.items()
        if path not in remarks and not target.shape.is_read_only(path)
    }
    for path in sorted(hidden, key=len, reverse=True):
        now, then = value_at(live, path), value_at(wanted, path)
        if then is None:
            continue  # it is not sent
        is_same = same(now, then)
        after = replaced(after, path, SAME_SECRET if is_same else CHANGED_SECRET)
        if now:
            before = replaced(before, path, SAME_SECRET if is_same else STORED_SECRET)
    return Redacted(before, after)


def _whole(path: Path, value: Any, wanted: Any) -> Path:
    """Return the path to hide for the value at `path`.

    In a list that the service keeps in another form or order, the position of the value is not
    known, so the whole list is hidden.
    """
    index = next((at for at, step in enumerate(path) if isinstance(step, int)), None)
    if index is None or same(value_at(wanted, path), value):
        return path
    return path[:index]


def _aligned(before: Any, after: Any) -> Any:
    """Return `after` with equal values written as in `before`: 30 and 30.0 are one number."""
    if isinstance(before, dict) and isinstance(after, dict):
        return {
            key: _aligned(before[key], value) if key in before else value
            for key, value in after.items()
        }
    return before if same(before, after) else after
