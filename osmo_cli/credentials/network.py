"""How a login's service is reached: what the user allows and trusts, in every command alike."""

from __future__ import annotations

import os
from dataclasses import replace

from osmo_cli.errors import shortened
from osmo_cli.quick_dataclass import dataclass

_ALLOW_HTTP = "OSMO_ALLOW_HTTP"
_CA_FILE = "OSMO_CA_FILE"


@dataclass(frozen=True)
class Network:
    """What a login allows and trusts, for its service and its identity provider.

    Attributes:
        allow_http: whether plain http may leave this machine.
        ca_file: PEM file of certificate authorities to trust instead of the usual ones, or None.
        ca_named_by: what names that file.
    """

    allow_http: bool = False
    ca_file: str | None = None
    ca_named_by: str = "--ca-file"

    def with_variables(self) -> Network:
        """This, with what OSMO_ALLOW_HTTP allows, and OSMO_CA_FILE where no file is named."""
        allowed = replace(self, allow_http=self.allow_http or os.environ.get(_ALLOW_HTTP) == "1")
        file = os.environ.get(_CA_FILE)
        if self.ca_file or not file:
            return allowed
        return replace(allowed, ca_file=file, ca_named_by=_CA_FILE)


USUAL = Network()
"""Nothing is allowed or trusted beyond what always is."""


def http_hint() -> str:
    """How to allow plain http to another machine."""
    value = os.environ.get(_ALLOW_HTTP)
    if value:
        return f'use https; or to allow http set {_ALLOW_HTTP}=1, not "{shortened(value)}"'
    return (
        "use https, or allow it with `osmo login --allow-http` "
        f"({_ALLOW_HTTP}=1 in the environment)"
    )
