"""One HTTP transport: time limits, retries of reads, no redirects, typed errors."""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from osmo_cli import __version__
from osmo_cli.api.bodies import ACCEPTED_ENCODING, InvalidBodyError, parse_json, unpack
from osmo_cli.api.environment import ProxySetting, certificates, proxy_for, trust_file
from osmo_cli.api.errors import (
    UnexpectedAnswerError,
    UnreachableError,
    error_from,
    is_transient,
)
from osmo_cli.api.failures import CONNECT_SECONDS, unreachable
from osmo_cli.credentials.loopback import is_loopback
from osmo_cli.credentials.network import USUAL, Network
from osmo_cli.errors import UsageError, shortened
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    import ssl

    import httpx

REQUEST_SECONDS = 60.0

_ATTEMPTS = 3
_BACKOFF_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 10.0
_LONGEST_ADVICE_SECONDS = 24 * 3600
_MOST_DIGITS = 12
_WORTH_A_RETRY = frozenset({429, 502, 503, 504})

Query = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Exchange:
    """What `--debug` logs of one request: never headers, query or bodies."""

    method: str
    path: str
    status: int | None
    seconds: float
    sent: int
    received: int


@dataclass(frozen=True, repr=False)
class Answer:
    """A complete answer."""

    request: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's JSON value.

        Raises:
            UnexpectedAnswerError: it is not JSON, so this is not an OSMO service's answer.
        """
        try:
            return parse_json(self.body)
        except InvalidBodyError as error:
            kind = self.headers.get("content-type", "no type").split(";")[0]
            what = (
                f"{kind}, not JSON"
                if str(error) == "not JSON"
                else f"an unexpected answer: {error}"
            )
            raise UnexpectedAnswerError(
                f"{self.request} answered {self.status} with {what}",
                hint="is this the address of an OSMO service? a login page or proxy may be in "
                "between",
            ) from None


def import_httpx() -> Any:
    """Import httpx without its own command line, which would load rich, click and pygments.

    httpx/__init__.py tries to import `_main` and goes on without it; that try costs half of
    the import's time (docs/performance.md).
    """
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    import httpx

    return httpx


def _import_httpcore() -> None:
    """Import httpcore without anyio, which it uses for asynchronous connections alone."""
    if "anyio" in sys.modules:
        return
    sys.modules["anyio"] = None  # type: ignore[assignment]
    try:
        import httpcore  # noqa: F401
    finally:
        del sys.modules["anyio"]


class Transport:
    """A connection to one base address, reused for all requests.

    Args:
        base_url: scheme://host[:port].
        timeout: limit for a whole request with its retries, in seconds.
        network: what is allowed and trusted.
        on_exchange: called after each attempt, for `--debug`.
        inner: another httpx transport (the embedded service in this process).
        context: the trusted certificates, if they are loaded already.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float = REQUEST_SECONDS,
        network: Network = USUAL,
        on_exchange: Callable[[Exchange], None] | None = None,
        inner: httpx.BaseTransport | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        httpx = import_httpx()
        self._httpx = httpx
        self._base_url, self._network, self._inner = base_url, network, inner
        self._timeout = timeout
        self._on_exchange = on_exchange
        self._socket: socket.socket | None = None
        self._hung_up = False
        self._aborted = threading.Event()
        stays = inner is None and _stays_on_this_machine(base_url, network.allow_http)
        if inner is None:
            _import_httpcore()
        self._proxy = None if stays or inner is not None else proxy_for(base_url)
        self._context = context = context or _tls(base_url, network, self._proxy)
        if stays:
            from osmo_cli.api.loopback_connection import loopback_transport

            inner = loopback_transport(context)
        self._client = httpx.Client(
            base_url=base_url,
            transport=inner,
            verify=context,
            proxy=self._proxy.url if self._proxy else None,
            trust_env=False,  # see osmo_cli.api.environment
            follow_redirects=False,
            headers={
                "user-agent": f"osmo-cli/{__version__}",
                "accept-encoding": ACCEPTED_ENCODING,
            },
        )

    @property
    def is_remote(self) -> bool:
        """Whether requests leave this process."""
        return self._inner is None

    def copy(self) -> Transport:
        """Another connection to the same address; a transport is for one thread."""
        assert self.is_remote, "the embedded service has one connection"
        return Transport(
            self._base_url,
            timeout=self._timeout,
            network=self._network,
            on_exchange=self._on_exchange,
            context=self._context,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def abort(self) -> None:
        """End the request that another thread waits for, with an UnreachableError."""
        self._aborted.set()
        self._hang_up()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> Answer:
        """Send one request and return its answer.

        Args:
            method: HTTP method; only GET is repeated.
            path: a quoted path (`urls.build_path`), or a whole URL for an identity provider.
            query: parameters.
            headers: more headers.
            body: a value to send as JSON; None sends no body.
            form: fields to send as a form.
            accept: error statuses to return instead of raising.

        Raises:
            ServiceError: the answer's status is 400 or more and not accepted.
            UnreachableError: there was no answer in time.
            UnexpectedAnswerError: a redirect, or more than 64 MiB.
            UsageError: the path does not make a valid URL.
        """
        deadline = time.monotonic() + self._timeout
        content = json.dumps(body).encode() if body is not None else None
        all_headers = dict(headers or {})
        if content is not None:
            all_headers["content-type"] = "application/json"
        try:
            request = self._client.build_request(
                method,
                path,
                params=list(query) or None,
                headers=all_headers,
                content=content,
                data=form,
            )
        except self._httpx.InvalidURL:
            raise UsageError(f"not an address: {path.split('?')[0]}") from None
        attempts = _ATTEMPTS if method == "GET" else 1
        for attempt in range(1, attempts + 1):
            wait = _BACKOFF_SECONDS * 2 ** (attempt - 1)
            try:
                answer = self._attempt(request, deadline)
            except UnreachableError:
                if attempt == attempts or time.monotonic() + wait >= deadline:
                    raise
            else:
                wait = max(wait, _retry_after(answer.headers))
                longest = min(_LONGEST_WAIT_SECONDS, deadline - time.monotonic())
                if attempt == attempts or wait > longest or not _is_worth_a_retry(answer):
                    return _checked(answer, accept)
            self._wait(wait, f"{method} {path}")
        raise AssertionError("the last attempt returns or raises")

    def _wait(self, seconds: float, name: str) -> None:
        if self._aborted.wait(seconds):
            raise UnreachableError(f"{name}: ended before it was repeated")

    def _attempt(self, request: httpx.Request, deadline: float) -> Answer:
        httpx = self._httpx
        name = f"{request.method} {request.url.path}"
        started = time.monotonic()
        left = max(deadline - started, 0.001)
        timeout = httpx.Timeout(left, connect=min(CONNECT_SECONDS, left))
        request.extensions = {"timeout": timeout.as_dict(), "trace": self._keep_socket}
        status: int | None = None
        received, body = 0, b""
        self._hung_up = self._aborted.is_set()
        watchdog = threading.Timer(left, self._hang_up)
        watchdog.daemon = True
        watchdog.start()
        try:
            response = self._client.send(request, stream=True)
            status = response.status_code
            try:
                body = _body(response)
            except InvalidBodyError as error:
                raise UnexpectedAnswerError(f"{name} answered with {error}") from None
            finally:
                received = response.num_bytes_downloaded or len(body)
                response.close()
            if self._hung_up:
                # Without a length the end of the connection looks like the answer's end.
                raise httpx.ReadTimeout("cut off", request=request)
            return Answer(name, status, response.headers, body)
        except httpx.HTTPError as error:
            late = time.monotonic() >= deadline
            raise unreachable(
                error, name, request, self._timeout, late=late, proxy=self._proxy
            ) from None
        finally:
            watchdog.cancel()
            if self._on_exchange:
                sent = len(request.content) if request.headers.get("content-length") else 0
                seconds = time.monotonic() - started
                self._on_exchange(
                    Exchange(request.method, request.url.path, status, seconds, sent, received)
                )

    def _keep_socket(self, event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._aborted.is_set():
                self._hang_up()

    def _hang_up(self) -> None:
        # httpx limits the wait for each piece; an answer that drips in byte by byte would
        # never end. Shutting the socket down wakes the reader.
        self._hung_up = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._socket = None


def _body(response: httpx.Response) -> bytes:
    """The body without its content encoding; raises InvalidBodyError."""
    if response.is_stream_consumed:  # an answer of this process
        return response.content
    return unpack(response.iter_raw(), response.headers.get("content-encoding", ""))


def _stays_on_this_machine(base_url: str, allow_http: bool) -> bool:
    """Whether connections may go to this machine only."""
    parts = urlsplit(base_url)
    return is_loopback(parts.hostname or "") or (parts.scheme == "http" and not allow_http)


def _tls(base_url: str, network: Network, proxy: ProxySetting | None) -> ssl.SSLContext:
    import ssl

    if network.ca_file is not None:
        try:
            return trust_file(network.ca_file)
        except (OSError, ValueError):
            name, file = network.ca_named_by, shortened(network.ca_file)
            raise UsageError(
                f"{name} is {file}: not a readable file of PEM certificates",
                hint=f"name one with {name}",
            ) from None
    if base_url.startswith("https:") or (proxy and proxy.url.startswith("https:")):
        trusted = certificates()
        if trusted is None:
            trusted = import_httpx().create_ssl_context(trust_env=False)
        return trusted
    # Loading the trusted authorities takes longer than a request; plain http needs none, and
    # an empty context trusts nobody.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _is_worth_a_retry(answer: Answer) -> bool:
    return answer.status in _WORTH_A_RETRY or is_transient(answer.status, answer.body)


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that `Retry-After` asks for (RFC 9110, 10.2.3); 0 where it is absent or odd."""
    value = headers.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return float(value[:_MOST_DIGITS])
    from email.utils import parsedate_to_datetime

    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _checked(answer: Answer, accept: frozenset[int]) -> Answer:
    if 300 <= answer.status < 400:
        target = re.split(r"[?#]", answer.headers.get("location", "nowhere"))[0]
        target = re.sub(r"//[^/]*@", "//", target)
        raise UnexpectedAnswerError(
            f"{answer.request} was redirected to {target}; redirects are not followed",
            hint="log in to the address of the service itself; a login page in front of it "
            "wants a token: `osmo login URL --method token`",
        )
    if answer.status >= 400 and answer.status not in accept:
        error = error_from(
            answer.status, answer.body, answer.headers.get("content-type", ""), answer.request
        )
        seconds = _retry_after(answer.headers)
        if answer.status == 429 and 0 < seconds <= _LONGEST_ADVICE_SECONDS:
            error.hint = f"try again in {seconds:.0f} seconds"
        raise error
    return answer
