"""Writes that a service in ConfigMap mode refuses: print the Helm values that make the change.

Source: docs/service/configmap.md#refused-writes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.config.helm.change import HelmValues
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
    """Around a write: if the service takes none, print the values that make the change.

    Args:
        service: the service.
        printer: prints the values as YAML, or with `-t json` as part of the error.
        config_type: what is written to.
        name: the item, or None for the whole type.
        states: the present and the wanted state; `ABSENT` for an item that does not exist.
        secrets: paths of values that may not be shown.

    Raises:
        ManagedElsewhereError: the service's refusal, with the key that holds the value (exit 6).
    """
    from osmo_cli.api.errors import ManagedElsewhereError

    try:
        yield
    except ManagedElsewhereError as error:
        from osmo_cli.config.helm.change import helm_values
        from osmo_cli.config.helm.values_yaml import write_values
        from osmo_cli.config.registry.shape import Shape
        from osmo_cli.output.printer import Format

        shape = Shape(config_type, service.dialect, name)
        service.remember_managed()
        result = helm_values(shape, *states, secrets)
        if result is None:
            raise
        if printer.format is Format.JSON:
            error.details = error.details | {"helm": _data(result)}
        elif result.values:
            printer.document(write_values(result.values))
        for warning in result.warnings:
            printer.warn(warning)
        for note in result.notes:
            printer.note(f"note: {note}")
        error.hint = _hint(result)
        raise


def _data(result: HelmValues) -> dict[str, Any]:
    names = ("key", "values", "notes", "warnings")
    return {name: getattr(result, name) for name in names}


def _hint(result: HelmValues) -> str:
    """What to do with the values."""
    steps = []
    if result.values:
        steps.append(f"add the values of {result.key} to the values file of the service's chart")
    if result.deletes:
        file = "that file" if result.values else "the values file of the service's chart"
        steps.append(f"delete the keys that the notes name from {file}")
    if not steps:
        return "nothing was changed; reading still works"
    return ", ".join(steps) + " and deploy it"
