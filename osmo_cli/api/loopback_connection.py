"""Connections that cannot leave this machine, whatever a name means by then."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import httpcore

from osmo_cli.credentials.loopback import loopback_addresses

if TYPE_CHECKING:
    import ssl

    import httpx


class _Loopback(httpcore.SyncBackend):
    """Connects to this machine's addresses only."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: httpcore.NetworkError = httpcore.ConnectError(
            f"{host} is no longer the name of this machine alone"
        )
        deadline = None if timeout is None else time.monotonic() + timeout
        for address in loopback_addresses(host):
            left = None if deadline is None else max(deadline - time.monotonic(), 0.001)
            try:
                return super().connect_tcp(address, port, left, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
        raise failure


def loopback_transport(context: ssl.SSLContext) -> httpx.BaseTransport:
    """An httpx transport to this machine.

    The addresses are looked up once for each connection, and checked before they are used: a name
    that has come to mean another machine since plain http was allowed gets nothing.
    """
    import httpx

    transport = httpx.HTTPTransport(verify=context, trust_env=False)
    # httpx has no setting for how to connect; httpcore, which does it, has.
    transport._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_Loopback())
    return transport
