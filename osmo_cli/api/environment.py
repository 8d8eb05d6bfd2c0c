"""Network settings of the environment: proxies and certificates.

httpx would read them itself, but it fails on values that other tools set and accept, and sends
requests for this machine through a proxy.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from osmo_cli.credentials.loopback import is_loopback, loopback_addresses
from osmo_cli.errors import UsageError

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
    import ssl

    for variable, argument in (("SSL_CERT_FILE", "cafile"), ("SSL_CERT_DIR", "capath")):
        if path := os.environ.get(variable):
            arguments: dict[str, Any] = {argument: path}
            try:
                if argument == "capath":
                    os.listdir(path)
                return ssl.create_default_context(**arguments)
            except (OSError, ssl.SSLError):
                kind = "file" if argument == "cafile" else "directory"
                raise UsageError(
                    f"{variable} is {path}: not a readable {kind} of PEM certificates",
                    hint=f"set it to one, or unset {variable}",
                ) from None
    return None


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
    return re.sub(r"//[^/]*@", "//", url)
