"""Placeholders in templates and validations: `{{NAME}}`, which OSMO replaces for each task.

OSMO has variables of its own; pools and their platforms add more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from osmo_cli.config.problems import Path
from osmo_cli.config.registry.definition import Check, Finding, checks, warning

OWN_VARIABLES = frozenset(
    {
        *(f"{of}_{what}" for of in ("USER", "K8") for what in ("CPU", "GPU", "MEMORY", "STORAGE")),
        *("USER_CONTAINER_NAME", "USER_EXCLUDED_NODES"),
        *("WF_ID", "WF_UUID", "WF_POOL", "WF_PLATFORM", "WF_SUBMITTED_BY", "WF_PRIORITY"),
        *("WF_TASK_NAME", "WF_TASK_UUID", "WF_GROUP_NAME", "WF_GROUP_UUID"),
    }
)
"""Variables of OSMO itself, from its documentation of pod and group templates."""

_OWN_PREFIXES = ("USER_", "WF_", "K8_")
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_OPENING = re.compile(r"\{[{%#]")
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
# Two closing braces often belong to JSON, but not after a bare name with one opening brace.
_HALF_OPENED = re.compile(r"(?:^|[^{])\{\s{0,9}[A-Za-z_]\w{0,99}\s{0,9}\}\}", re.ASCII)


def placeholders(value: Any) -> Iterator[tuple[Path, str]]:
    """Return each placeholder in the strings of `value`, with the path of its string."""
    for path, text in _texts(value):
        for name in dict.fromkeys(_PLACEHOLDER.findall(text)):
            yield path, name


def unfilled(template: Any, pool: Any, platform: str | None = None) -> list[tuple[Path, str]]:
    """Return the placeholders of a template for which neither a pool nor OSMO has a value.

    Args:
        template: a pod template, group template or resource validation.
        pool: the pool that names it.
        platform: one of its platforms, or None for what all platforms share.
    """
    known = set(OWN_VARIABLES) | _variables(pool, "common_default_variables")
    platforms = pool.get("platforms") if isinstance(pool, dict) else None
    if platform is not None and isinstance(platforms, dict):
        known |= _variables(platforms.get(platform), "default_variables")
    return [
        (path, name)
        for path, name in placeholders(template)
        # A later version of OSMO may define names with these prefixes.
        if name not in known and not name.startswith(_OWN_PREFIXES)
    ]


def _variables(holder: Any, field: str) -> set[str]:
    given = holder.get(field) if isinstance(holder, dict) else None
    return set(given) if isinstance(given, dict) else set()


def well_formed(value: Any) -> Iterator[Finding]:
    """Check that placeholders are closed, and are not misspelt variables of OSMO."""
    for path, text in _texts(value):
        if _is_open(text) or _HALF_OPENED.search(text):
            yield warning("a placeholder is not closed", at=path)
    for path, name in placeholders(value):
        if name in OWN_VARIABLES:
            continue
        near = get_close_matches(name.upper(), sorted(OWN_VARIABLES), n=1, cutoff=0.85)
        if near:
            message = "OSMO has no such variable, unless the pool defines it"
            yield warning(message, f"did you mean {{{{{near[0]}}}}}?", at=path)


def _is_open(text: str) -> bool:
    """Return whether a Jinja tag in the string is not closed; a comment may be open."""
    end = 0
    while opening := _OPENING.search(text, end):
        end = text.find(_CLOSING[opening[0]], opening.end()) + 2
        if end < 2:
            return opening[0] != "{#"
    return False


def _texts(value: Any, at: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        if "{" in value or "}" in value:
            yield at, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*at, index))


def placeholder_checks() -> Iterator[Check]:
    """Return the check of the placeholders of a whole object."""
    yield from checks(well_formed, "closed placeholders, no misspelt OSMO variable", "")
