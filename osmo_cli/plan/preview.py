"""A change shown before it is made."""

from __future__ import annotations

from osmo_cli.api import configs
from osmo_cli.config.changes.preview import Preview, Request
from osmo_cli.config.secrets import without_masks
from osmo_cli.config.values import ABSENT
from osmo_cli.plan.change import Change, requests_between


def preview(change: Change, *, description: str | None, tags: list[str] | None) -> Preview:
    """Return what `change` would do; nothing is sent."""
    target = change.target
    shape = target.shape
    shown = change.shown
    is_new = target.is_new
    revision = f"revision {target.base.number}" if target.base else "now"
    text = description or change.summary()
    path = configs.write_path(shape.config_type, shape.name)
    # The same requests, made of the states in which remarks stand for secrets.
    requests = tuple(
        Request(patch.verb.method, path, patch.body(text, tags))
        for patch in (requests_between(target, shown.before, shown.after) if change.patches else ())
    )
    return Preview(
        ABSENT if is_new else without_masks(shown.before),
        f"{shape} ({'does not exist' if is_new else revision})",
        without_masks(shown.after),
        f"{shape} (after)",
        change.differences,
        requests,
    )
