"""Network settings of the environment: proxies and certificates.

httpx would read them itself, but it fails on values that other tools set and accept, and sends
requests for this machine through a proxy.
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from osmo_cli.bounded_files import read_bytes
from osmo_cli.credentials.loopback import is_loopback, loopback_addresses
from osmo_cli.errors import UsageError, shortened
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    import ssl

_SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True)
class ProxySetting:
    """A proxy to use, and the variable that names it."""

    variable: str
    url: str

    def __str__(self) -> str:
        """The variable and the proxy's address, without user information."""
        return f"{_without_user(self.url)} ({self.variable})"


def proxy_for(url: str) -> ProxySetting | None:
    """The proxy for requests to `url`; None for this machine and for hosts in NO_PROXY.

    Raises:
        UsageError: the variable does not hold the address of a proxy.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or _is_excluded(host, parts.port, _variable("no_proxy")[1]):
        return None
    for name in (f"{parts.scheme}_proxy", "all_proxy"):
        variable, value = _variable(name)
        # A proxy reads what is sent by plain http. For https no name is looked up: behind a proxy
        # this may take long, and it may be meant to stay unknown to the network.
        if value and not (parts.scheme == "http" and loopback_addresses(host)):
            return _checked(ProxySetting(variable, value if "://" in value else f"http://{value}"))
    return None


def certificates() -> ssl.SSLContext | None:
    """The certificates that SSL_CERT_FILE or SSL_CERT_DIR name; None for the usual ones.

    Raises:
        UsageError: they cannot be read.
    """
    for variable, read, kind in (
        ("SSL_CERT_FILE", trust_file, "file"),
        ("SSL_CERT_DIR", _trust_directory, "directory"),
    ):
        if path := os.environ.get(variable):
            try:
                return read(path)
            except (OSError, ValueError):
                raise UsageError(
                    f"{variable} is {shortened(path)}: not a readable {kind} of PEM certificates",
                    hint=f"set it to one, or unset {variable}",
                ) from None
    return None


def trust_file(path: str) -> ssl.SSLContext:
    """The certificates in a PEM file, in place of the usual ones.

    Raises:
        OSError: it cannot be read, or holds none (ssl.SSLError).
        ValueError: its name is invalid.
    """
    import ssl

    if os.path.isfile(path):
        return ssl.create_default_context(cafile=path)
    # A pipe: OpenSSL would wait for its end without a limit.
    text = read_bytes(path).decode("ascii", "ignore")
    if not text.strip():
        raise ValueError("no certificate")  # which would mean the usual ones
    return ssl.create_default_context(cadata=text)


def _trust_directory(path: str) -> ssl.SSLContext:
    import ssl

    os.listdir(path)  # OpenSSL ignores what it cannot read
    return ssl.create_default_context(capath=path)


def _variable(name: str) -> tuple[str, str]:
    """A variable and its value; in lower case it comes first, as in curl."""
    for variable in (name, name.upper()):
        # A web server sets HTTP_PROXY from a request's header (CGI).
        if variable == "HTTP_PROXY" and "REQUEST_METHOD" in os.environ:
            continue
        if value := os.environ.get(variable, "").strip():
            return variable, value
    return name.upper(), ""


def _checked(proxy: ProxySetting) -> ProxySetting:
    try:
        parts = urlsplit(proxy.url)
        is_address = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or re.search(r"[\s\\]|[^\x21-\x7e]", proxy.url):
        raise UsageError(
            f"{proxy.variable} is {_without_user(proxy.url)}: not the address of a proxy",
            hint=f"for example http://proxy.example.com:3128, or unset {proxy.variable}",
        )
    if parts.scheme.startswith("socks"):
        _check_socks(proxy)
    return proxy


def _check_socks(proxy: ProxySetting) -> None:
    from importlib.util import find_spec

    if find_spec("socksio") is None:
        raise UsageError(
            f"{proxy.variable} is {_without_user(proxy.url)}: SOCKS proxies need the package "
            "socksio",
            hint="install socksio beside osmo, or use an HTTP proxy",
        )


def _is_excluded(host: str, port: int | None, no_proxy: str) -> bool:
    """Whether NO_PROXY names the host: by name, domain, address or network; `*` is every host."""
    return any(_fits(entry, host, port) for entry in re.split(r"[\s,]+", no_proxy) if entry)


def _fits(entry: str, host: str, port: int | None) -> bool:
    if entry == "*":
        return True
    try:
        return ip_address(host) in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        pass
    name, colon, digits = entry.rpartition(":")
    if colon and digits.isdecimal() and ":" not in name.strip("[]").replace("::", ""):
        if port != int(digits):
            return False
        entry = name
    domain = entry.strip("[]").lower().lstrip("*").lstrip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _without_user(url: str) -> str:
    """The address of a proxy without what may be a secret, also where it is no valid address."""
    scheme, separator, rest = url.partition("://")
    if not re.fullmatch("[A-Za-z0-9+.-]*", scheme):
        scheme, separator, rest = "", "", url
    rest = rest.rpartition("@")[2]
    # In "user:password" without an @ the password takes the place of the port.
    if not rest.startswith("["):
        rest = re.sub(r":(?!\d*(/|$))[^/]*$", ":...", rest)
    return shortened(f"{scheme}{separator}{rest}")
