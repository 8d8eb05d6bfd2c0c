"""Deleting an item of a config type, or a revision of its history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from osmo_cli.plan.config_write import ConfigWrite, Stored, TypeState, check_command, store
from osmo_cli.plan.write import Wording, Write, perform

if TYPE_CHECKING:
    from osmo_cli.api.configs import Revision, Snapshot
    from osmo_cli.api.service import Service
    from osmo_cli.config.registry.types import ConfigType


def delete_item(
    service: Service,
    base: Snapshot,
    name: str,
    *,
    description: str | None,
    tags: list[str] | None,
    force: bool,
) -> Stored:
    """Delete an item that exists, and look whether it is gone.

    Raises:
        OsmoError: as `store`.
    """
    config_type = base.config_type

    def send() -> None:
        service.configs.delete(config_type, name, description=description, tags=tags, force=force)

    def own_revisions(later: Sequence[Revision]) -> list[Revision]:
        # Without a description the service writes its own, which differs from type to type.
        own = [
            entry
            for entry in later
            if entry.name == name and description in (None, entry.description)
        ]
        return own[-1:]

    def is_there(state: TypeState) -> bool:
        return name in state.live.items()

    return store(
        service,
        ConfigWrite(
            wording=Wording(
                action=f"the deletion of {config_type.name} {name}",
                done=f"{config_type.name} {name} is deleted",
                not_done=f"{config_type.name} {name} is not deleted",
                check=check_command(config_type),
            ),
            base=base,
            requests=[send],
            wrong=lambda state: [name] if is_there(state) else [],
            own_revisions=own_revisions,
        ),
    )


def delete_revision(service: Service, config_type: ConfigType, number: int) -> tuple[str, ...]:
    """Delete a revision from the history, look whether it is gone, and return warnings.

    Raises:
        OsmoError: as `perform`, or the revision is still there.
    """
    revision = f"{config_type.name}:{number}"

    def wrong(is_there: bool) -> list[str]:
        return [revision] if is_there else []

    outcome = perform(
        Write(
            wording=Wording(
                action=f"the deletion of revision {revision}",
                done="the revision is deleted",
                not_done="the revision is not deleted",
                check=f"osmo config history {config_type.name}",
            ),
            requests=[lambda: service.configs.delete_revision(config_type, number)],
            look=lambda: service.configs.has_revision(config_type, number),
            wrong=wrong,
        )
    )
    outcome.check()
    return outcome.warnings
