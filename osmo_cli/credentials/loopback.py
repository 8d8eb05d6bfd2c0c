"""Which hosts are this machine: what is sent to them in plain text cannot be read on its way."""

from __future__ import annotations

import threading
from ipaddress import ip_address

LOOKUP_SECONDS = 3.0
"""Limit for finding the addresses of a name; the system's own may be much longer."""

_LOOPBACK = ("127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by what it is called, without looking it up.

    `localhost` and the names below it are this machine for everybody (RFC 6761, 6.3).
    """
    if _is_localhost(host):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def loopback_addresses(host: str) -> list[str]:
    """The addresses of a host if all of them are this machine's; else none.

    What a name means can change from one moment to the next, so who relies on the answer connects
    to these addresses, and does not look the name up again.
    """
    if is_loopback(host) and not _is_localhost(host):
        return [host]
    addresses = _look_up(host)
    local = [address for address in addresses if ip_address(address).is_loopback]
    if _is_localhost(host):
        return local or list(_LOOPBACK)
    return local if len(local) == len(addresses) else []


def _is_localhost(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _look_up(host: str) -> list[str]:
    """The addresses of a name; none where it has none, or they are not known in time."""
    import socket

    addresses: list[str] = []

    def ask() -> None:
        try:
            entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        addresses.extend(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in entries))

    # A lookup cannot be given a limit, nor be stopped.
    thread = threading.Thread(target=ask, name="lookup", daemon=True)
    thread.start()
    thread.join(LOOKUP_SECONDS)
    return list(addresses)
