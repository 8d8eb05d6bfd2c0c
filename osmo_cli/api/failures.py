"""Why a request got no answer: httpx's exceptions, mapped to this program's once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osmo_cli.api.environment import ProxySetting
from osmo_cli.api.errors import UnreachableError

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0


def unreachable(
    error: httpx.HTTPError,
    name: str,
    request: httpx.Request,
    limit: float,
    *,
    late: bool,
    proxy: ProxySetting | None = None,
) -> UnreachableError:
    """The error that says why a request got no answer.

    Args:
        error: what httpx raised.
        name: method and path.
        request: the request.
        limit: seconds that the whole request was allowed.
        late: whether they are over.
        proxy: the proxy that the request was sent through.
    """
    import httpx

    where = f"{request.url.scheme}://{request.url.netloc.decode()}"
    if proxy is not None:
        where = f"{where} through the proxy {proxy}"
    never_sent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError))
    if isinstance(error, httpx.ConnectTimeout):
        return UnreachableError(
            f"cannot connect to {where}: no answer within {min(CONNECT_SECONDS, limit):g} seconds",
            hint="check the address and the network"
            if proxy is None
            else f"check {proxy.variable}, or exclude the host with NO_PROXY",
        )
    if late or isinstance(error, httpx.TimeoutException):
        return UnreachableError(
            f"{name}: no complete answer within {limit:g} seconds",
            hint="try again, or allow more with --timeout SECONDS",
            outcome_unknown=not never_sent,
        )
    text = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return UnreachableError(
            f"the certificate of {where} is not trusted: {text.split(': ')[-1].split(' (')[0]}",
            hint="for a private certificate authority give its PEM file with --ca-file",
        )
    if never_sent:
        return UnreachableError(
            f"cannot connect to {where}: {text}",
            hint=_hint(proxy),
        )
    return UnreachableError(f"{name} at {where} failed: {text}", outcome_unknown=True)


def _hint(proxy: ProxySetting | None) -> str:
    if proxy is not None:
        return f"is the proxy running? check {proxy.variable}, or exclude the host with NO_PROXY"
    return "is the service running, and is the address right? `osmo whoami` shows it"
