"""Addresses that the service passes to browsers and clients without checking them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from osmo_cli.config.registry.definition import Check, Finding, checks, warning

_BARE_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?(/\S*)?")


def _address(value: Any, schemes: tuple[str, str]) -> Iterator[Finding]:
    if not isinstance(value, str) or not value:
        return
    forms = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = None, None
    if parts is None or parts.scheme not in schemes or not host or re.search(r"\s", value):
        secure = schemes[-1]
        hint = f'write "{secure}://" before it' if _BARE_HOST.fullmatch(value) else None
        yield warning(f"must be an address with a host that starts with {forms}", hint)
    elif parts.username is not None:
        hint = "everyone who can read the configuration can see them"
        yield warning("the address contains a user name or password", hint)


def web_address(value: Any) -> Iterator[Finding]:
    """Check an address for a browser; empty is allowed."""
    return _address(value, ("http", "https"))


def socket_address(value: Any) -> Iterator[Finding]:
    """Check an address for a websocket, as of the router; empty is allowed."""
    return _address(value, ("ws", "wss"))


def registry(value: Any) -> Iterator[Finding]:
    """Check a container registry: a host without a scheme."""
    if isinstance(value, str) and "://" in value:
        yield warning("a registry is a host such as nvcr.io, without http:// or https://")


def web_addresses(*paths: str) -> Iterator[Check]:
    """Return the checks of fields that hold web addresses."""
    yield from checks(web_address, "`http(s)://` with a host", *paths)
