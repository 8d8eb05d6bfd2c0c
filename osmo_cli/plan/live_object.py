"""The stored object that a change is made to."""

from __future__ import annotations

from typing import Any

from osmo_cli.api import configs
from osmo_cli.api.configs import Revision, Snapshot
from osmo_cli.api.service import Service
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import NAME_RULE, ConfigType, Verb
from osmo_cli.errors import UsageError
from osmo_cli.quick_dataclass import dataclass


@dataclass(frozen=True)
class LiveObject:
    """A whole type, or one item of it, as it is stored.

    Attributes:
        shape: what it is.
        verb: how it is updated.
        snapshot: the type as it was read.
        live: the object, the item, or the map of items.
    """

    shape: Shape
    verb: Verb
    snapshot: Snapshot
    live: Any

    @property
    def is_new(self) -> bool:
        """Whether it is an item that does not exist yet."""
        return self.shape.name is not None and self.shape.name not in self.snapshot.items()

    @property
    def base(self) -> Revision | None:
        """The newest revision when the type was read."""
        return self.snapshot.revision


def read_live(
    service: Service, config_type: ConfigType, name: str | None, *, create: bool = False
) -> LiveObject:
    """Read what is to be updated, in the dialect that the service uses.

    Args:
        service: the service.
        config_type: the type.
        name: an item of it, or None for the whole type.
        create: an item that does not exist is to be created.

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
    shape = Shape(config_type, service.confirm_dialect(), name)
    if config_type.name not in shape.dialect.config_types:
        # What was learnt may be from before an upgrade that the version number does not show.
        shape = Shape(config_type, service.redetect_dialect(), name)
    if config_type.name not in shape.dialect.config_types:
        raise configs.no_such_type(config_type)
    snapshot = service.configs.read(config_type, with_revision=True)
    if name is not None and name not in snapshot.items():
        verb, live = _new_item(service, snapshot, shape, name, create)
    else:
        live = live_of(shape, snapshot)
    if not _fits(shape.dialect, live):
        shape = Shape(config_type, service.redetect_dialect(), name)
    return LiveObject(shape, verb, snapshot, live)


def live_of(shape: Shape, snapshot: Snapshot) -> Any:
    """Return the object, the item, or the map of items in a snapshot.

    Raises:
        UsageError: the item does not exist.
    """
    if shape.name is not None:
        return snapshot.item(shape.name)
    return state_of(shape, snapshot.data)


def state_of(shape: Shape, data: Any) -> Any:
    """Return the same from the data of a type or a revision; {} for an item that it lacks."""
    if shape.name is None and not shape.is_map:
        return data
    items = shape.config_type.items_in(data)
    return items if shape.name is None else items.get(shape.name, {})


def _new_item(
    service: Service, snapshot: Snapshot, shape: Shape, name: str, create: bool
) -> tuple[Verb, Any]:
    config_type = shape.config_type
    if config_type.create is None and config_type.named and service.refuses_writes():
        # In ConfigMap mode it is made by Helm values, which the refusal of the write prints.
        return config_type.named, {}
    if config_type.create is None or not create:
        error = snapshot.no_item(name)
        way = "a backend appears when its operator connects"
        if config_type.create is not None:
            way = "add --create to create it"
        error.hint = f"{error.hint}; {way}"
        raise error
    if not config_type.is_name(name):
        raise UsageError(f'"{name}" cannot be the name of a new item', hint=NAME_RULE)
    return config_type.create, [] if config_type.items_are_lists else {}


def _fits(dialect: Dialect, live: Any) -> bool:
    """Return whether the object has the fields of `dialect`.

    Several generations report one version number, so an upgrade may show only here
    (docs/service/versions.md).
    """
    shown = live if isinstance(live, dict) else {}
    conditions, scheduler = shown.get("node_conditions"), shown.get("scheduler_settings")
    return (
        not isinstance(conditions, dict) or conditions.keys() <= dialect.node_condition_fields
    ) and (not isinstance(scheduler, dict) or scheduler.keys() == dialect.scheduler_fields)
