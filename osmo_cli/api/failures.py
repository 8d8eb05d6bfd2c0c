"""Why a request got no answer: httpx's exceptions, mapped to this program's once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osmo_cli.api.errors import UnreachableError

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0


def unreachable(
    error: httpx.HTTPError, name: str, request: httpx.Request, limit: float, *, late: bool
) -> UnreachableError:
    """The error that says why a request got no answer.

    Args:
        error: what httpx raised.
        name: method and path.
        request: the request.
        limit: seconds that the whole request was allowed.
        late: whether they are over.
    """
    import httpx

    where = f"{request.url.scheme}://{request.url.netloc.decode()}"
    never_sent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError))
    if isinstance(error, httpx.ConnectTimeout):
        return UnreachableError(
            f"cannot connect to {where}: no answer within {min(CONNECT_SECONDS, limit):g} seconds",
            hint="check the address and the network",
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
            hint="is the service running, and is the address right? `osmo whoami` shows it",
        )
    return UnreachableError(f"{name} at {where} failed: {text}", outcome_unknown=True)
