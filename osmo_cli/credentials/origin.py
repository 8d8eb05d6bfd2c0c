"""Origins of services (RFC 6454): scheme, host and port, in one spelling."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, urlsplit

from osmo_cli.credentials import loopback
from osmo_cli.credentials.network import http_hint
from osmo_cli.errors import UsageError
from osmo_cli.quick_dataclass import dataclass

_DEFAULT_PORTS = {"https": 443, "http": 80}
_EMBEDDED = "local"
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_LIKE = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::\d{1,5}/?|\.[A-Za-z]+/?)"
_EXAMPLE = "for example https://osmo.example.com"


@dataclass(frozen=True)
class Origin:
    """A service: secrets issued for one origin are sent to no other.

    Attributes:
        scheme: `https`, `http` or, for the embedded service, `local`.
        host: lower case, IDNA for names beyond ASCII, IPv6 without brackets.
        port: TCP port, also where it is the scheme's default; 0 for the embedded service.
    """

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        if self.is_local:
            return _EMBEDDED
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = _DEFAULT_PORTS.get(self.scheme) == self.port
        return f"{self.scheme}://{host}" + ("" if default else f":{self.port}")

    @property
    def is_local(self) -> bool:
        """Whether this is the embedded service, inside this process."""
        return self.scheme == _EMBEDDED

    @property
    def is_loopback(self) -> bool:
        """Whether requests stay on this machine: 127.0.0.0/8, ::1, localhost or below it."""
        return loopback.is_loopback(self.host)


LOCAL = Origin(_EMBEDDED, "", 0)
"""The embedded service, in this process."""


def parse_origin(text: str, *, allow_http: bool = False) -> Origin:
    """The origin that a service's URL names; `local` is the embedded service.

    No error repeats more of `text` than its scheme and host, as the rest may be a secret.

    Raises:
        UsageError: not an http(s) URL of a host alone, or plain http to another machine
            without `allow_http`.
    """
    text = text.strip()
    if text == _EMBEDDED:
        return LOCAL
    _check_characters(text)
    parts, port = _split(text)
    host = _host(parts.hostname or "", is_ipv6="[" in parts.netloc)
    origin = Origin(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme])
    if parts.path not in ("", "/") or parts.query or parts.fragment or text[-1] in "?#":
        raise UsageError(
            "the service's URL has more than scheme, host and port", hint=f"write {origin}"
        )
    check_scheme(origin, allow_http=allow_http)
    return origin


def check_scheme(origin: Origin, *, allow_http: bool) -> None:
    """Check that what is sent to a service cannot be read on its way.

    Raises:
        UsageError: it is plain http to another machine, without `allow_http`. A name is this
            machine's if all its addresses are; the transport then connects to no other.
    """
    if allow_http or origin.scheme != "http":
        return
    if not loopback.loopback_addresses(origin.host):
        raise UsageError(
            f"{origin} is plain http: a login sent to it can be read on its way",
            hint=http_hint(),
        )


def _check_characters(text: str) -> None:
    """Raise UsageError if `text` cannot be a URL with a scheme."""
    if not text:
        raise UsageError("the service's URL is empty", hint=f"give its address, {_EXAMPLE}")
    if "://" not in text:
        is_host = "/" not in text.rstrip("/") and re.fullmatch(_HOST_LIKE, text)
        hint = f"write https://{text}" if is_host else f"give its address, {_EXAMPLE}"
        raise UsageError("the service's URL has no scheme", hint=hint)
    if "\\" in text or any(character.isspace() or ord(character) < 0x20 for character in text):
        raise UsageError("the service's URL has an invalid character", hint=_EXAMPLE)


def _split(text: str) -> tuple[SplitResult, int | None]:
    """The parts of an http(s) URL without user information, and its port.

    Raises:
        UsageError: it is not such a URL.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise UsageError("the service's URL has no valid host and port", hint=_EXAMPLE) from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise UsageError(f"unsupported scheme: {parts.scheme}://", hint="use https://")
    if "@" in parts.netloc:
        raise UsageError(
            "the service's URL contains user information",
            hint="leave out what is before the @; osmo login asks for what it needs",
        )
    if port == 0:
        raise UsageError("the service's URL has port 0", hint="name the port it listens on")
    return parts, port


def _host(host: str, *, is_ipv6: bool) -> str:
    try:
        if is_ipv6:
            if "%" in host:
                raise ValueError(host)
            return str(IPv6Address(host))
        if not host.isascii():
            import idna

            host = idna.encode(host, uts46=True).decode("ascii")
        labels = host.lower().split(".")
        if len(host) > 253 or not all(re.fullmatch(_LABEL, label) for label in labels):
            raise ValueError(host)
        # A name that ends in a number is an IPv4 address in some spelling (WHATWG URL, 3.5);
        # only the plain one is accepted, so that 127.1 or 0x7f000001 is not taken for a name.
        if labels[-1].isdecimal() or re.fullmatch(r"0x[0-9a-f]*", labels[-1]):
            return str(IPv4Address(host))
    except ValueError:  # also what idna and ipaddress raise
        raise UsageError("the service's URL has no valid host", hint=_EXAMPLE) from None
    return ".".join(labels)
