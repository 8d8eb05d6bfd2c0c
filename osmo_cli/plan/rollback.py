"""Rolling a config type back to a revision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from osmo_cli.config.changes.history import restored_differently
from osmo_cli.config.changes.mappings import with_mappings_of
from osmo_cli.config.registry.shape import Shape
from osmo_cli.errors import OsmoError
from osmo_cli.plan.change import Change, plan_wanted
from osmo_cli.plan.config_write import ConfigWrite, Stored, TypeState, check_command, store
from osmo_cli.plan.live_object import LiveObject, state_of
from osmo_cli.plan.write import Wording

if TYPE_CHECKING:
    from osmo_cli.api.configs import Revision, Snapshot
    from osmo_cli.api.service import Service
    from osmo_cli.config.registry.types import ConfigType


def roll_back(
    service: Service,
    wanted: Revision,
    base: Snapshot,
    *,
    description: str | None,
    tags: list[str] | None,
) -> Stored:
    """Make a revision's configuration the live one, and look whether it is.

    A service that loses the mappings of roles in a rollback is given those of the revision
    afterwards (`osmo_cli.config.changes.mappings`).

    Raises:
        OsmoError: as `store`; or the mappings are not as in the revision, which the message says.
    """
    config_type = base.config_type

    def own_revisions(later: Sequence[Revision]) -> list[Revision]:
        text = f"Roll back {config_type.name} to r{wanted.number}"
        own = [entry for entry in later if entry.description.startswith(text)]
        newest = [service.configs.revision(config_type, entry.number) for entry in own[-1:]]
        return [*own[:-1], *newest]

    def wrong(state: TypeState) -> list[str]:
        if not state.own:
            return ["no new revision"]
        return restored_differently(
            config_type,
            *(_without_mappings(config_type, entry.data) for entry in (wanted, state.own[-1])),
        )

    stored = store(
        service,
        ConfigWrite(
            wording=Wording(
                action=f"the rollback of {config_type.name} to revision {wanted.number}",
                done=f"{config_type.name} is rolled back",
                not_done=f"{config_type.name} is not as in revision {wanted.number}",
                check=f"osmo config diff {config_type.name}:{wanted.number} {config_type.name}",
            ),
            base=base,
            requests=[
                lambda: service.configs.rollback(
                    config_type, wanted.number, description=description, tags=tags
                )
            ],
            wrong=wrong,
            own_revisions=own_revisions,
            unchanged=lambda state: (
                not restored_differently(config_type, base.data, state.live.data)
            ),
            # Items are deleted before the rest is checked (docs/service/history.md#rollback).
            atomic=False,
        ),
    )
    return _with_mappings(service, wanted, stored, tags)


def _with_mappings(
    service: Service, wanted: Revision, stored: Stored, tags: list[str] | None
) -> Stored:
    """Give the live items the mappings of the revision, where a rollback has lost them."""
    from osmo_cli.plan.apply import store_change

    config_type = stored.state.live.config_type
    if not config_type.mapping_fields or config_type.whole is None:
        return stored
    lost = fields = ", ".join(sorted(config_type.mapping_fields))
    try:
        change = _mapping_change(service, wanted, config_type)
        if not change.patches:
            return stored
        names = sorted({str(difference.path[0]) for difference in change.differences})
        lost = f"{fields} of {', '.join(names)}"
        repaired = store_change(service, change, f"Restore {fields} of r{wanted.number}", tags)
    except OsmoError as error:
        error.message = (
            f"{config_type.name} is rolled back to revision {wanted.number}, but the {lost} could "
            f"not be restored: {error.message}"
        )
        error.hint = (
            f"run `osmo config rollback {config_type.name}:{wanted.number}` again; "
            f"`{check_command(config_type)}` shows what is stored"
        )
        raise
    return Stored(repaired.state, stored.warnings + repaired.warnings)


def _mapping_change(service: Service, wanted: Revision, config_type: ConfigType) -> Change:
    """Return the change that gives the live items the mappings of a revision."""
    assert config_type.whole is not None
    shape = Shape(config_type, service.dialect)
    snapshot = service.configs.read(config_type, with_revision=True)
    items = state_of(shape, snapshot.data)
    target = LiveObject(shape, config_type.whole, snapshot, items)
    return plan_wanted(target, with_mappings_of(shape, items, config_type.items_in(wanted.data)))


def _without_mappings(config_type: ConfigType, data: Any) -> Any:
    if not config_type.mapping_fields or not isinstance(data, list):
        return data
    return [
        {key: value for key, value in item.items() if key not in config_type.mapping_fields}
        for item in data
    ]
