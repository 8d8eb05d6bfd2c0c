"""Times and references in arguments, and what a rollback or deletion loses.

docs/service/history.md
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

from osmo_cli.config.changes.merge import differences
from osmo_cli.config.registry.types import BACKEND, ConfigType, parse_reference
from osmo_cli.config.secrets import is_mask, mask_paths
from osmo_cli.errors import UsageError
from osmo_cli.quick_dataclass import dataclass

_LONGEST_ZONE = 10
"""Letters of a time zone that are shown; the real ones have at most six."""
_NO_WAY_BACK = "a deleted backend comes back only when its operator connects again"


def parse_revision(text: str) -> tuple[ConfigType, int]:
    """Parse `TYPE:REVISION`.

    Raises:
        UsageError: as `parse_reference`, or the revision is missing.
    """
    config_type, number = parse_reference(text)
    if number is None:
        name = config_type.name
        raise UsageError(
            f'"{text}" has no revision',
            hint=f"write {name}:REVISION; `osmo config history {name}` lists them",
        )
    return config_type, number


def utc_query(text: str) -> str:
    """Return a time in the service's form: UTC without a zone, to the second.

    Args:
        text: `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS`, in the user's zone (TZ) unless it has one.

    Raises:
        UsageError: it is not such a time.
    """
    try:
        time = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f'invalid time "{text}"',
            hint="write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, in your time zone",
        ) from None
    return time.replace(tzinfo=None).isoformat(timespec="seconds")


def shown_time(created_at: str) -> str:
    """Return a time of the service (UTC) in the user's zone: `Nov 23, 2026 11:32 UTC`."""
    try:
        time = datetime.fromisoformat(created_at)
        local = time.replace(tzinfo=time.tzinfo or UTC).astimezone()
        # TZ may be any text, and is then the zone's name.
        return f"{local:%b %d, %Y %H:%M} {(local.tzname() or '')[:_LONGEST_ZONE]}"
    except (ValueError, OverflowError):
        return created_at


def holds_masks(config_type: ConfigType, name: str, data: Any) -> bool:
    """Whether a revision was made by deleting the item `name`, while other items had secrets.

    Services up to 6.2 then store masks in place of those secrets
    (docs/service/secrets.md#secrets-in-history).
    """
    if config_type.whole is None or not name or name in config_type.items_in(data):
        return False
    return next(mask_paths(config_type.items_in(data)), None) is not None


def loss_of_delete(config_type: ConfigType, name: str, live: Any) -> str | None:
    """Return what the deletion of an item loses for good, or None if a rollback restores it."""
    if config_type is BACKEND:
        return f"{_NO_WAY_BACK}, also after a rollback"
    others = {key: item for key, item in config_type.items_in(live).items() if key != name}
    if next(mask_paths(others), None) is not None:
        return (
            "the revision of this deletion will hold masks in place of the other items' secrets: "
            "do not roll back to it, but to the revision before it"
        )
    return None


def restored_differently(config_type: ConfigType, wanted: Any, restored: Any) -> list[str]:
    """Return the items or fields in which a rollback's revision differs from the older one.

    Read-only fields and secrets, which are masked, do not count. In a type that is one object,
    neither do fields that the older revision did not have.
    """
    if config_type.named is None:
        return [key for key, value in wanted.items() if not _agree(value, restored.get(key))]
    before, after = (config_type.items_in(data) for data in (wanted, restored))
    return sorted(
        name
        for name in before.keys() | after.keys()
        if not _agree(*(_editable(config_type, items.get(name)) for items in (before, after)))
    )


def _editable(config_type: ConfigType, item: Any) -> Any:
    """Return an item without the fields that the service sets."""
    if not isinstance(item, dict):
        return item
    fields = {path[0] for path in config_type.read_only if len(path) == 1}
    return {key: value for key, value in item.items() if key not in fields}


def _agree(before: Any, after: Any) -> bool:
    return not list(_visible_differences(before, after))


def _visible_differences(before: Any, after: Any) -> Iterator[Any]:
    for difference in differences(before, after):
        # Revision 1 shows an empty secret as it is, later revisions show a mask for it.
        if not (is_mask(difference.before) or is_mask(difference.after)):
            yield difference


@dataclass(frozen=True)
class Loss:
    """Something that a rollback would destroy.

    Attributes:
        text: what is lost, and why.
        grave: the service would stop half-way, or secrets would be lost for good.
    """

    text: str
    grave: bool


def losses_of_rollback(
    config_type: ConfigType, name: str, data: Any, live: Any, backends: Collection[str]
) -> list[Loss]:
    """Return what a rollback to a revision loses (docs/service/history.md#rollback).

    Args:
        config_type: the type.
        name: the item that was changed in the revision.
        data: the revision's data.
        live: the type's live data.
        backends: names of the registered backends; only needed for POOL.
    """
    losses = []
    then, now = (config_type.items_in(state) for state in (data, live))
    has_items = config_type.named is not None
    if has_items and (gone := sorted(now.keys() - then.keys())):
        text = f"the service deletes what that revision does not have: {', '.join(gone)}"
        if config_type is BACKEND:
            text += f" ({_NO_WAY_BACK})"
        losses.append(Loss(text, grave=False))
    if config_type is BACKEND and (missing := sorted(then.keys() - now.keys())):
        names = ", ".join(missing)
        text = f"the revision has backends that are no longer registered: {names}; {_NO_WAY_BACK}"
        losses.append(Loss(f"{text}, and the service would stop half-way", grave=True))
    if config_type.name == "POOL":
        lost = [
            f"{pool} ({_backend(item)})"
            for pool, item in sorted(then.items())
            if _backend(item) not in {*backends, _backend(now.get(pool))}
        ]
        if lost:
            text = f"pools of an unregistered backend run nothing: {', '.join(lost)}"
            losses.append(Loss(text, grave=False))
    if holds_masks(config_type, name, data):
        text = f"the revision was made by deleting {name} and has masks in place of secrets"
        losses.append(Loss(f"{text}: they would be lost", grave=True))
    return losses


def _backend(pool: Any) -> Any:
    return pool.get("backend") if isinstance(pool, dict) else None
