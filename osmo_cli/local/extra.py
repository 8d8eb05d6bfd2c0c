"""The extra `local`: what the embedded service needs beside the client's own packages."""

from __future__ import annotations

from osmo_cli.errors import OsmoError


def missing_packages() -> OsmoError:
    """What to say where the packages of the extra are not installed."""
    return OsmoError(
        "the embedded service needs packages that are not installed",
        hint="pip install 'osmo-cli[local]'",
    )
