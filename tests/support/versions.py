"""Dialects by what they can do, so that a new one joins the tests that are about it."""

from __future__ import annotations

from osmo_cli.config.registry.dialects import DIALECTS

WITH_USERS = [name for name, dialect in DIALECTS.items() if dialect.token_routes.users is not None]
WITHOUT_USERS = [name for name in DIALECTS if name not in WITH_USERS]


def since(name: str) -> list[str]:
    """Names of the dialects from one on, oldest first."""
    names = list(DIALECTS)
    return names[names.index(name) :]
