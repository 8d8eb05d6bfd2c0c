"""Requests that keep the mappings of a role to an identity provider's roles.

The service keeps `external_roles` in a table of its own, and a PUT loses each entry that it
keeps (docs/service/role.md#external_roles). So the field is left out where the list does not
change, and where some entries stay, the list is cleared first and then set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from osmo_cli.config.changes.patch import Patch
from osmo_cli.config.registry.shape import Shape


def requests_for(shape: Shape, patch: Patch, live: Any) -> tuple[Patch, ...]:
    """Return the requests that store `patch` without losing a mapping, in order.

    Args:
        shape: what is written.
        patch: the write, as `make_patch` returns it.
        live: what is stored.
    """
    fields = shape.config_type.mapping_fields
    if not fields:
        return (patch,)
    contents: list[Any]
    if shape.is_map:
        items = [_split(fields, live.get(item["name"], {}), item) for item in patch.content]
        again = [second for _, second in items if second is not None]
        contents = [[first for first, _ in items], *([again] if again else [])]
    else:
        contents = [item for item in _split(fields, live or {}, patch.content) if item is not None]
    return tuple(replace(patch, content=content) for content in contents)


def with_mappings_of(shape: Shape, live: Any, earlier: Any) -> Any:
    """Return the items of `live` with the mappings that they have in an earlier revision.

    Args:
        shape: the whole type.
        live: the stored items by name.
        earlier: the revision's items by name.
    """
    return {name: item | _mappings(shape, earlier.get(name)) for name, item in live.items()}


def _mappings(shape: Shape, item: Any) -> Mapping[str, list[str]]:
    given = item if isinstance(item, dict) else {}
    fields = shape.config_type.mapping_fields
    return {field: given[field] for field in fields if isinstance(given.get(field), list)}


def _split(
    fields: frozenset[str], stored: Mapping[str, Any], item: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return an item as it is sent first, and as it is sent then where that is needed."""
    first, second = dict(item), dict(item)
    for field in fields & item.keys():
        # A new role gets its own name.
        before = set(stored.get(field) or ()) if stored else {item["name"]}
        after = set(item[field] or ())
        if before == after:
            del first[field], second[field]
        elif stored and before & after:
            first[field] = []
    return first, second if first != second else None
