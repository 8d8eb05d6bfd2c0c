"""The service's merge of a PATCH into the stored object (docs/service/merge.md#patch).

The embedded service uses it to store, and the client to check its patches before sending.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from osmo_cli.config.registry.dialects import Dialect

ACTION, INDEX = "$action", "$index"
DELETE: dict[str, Any] = {ACTION: "delete"}
"""The value that removes its key."""


class MergeFault(Exception):
    """The real service answers 500 to this patch."""


def strategic_merge(
    current: dict[str, Any], patch: dict[str, Any], dialect: Dialect
) -> dict[str, Any]:
    """Return what the service stores for a PATCH with `patch` as `configs_dict`.

    Raises:
        MergeFault: the service's own merge fails (a list of objects over null or over texts,
            and in 6.0 an empty list over a list of texts).
    """
    merged = deepcopy(current)
    for key, value in patch.items():
        if isinstance(value, dict) and value.get(ACTION) == "delete" and key in merged:
            del merged[key]
        elif key not in merged:
            merged[key] = deepcopy(value)
        elif isinstance(value, dict) and isinstance(merged[key], dict):
            merged[key] = strategic_merge(merged[key], value, dialect)
        elif isinstance(value, list):
            merged[key] = merge_list(merged[key], value, dialect)
        else:
            merged[key] = deepcopy(value)
    return _content(merged) if dialect.merge_drops_directives else merged


def merge_list(current: Any, patch: list[Any], dialect: Dialect) -> Any:
    """Return what the service stores when `patch` comes for a list `current`.

    Raises:
        MergeFault: the service's own merge fails.
    """
    if any(not isinstance(item, dict) for item in patch):
        return deepcopy(patch)
    if not patch and not dialect.empty_list_is_lost:
        return []
    _check_objects(current)
    # The first of several edits of one index counts.
    by_index = {_index(item): item for item in reversed(patch)}
    edited = [
        _edited(item, by_index.get(index), dialect) for index, item in enumerate(current) if item
    ]
    appended = [
        _content(item)
        for item in patch
        if _index(item) not in range(len(current)) and item.get(ACTION) != "delete"
    ]
    return [item for item in edited if item is not None] + appended


def _check_objects(current: Any) -> None:
    """Raise MergeFault unless `current` is a list of objects."""
    if current is None:
        raise MergeFault("'NoneType' object is not iterable")
    if not isinstance(current, list):
        raise MergeFault("a list of objects over a value that is not a list")
    if any(not isinstance(item, dict) for item in current):
        raise MergeFault("a list of objects over a list of texts")


def _edited(
    item: dict[str, Any], edit: dict[str, Any] | None, dialect: Dialect
) -> dict[str, Any] | None:
    """Return an item of a list after its edit, or None where the edit deletes it."""
    if edit is None:
        return deepcopy(item)
    action = edit.get(ACTION)
    if action == "delete":
        return None
    if action == "replace":
        return _content(edit)
    return strategic_merge(item, _content(edit), dialect)


def _index(item: dict[str, Any]) -> int | None:
    """Return the index that an item edits, or None for an item that is appended."""
    index = item.get(INDEX)
    return index if isinstance(index, int) else None


def _content(item: dict[str, Any]) -> dict[str, Any]:
    return {key: deepcopy(value) for key, value in item.items() if key not in (ACTION, INDEX)}
