"""Repairing a backend that the service cannot read.

After an upgrade from 6.0, a stored scheduler that the new version does not have makes every read
of backends fail (docs/service/backend.md#rows-with-an-older-scheduler).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from osmo_cli.config.changes.merge import differences
from osmo_cli.config.changes.patch import Patch
from osmo_cli.config.changes.preview import Preview, Request
from osmo_cli.config.problems import path_text, raise_for_errors
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import BACKEND, Verb
from osmo_cli.config.values import ABSENT
from osmo_cli.plan.config_write import check_command
from osmo_cli.plan.write import Wording, Write, perform

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.config.reading.document import Document

SETTINGS = "scheduler_settings"
_DESCRIPTION = "Set scheduler settings that this version has"


def has_settings(document: Document) -> bool:
    """Return whether an input gives the settings that a repair needs."""
    return isinstance(document.value, dict) and isinstance(document.value.get(SETTINGS), dict)


def plan_repair(service: Service, name: str, document: Document) -> Patch:
    """Return the request that makes a backend readable: the input's scheduler settings, complete.

    Raises:
        InvalidInputError: the settings are not valid for the service's version.
    """
    from osmo_cli.config.checking.validate import check_input
    from osmo_cli.config.schemas.base import model_at

    verb = BACKEND.named
    assert isinstance(verb, Verb)
    shape = Shape(BACKEND, service.confirm_dialect(), name)
    given = document.value[SETTINGS]
    only_settings = replace(document, value={SETTINGS: given})
    raise_for_errors(check_input(only_settings, shape, {}).problems)
    model = model_at(shape.model(), (SETTINGS,))
    assert model is not None
    settings = model.model_validate(given, extra="ignore").model_dump(mode="json")
    return Patch(verb, {SETTINGS: settings})


def preview_repair(name: str, patch: Patch, description: str | None) -> Preview:
    """Return what the repair would send."""
    from osmo_cli.api.configs import write_path

    body = patch.body(description or _DESCRIPTION, None)
    return Preview(
        ABSENT,
        f"{BACKEND.name} {name} (cannot be read)",
        patch.content,
        f"{BACKEND.name} {name} (after)",
        tuple(differences({}, patch.content)),
        (Request(patch.verb.method, write_path(BACKEND, name), body),),
    )


def repair(
    service: Service, name: str, patch: Patch, *, description: str | None, tags: list[str] | None
) -> tuple[str, ...]:
    """Send the repair, look whether the backend can be read, and return warnings.

    Raises:
        OsmoError: as `perform`, or the backend shows other settings.
    """

    def wrong(live: Any) -> list[str]:
        stored = live.get(SETTINGS) if isinstance(live, dict) else None
        changed = differences(stored, patch.content[SETTINGS], (SETTINGS,))
        return [path_text(difference.path) for difference in changed]

    outcome = perform(
        Write(
            wording=Wording(
                action=f"the repair of {BACKEND.name} {name}",
                done="the settings are stored",
                not_done="the settings are not stored",
                check=check_command(BACKEND, name),
            ),
            requests=[
                lambda: service.configs.write(
                    BACKEND, name, patch, description=description or _DESCRIPTION, tags=tags
                )
            ],
            look=lambda: service.configs.read_item(BACKEND, name),
            wrong=wrong,
        )
    )
    outcome.check()
    return outcome.warnings
