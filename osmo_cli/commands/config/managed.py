"""Writes to a service whose configuration comes from Helm values (api.md 5, 15)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.config.problems import Path
    from osmo_cli.config.registry.types import ConfigType
    from osmo_cli.output.printer import Printer


@contextmanager
def helm_values_on_refusal(
    service: Service,
    printer: Printer,
    config_type: ConfigType,
    name: str | None,
    states: tuple[Any, Any],
    *,
    secrets: Collection[Path] = (),
) -> Iterator[None]:
    """Around a write: where the service takes none, print the values that make the change.

    Args:
        service: the service.
        printer: gets the values as the result, in YAML, or with `-t json` in the error.
        config_type: what is written to.
        name: the item, or None for the whole type.
        states: what it is and what it shall be; `ABSENT` for an item that is not there.
        secrets: paths of values that may not be shown.

    Raises:
        ManagedElsewhereError: the service's refusal, with the key that holds the value (exit 6).
    """
    from osmo_cli.api.errors import ManagedElsewhereError

    try:
        yield
    except ManagedElsewhereError as error:
        from osmo_cli.config.changes.helm_values import helm_values
        from osmo_cli.config.registry.shape import Shape
        from osmo_cli.output.printer import Format

        shape = Shape(config_type, service.dialect, name)
        service.remember_managed()
        found = helm_values(shape, *states, secrets)
        if found is None:
            raise
        if printer.format is Format.JSON:
            helm = {"key": found.key, "values": found.values, "notes": found.notes}
            error.details = error.details | {"helm": helm}
        elif found.values:
            printer.yaml(found.values)
        for note in found.notes:
            printer.note(note)
        error.hint = "nothing was changed; reading still works"
        if found.values:
            error.hint = (
                f"put {found.key} into the values of the service's chart as shown, and deploy them"
            )
        raise
