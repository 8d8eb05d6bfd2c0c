"""What a change is made to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from osmo_cli.api import configs
from osmo_cli.api.client import Client
from osmo_cli.api.configs import Revision
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


def find_target(
    client: Client, config_type: ConfigType, name: str | None, dialect: Dialect
) -> Target:
    """Read what is to be updated.

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
    snapshot = configs.read(client, config_type, with_revision=True)
    live = snapshot.data if name is None else snapshot.item(name)
    return Target(config_type, name, verb, dialect, snapshot.revision, live)
