"""The order in which config types are written: each after those that its items name."""

from __future__ import annotations

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType


def write_order(dialect: Dialect) -> list[ConfigType]:
    """Return the types of a service version, each after the types that its items refer to.

    The schema modules declare the references. Types that do not depend on each other keep the
    order of the registry. Items are deleted in the reverse order. Loads pydantic.
    """
    rest = [row for row in CONFIG_TYPES.values() if row.name in dialect.config_types]
    ordered: list[ConfigType] = []
    while rest:
        waiting = {row.name for row in rest}
        # Types that name each other in a circle keep the order of the registry, too.
        ready = next(
            (row for row in rest if not referenced_by(row) & waiting - {row.name}), rest[0]
        )
        ordered.append(ready)
        rest.remove(ready)
    return ordered


def referenced_by(config_type: ConfigType) -> set[str]:
    """Return the names of the types that the items of a type refer to. Loads pydantic."""
    return {reference.target for reference in config_type.definition.references}
