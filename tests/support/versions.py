"""Dialects by what they can do, so that a new one joins the tests that are about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from osmo_cli.config.registry.dialects import DIALECTS, Dialect

WITH_USERS = [name for name, dialect in DIALECTS.items() if dialect.token_routes.users is not None]
WITHOUT_USERS = [name for name in DIALECTS if name not in WITH_USERS]


def since(name: str) -> list[str]:
    """Names of the dialects from one on, oldest first."""
    names = list(DIALECTS)
    return names[names.index(name) :]


def for_dialects(condition: Callable[[Dialect], object]) -> pytest.MarkDecorator:
    """Run a test for the dialects that a condition holds for, as its parameter `dialect`."""
    rows = [dialect for dialect in DIALECTS.values() if condition(dialect)]
    return pytest.mark.parametrize("dialect", rows, ids=[dialect.name for dialect in rows])
