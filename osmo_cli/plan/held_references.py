"""References in what a service holds, which an input must not have looked up."""

from __future__ import annotations

from osmo_cli.api.service import Service
from osmo_cli.config.reading.references import references_in
from osmo_cli.config.registry.types import CONFIG_TYPES


def held_references(service: Service) -> frozenset[str]:
    """Return the references in every string of every config type, as it is stored now.

    Raises:
        OsmoError: the service cannot be read.
    """
    return frozenset(
        reference
        for name in sorted(service.dialect.config_types)
        for reference in references_in(service.configs.read(CONFIG_TYPES[name]).data)
    )
