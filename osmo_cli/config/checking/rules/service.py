"""Values that the service needs to work, or to be reached."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from osmo_cli.config.checking.rules.rule import Finding, warning

VERSION = re.compile(r"\d+\.\d+\.\d+(\..+)?", re.ASCII)
"""A client's version, as `cli_config` has it (api.md 3.8)."""
VERSION_FIELDS = ("latest_version", "min_supported_version")


def client_version(value: Any) -> Iterator[Finding]:
    """A version in `cli_config`: if it is none, every request with a version would fail, and the
    one that mends it too (api.md 1.4, 13)."""
    if isinstance(value, str) and value and not VERSION.fullmatch(value):
        yield Finding("not a version: MAJOR.MINOR.REVISION, such as 6.0.0")


def public_key(value: Any) -> Iterator[Finding]:
    """A JWK: JSON text, which stands in a text (api.md 10)."""
    if not isinstance(value, str):
        return
    try:
        key = json.loads(value)
    except (ValueError, RecursionError):
        key = None
    if not isinstance(key, dict) or "kty" not in key:
        yield warning('not a JWK: JSON text such as {"kty": "RSA", ...}, within a text')


def no_quotes(value: Any) -> Iterator[Finding]:
    """A secret without the quotes of a shell around it (api.md 10), nor its variable."""
    if not isinstance(value, str):
        return
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        yield warning("the quotes around it are part of the value")
    elif re.fullmatch(r"\$\{?[A-Z_][A-Z0-9_]*\}?", value):
        yield warning("this is the name of a variable, not what it holds")
    elif value != value.strip():
        yield warning("there are blanks or a line's end around the value")


def resource_scope(value: Any) -> Iterator[Finding]:
    """A resource of a role's policy: config types are in lower case there (api.md 10)."""
    if isinstance(value, str) and value.startswith("config/") and value != value.lower():
        yield warning("no config type has a name in capitals here", f'write "{value.lower()}"')
