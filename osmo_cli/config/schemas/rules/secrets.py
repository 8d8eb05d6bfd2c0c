"""Secrets that were likely pasted or substituted wrongly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from osmo_cli.config.registry.definition import Check, Finding, checks, warning


def unquoted(value: Any) -> Iterator[Finding]:
    """Check a secret for a shell's quotes, spaces around it, and the name of a variable."""
    if not isinstance(value, str):
        return
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        yield warning("the quotes around the value are part of it")
    elif re.fullmatch(r"\$\{?[A-Z_][A-Z0-9_]*\}?", value):
        yield warning("the value is the name of a variable, not its content")
    elif value != value.strip():
        yield warning("the value starts or ends with a space or line break")


def secret(*paths: str) -> Iterator[Check]:
    """Return the checks of secret fields."""
    summary = "not in quotes, no spaces around it, not the name of a variable"
    yield from checks(unquoted, summary, *paths)
