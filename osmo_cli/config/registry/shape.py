"""What an input describes: a whole type or one item of it, in one dialect."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from osmo_cli.config.problems import Path
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import ConfigType
from osmo_cli.config.values import copied
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True)
class Shape:
    """A config type, and the name of one of its items or None for the whole type.

    The whole of a type that is updated item by item is a map of its items by name; the paths of
    the registry are then below `*`.
    """

    config_type: ConfigType
    dialect: Dialect
    name: str | None = None

    @property
    def is_map(self) -> bool:
        """Whether it is a map of items."""
        whole = self.config_type.whole
        return self.name is None and whole is not None and whole.semantics == "upsert"

    @property
    def has_items(self) -> bool:
        """Whether it is an item, or a map of items."""
        return self.name is not None or self.is_map

    @property
    def path_of_items(self) -> Path:
        """The place of the items in the whole type's object; () where that is the map of items."""
        wrapper = self.config_type.wrapper
        return () if wrapper is None or self.config_type.is_by_item else (wrapper, "*")

    @property
    def is_list(self) -> bool:
        """Whether it is a list and not an object with fields."""
        return self.name is not None and self.config_type.items_are_lists

    def __str__(self) -> str:
        """`BACKEND gpu-a`."""
        return self.config_type.name + (f" {self.name}" if self.name is not None else "")

    def model(self, dialect: Dialect | None = None) -> type[BaseModel]:
        """Its schema in its own dialect, or in another. Loads pydantic."""
        version = dialect or self.dialect
        if self.name is not None:
            return self.config_type.item_schema(version)
        schema = self.config_type.schema(version)
        if not self.is_map:
            return schema
        from pydantic import RootModel

        return RootModel[dict[str, schema]]  # type: ignore[valid-type]

    def is_read_only(self, path: Path) -> bool:
        """Whether the service sets what is at `path`, or around it."""
        return self._is_below(self.config_type.read_only, path)

    def is_own(self, path: Path) -> bool:
        """Whether the service made what is at `path`, or around it, for itself. Loads pydantic."""
        return any(
            self._begins(path, pattern) for pattern in self.config_type.definition.own_fields
        )

    def is_secret(self, path: Path) -> bool:
        """Whether what is at `path`, or around it, is a secret that the service masks."""
        above = self.path_of_items if self.name is not None else ()
        full = (*above, *path)
        return any(self._begins(full, pattern) for pattern in self.config_type.secrets)

    def is_volatile(self, path: Path) -> bool:
        """Whether what is at `path` changes by itself."""
        return self._is_below(self.config_type.volatile, path)

    def is_one_value(self, path: Path) -> bool:
        """Whether an input gives what is at `path` as a whole."""
        return any(
            len(path) == len(pattern) + self.is_map and self._begins(path, pattern)
            for pattern in self.config_type.one_value
        )

    def without(self, value: Any, unwanted: Any, at: Path = ()) -> Any:
        """A copy of `value` without what is at the paths for which `unwanted(path)` is true."""
        if not isinstance(value, dict):
            return copied(value)
        return {
            key: self.without(inner, unwanted, (*at, key))
            for key, inner in value.items()
            if not unwanted((*at, key))
        }

    def with_kept(self, live: Any, wanted: Any) -> Any:
        """Return `wanted` with its mappings (`mapping_fields`) as the service will show them, and
        `unordered` lists in the order in which it shows them."""
        for pattern in self.config_type.unordered:
            wanted = _in_live_order(("*", *pattern) if self.is_map else pattern, live, wanted)
        fields = self.config_type.mapping_fields
        if not fields:
            return wanted
        if not self.is_map:
            return _with_kept(fields, self.name, live, wanted)
        return {
            name: _with_kept(fields, name, live.get(name), item) for name, item in wanted.items()
        }

    def editable(self, value: Any) -> Any:
        """A copy of `value` without what the service sets."""
        if not self.config_type.read_only:
            return copied(value)
        return self.without(value, self.is_read_only)

    def _begins(self, path: Path, pattern: Path) -> bool:
        return _begins_with(("*", *pattern) if self.is_map else pattern, path)

    def _is_below(self, patterns: frozenset[Path], path: Path) -> bool:
        return bool(patterns) and _is_below_one(patterns, self.is_map, path)


@lru_cache(1 << 15)
def _is_below_one(patterns: frozenset[Path], is_map: bool, path: Path) -> bool:
    """Whether a path begins with one of the patterns; a plan asks the same for many objects."""
    return any(_begins_with(("*", *row) if is_map else row, path) for row in patterns)


def _begins_with(pattern: Path, path: Path) -> bool:
    return len(path) >= len(pattern) and all(
        part in ("*", step) for part, step in zip(pattern, path, strict=False)
    )


def _in_live_order(pattern: Path, live: Any, wanted: Any) -> Any:
    """Return `wanted` with those lists at `pattern` as in `live` that only differ in order."""
    if not pattern:
        are_lists = isinstance(live, list) and isinstance(wanted, list)
        return (
            live if are_lists and sorted(map(repr, live)) == sorted(map(repr, wanted)) else wanted
        )
    step, rest = pattern[0], pattern[1:]
    if isinstance(live, list) and isinstance(wanted, list) and step == "*":
        both = min(len(live), len(wanted))
        return [
            _in_live_order(rest, *pair) for pair in zip(live[:both], wanted[:both], strict=True)
        ] + wanted[both:]
    if isinstance(live, dict) and isinstance(wanted, dict):
        return {
            key: _in_live_order(rest, live[key], inner)
            if key in live and step in ("*", key)
            else inner
            for key, inner in wanted.items()
        }
    return wanted


def _with_kept(fields: frozenset[str], name: str | None, live: Any, wanted: Any) -> Any:
    stored = live or {}
    return wanted | {
        # The service keeps a set, and shows it sorted.
        field: sorted(set(wanted[field]))
        if isinstance(wanted[field], list)
        else stored.get(field, [name])
        for field in fields & wanted.keys()
    }
