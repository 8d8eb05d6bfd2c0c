"""What a rule finds, and a row that says where the rule applies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from osmo_cli.config.problems import Path
from osmo_cli.config.registry.dialects import Dialect


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a value; no part of it holds the value itself.

    Attributes:
        message: what is wrong.
        hint: the way out.
        severity: `error` where the service would refuse it, store something else, or where it
            cannot work; `warning` where it is only likely wrong.
        at: where below the value that the rule was given.
        at_key: the key is meant and not what stands behind it.
        beside: other fields below that value that have a part in it.
    """

    message: str
    hint: str | None = None
    severity: Literal["error", "warning"] = "error"
    at: Path = ()
    at_key: bool = False
    beside: tuple[Path, ...] = ()


Rule = Callable[[Any], Iterable[Finding]]
"""A rule; it may get any value, and says nothing about one of a type that it is not about."""


def _everywhere(_: Dialect) -> bool:
    return True


@dataclass(frozen=True)
class Check:
    """One row of the table.

    Attributes:
        config_type: name of the type.
        path: pattern within one object of the type; `*` is any key or position.
        rule: what is checked there.
        summary: the same in words, for docs/checks.md.
        applies: in which dialects, for a field that has another meaning in others.
        whole: the rule needs what is stored: without a service it is left out.
    """

    config_type: str
    path: Path
    rule: Rule
    summary: str
    applies: Callable[[Dialect], bool] = _everywhere
    whole: bool = False


def warning(message: str, hint: str | None = None, **details: Any) -> Finding:
    """A finding that stops nothing."""
    return Finding(message, hint, "warning", **details)
