"""Adding and removing tags of a revision."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from osmo_cli.plan.write import Wording, Write, perform

if TYPE_CHECKING:
    from osmo_cli.api.configs import Revision
    from osmo_cli.api.service import Service
    from osmo_cli.config.registry.types import ConfigType


def change_tags(
    service: Service,
    config_type: ConfigType,
    revision: Revision,
    *,
    add: Sequence[str],
    remove: Collection[str],
) -> tuple[str, ...] | None:
    """Add and remove tags, and look whether the revision has them.

    Returns:
        Warnings; None where the tags were already as wanted and nothing was sent.

    Raises:
        OsmoError: as `perform`, or the revision has other tags.
    """
    name = f"{config_type.name}:{revision.number}"
    missing = [tag for tag in dict.fromkeys(add) if tag not in remove and tag not in revision.tags]
    unwanted = [tag for tag in dict.fromkeys(remove) if tag in revision.tags]
    if not missing and not unwanted:
        return None

    def wrong(state: Revision) -> list[str]:
        return [
            *(f"{tag} is missing" for tag in missing if tag not in state.tags),
            *(f"{tag} is still there" for tag in unwanted if tag in state.tags),
        ]

    outcome = perform(
        Write(
            wording=Wording(
                action=f"the change of the tags of {name}",
                done="the tags are stored",
                not_done="the tags are not as wanted",
                check=f"osmo config history {config_type.name} --revision {revision.number}",
            ),
            requests=[
                lambda: service.configs.change_tags(config_type, revision.number, missing, unwanted)
            ],
            look=lambda: service.configs.revision(config_type, revision.number, data=False),
            wrong=wrong,
            unchanged=lambda state: set(state.tags) == set(revision.tags),
        )
    )
    outcome.check()
    return outcome.warnings
