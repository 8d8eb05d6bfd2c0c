"""What a change is made to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from osmo_cli.api import configs
from osmo_cli.api.client import Client
from osmo_cli.api.configs import Revision
from osmo_cli.api.dialects import identify
from osmo_cli.config.dialects import Dialect
from osmo_cli.config.types import ConfigType, Verb
from osmo_cli.errors import UsageError


@dataclass(frozen=True)
class Target:
    """What an update is about: a whole type, or one item of it, as it is stored now."""

    config_type: ConfigType
    name: str | None
    verb: Verb
    dialect: Dialect
    base: Revision | None
    live: dict[str, Any]


def find_target(client: Client, config_type: ConfigType, name: str | None) -> Target:
    """Find out what the service speaks, and read what is to be updated.

    Raises:
        UsageError: the type is updated by name only, or as a whole only, or has no such item.
    """
    verb = config_type.whole if name is None else config_type.named
    if verb is None:
        if name is None:
            hint = f"osmo config update {config_type.name} NAME"
            raise UsageError(f"{config_type.name} is updated one item at a time", hint=hint)
        hint = f"osmo config update {config_type.name}"
        raise UsageError(f"{config_type.name} has no named items", hint=hint)
    dialect = identify(client, for_write=True)
    snapshot = configs.read(client, config_type, with_revision=True)
    live = snapshot.data if name is None else snapshot.item(name)
    if not _fits(dialect, live):
        dialect = identify(client, for_write=True, anew=True)
    return Target(config_type, name, verb, dialect, snapshot.revision, live)


def _fits(dialect: Dialect, live: dict[str, Any]) -> bool:
    """Whether the object looks as in `dialect`: seed and 6.0 have the same version number, so
    that an upgrade from one to the other shows only here (api.md 12)."""
    conditions = live.get("node_conditions")
    return not isinstance(conditions, dict) or conditions.keys() <= dialect.node_condition_fields
