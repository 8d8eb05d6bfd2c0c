"""Addresses that the service hands to browsers and clients; it checks none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from osmo_cli.config.checking.rules.rule import Finding, warning

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
        hint = f'begin it with "{secure}://"' if _BARE_HOST.fullmatch(value) else None
        yield warning(f"not an address that begins with {forms} and has a host", hint)
    elif parts.username is not None:
        hint = "everyone who may read the configuration sees them"
        yield warning("there is a user name or a password in this address", hint)


def web_address(value: Any) -> Iterator[Finding]:
    """An address for a browser; empty is none."""
    return _address(value, ("http", "https"))


def socket_address(value: Any) -> Iterator[Finding]:
    """An address for a websocket, as of the router; empty is none."""
    return _address(value, ("ws", "wss"))


def registry(value: Any) -> Iterator[Finding]:
    """A container registry: a host, without what an address has before it."""
    if isinstance(value, str) and "://" in value:
        yield warning("a registry is a host, such as nvcr.io, without http:// or https://")
