"""What a change would do, found out without sending anything."""

from __future__ import annotations

from osmo_cli.api import configs
from osmo_cli.config.changes.merge import ABSENT
from osmo_cli.config.changes.patch import make_patch
from osmo_cli.config.changes.preview import Preview, Request
from osmo_cli.config.secrets import without_masks
from osmo_cli.plan.change import Change


def preview(change: Change, *, description: str | None, tags: list[str] | None) -> Preview:
    """What `change` would do; nothing is sent."""
    target = change.target
    shape = target.shape
    shown = change.shown
    is_new = shape.name is not None and not target.live
    revision = f"revision {target.base.number}" if target.base else "now"
    request = None
    if change.patch is not None:
        # The same request, made of the states in which remarks stand for secrets.
        before, after = (shape.editable(state) for state in (shown.before, shown.after))
        patch = make_patch(target.verb, shape.dialect, before, after)
        assert patch is not None
        body = patch.body(description or change.summary(), tags)
        path = configs.write_path(shape.config_type, shape.name)
        request = Request(patch.verb.method, path, body)
    return Preview(
        ABSENT if is_new else without_masks(shown.before),
        f"{shape} ({'not there' if is_new else revision})",
        without_masks(shown.after),
        f"{shape} (after)",
        change.differences,
        request,
    )
