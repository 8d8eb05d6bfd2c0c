"""Times and references in arguments, and what a rollback or deletion loses.

docs/service/history.md
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from osmo_cli.config.changes.merge import differences
from osmo_cli.config.registry.types import BACKEND, ConfigType, parse_reference
from osmo_cli.config.secrets import is_mask, mask_paths
from osmo_cli.errors import UsageError

_NO_WAY_BACK = "a deleted backend comes back only when its operator connects again"


def parse_revision(text: str) -> tuple[ConfigType, int]:
    """`TYPE:REVISION`.

    Raises:
        UsageError: as `parse_reference`, or the revision is missing.
    """
    found, number = parse_reference(text)
    if number is None:
        raise UsageError(
            f'"{text}" names no revision',
            hint=f"write {found.name}:REVISION; `osmo config history {found.name}` lists them",
        )
    return found, number


def utc_query(text: str) -> str:
    """A time of the user as the service takes it: UTC without a zone, to the second.

    Args:
        text: `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS`, in the user's zone (TZ) unless it names one.

    Raises:
        UsageError: it is no such time.
    """
    try:
        time = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f'"{text}" is not a time',
            hint="write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, in your time zone",
        ) from None
    return time.replace(tzinfo=None).isoformat(timespec="seconds")


def shown_time(created_at: str) -> str:
    """The service's time, which is UTC, in the user's zone: `Nov 23, 2026 11:32 UTC`."""
    try:
        time = datetime.fromisoformat(created_at)
        return time.replace(tzinfo=time.tzinfo or UTC).astimezone().strftime("%b %d, %Y %H:%M %Z")
    except (ValueError, OverflowError):
        return created_at


def holds_masks(config_type: ConfigType, name: str, data: Any) -> bool:
    """Whether a revision was made by deleting the item `name`, with secrets beside it.

    A service up to 6.2 stores masks in place of the other items' secrets then
    (docs/service/secrets.md#secrets-in-history).
    """
    if config_type.whole is None or not name or name in config_type.items_in(data):
        return False
    return next(mask_paths(config_type.items_in(data)), None) is not None


def loss_of_delete(config_type: ConfigType, name: str, live: Any) -> str | None:
    """What deleting an item would lose beside the item; None where a rollback brings it back."""
    if config_type is BACKEND:
        return f"{_NO_WAY_BACK}, also after a rollback"
    others = {key: item for key, item in config_type.items_in(live).items() if key != name}
    if next(mask_paths(others), None) is not None:
        return (
            "the revision of this delete will hold masks in place of the other items' secrets: "
            "do not roll back to it, but to the one before"
        )
    return None


def restored_differently(config_type: ConfigType, wanted: Any, found: Any) -> list[str]:
    """Where a revision made by a rollback is another than the one rolled back to.

    Fields that the service sets and secrets, which it does not show, are left out; of a type that
    is one object, so are fields that the older revision did not have.

    Returns:
        The names of items, or of fields.
    """
    if config_type.named is None:
        return [key for key, value in wanted.items() if not _agree(value, found.get(key))]
    before, after = (config_type.items_in(data) for data in (wanted, found))
    return sorted(
        name
        for name in before.keys() | after.keys()
        if not _agree(*(_told(config_type, items.get(name)) for items in (before, after)))
    )


def _told(config_type: ConfigType, item: Any) -> Any:
    """Return an item without the fields that the service sets."""
    if not isinstance(item, dict):
        return item
    fields = {path[0] for path in config_type.read_only if len(path) == 1}
    return {key: value for key, value in item.items() if key not in fields}


def _agree(before: Any, after: Any) -> bool:
    return not list(_visible_differences(before, after))


def _visible_differences(before: Any, after: Any) -> Iterator[Any]:
    for difference in differences(before, after):
        # Revision 1 shows an empty secret as such, later ones show a mask for it.
        if not (is_mask(difference.before) or is_mask(difference.after)):
            yield difference


@dataclass(frozen=True)
class Loss:
    """Something that a rollback would destroy.

    Attributes:
        text: what, and why.
        grave: the service would end half-way, or secrets would be lost for good.
    """

    text: str
    grave: bool


def losses_of_rollback(
    config_type: ConfigType, name: str, data: Any, live: Any, backends: Collection[str]
) -> list[Loss]:
    """What is lost by rolling back to a revision (docs/service/history.md#rollback).

    Args:
        config_type: the type.
        name: the item that the revision was about.
        data: the revision's data.
        live: the type's live data.
        backends: names of the registered backends; only asked for POOL.
    """
    found = []
    then, now = (config_type.items_in(each) for each in (data, live))
    named = config_type.named is not None
    if named and (gone := sorted(now.keys() - then.keys())):
        text = f"not in that revision, so the service deletes: {', '.join(gone)}"
        if config_type is BACKEND:
            text += f" ({_NO_WAY_BACK})"
        found.append(Loss(text, grave=False))
    if config_type is BACKEND and (missing := sorted(then.keys() - now.keys())):
        text = (
            f"the revision holds what is no longer registered: {', '.join(missing)}; {_NO_WAY_BACK}"
        )
        found.append(Loss(f"{text}, and the service would end half-way", grave=True))
    if config_type.name == "POOL":
        lost = [
            f"{pool} ({_backend(item)})"
            for pool, item in sorted(then.items())
            if _backend(item) not in {*backends, _backend(now.get(pool))}
        ]
        if lost:
            text = f"nothing will run in pools of an unregistered backend: {', '.join(lost)}"
            found.append(Loss(text, grave=False))
    if holds_masks(config_type, name, data):
        text = f"the revision was made by deleting {name}, and holds masks in place of secrets"
        found.append(Loss(f"{text}: they would be lost", grave=True))
    return found


def _backend(pool: Any) -> Any:
    return pool.get("backend") if isinstance(pool, dict) else None
