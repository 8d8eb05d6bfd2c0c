"""Renaming an item of a config type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from osmo_cli.plan.config_write import ConfigWrite, Stored, TypeState, check_command, store
from osmo_cli.plan.write import Wording

if TYPE_CHECKING:
    from osmo_cli.api.configs import Revision, Snapshot
    from osmo_cli.api.service import Service


def rename_item(
    service: Service,
    base: Snapshot,
    old: str,
    new: str,
    *,
    description: str | None,
    tags: list[str] | None,
) -> Stored:
    """Give an item that exists a name that none has, and look whether it has it.

    Raises:
        OsmoError: as `store`.
    """
    config_type = base.config_type
    item = f"{config_type.name} {old}"

    def send() -> None:
        service.configs.rename(config_type, old, new, description=description, tags=tags)

    def wrong(state: TypeState) -> list[str]:
        names = state.live.items().keys()
        missing = [f"{new} not found"] if new not in names else []
        return [*missing, f"{old} still exists"] if old in names else missing

    def own_revisions(later: Sequence[Revision]) -> list[Revision]:
        # The service files a rename under the old name (docs/service/pool.md#renaming).
        own = [
            entry
            for entry in later
            if entry.name in (old, new) and description in (None, entry.description)
        ]
        return own[-1:]

    return store(
        service,
        ConfigWrite(
            wording=Wording(
                action=f"the renaming of {item}",
                done=f"{item} is renamed to {new}",
                not_done=f"{item} is not renamed",
                check=check_command(config_type),
            ),
            base=base,
            requests=[send],
            wrong=wrong,
            own_revisions=own_revisions,
            unchanged=lambda state: state.live.items().keys() == base.items().keys(),
        ),
    )
