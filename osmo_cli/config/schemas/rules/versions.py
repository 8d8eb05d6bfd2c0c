"""Versions of clients, as `cli_config` of SERVICE has them (docs/service/service.md#cli_config)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from osmo_cli.config.registry.definition import Finding

VERSION = re.compile(r"\d+\.\d+\.\d+(\..+)?", re.ASCII)
"""A version that newer services accept in `cli_config`."""
VERSION_FIELDS = ("latest_version", "min_supported_version")
"""The fields of `cli_config` that hold one, from 6.0 on."""


def client_version(value: Any) -> Iterator[Finding]:
    """Check a client version: a malformed one locks clients out.

    Where the service stores it, every request that carries a client version fails afterwards, the
    one that would repair it included (docs/service/versions.md#locked-out-by-the-version-check).
    """
    if isinstance(value, str) and value and not _is_version(value):
        yield Finding(
            "must be a version MAJOR.MINOR.REVISION: with any other value the service answers "
            "requests of clients with an error",
            "for example 6.0.0",
        )


def _is_version(value: str) -> bool:
    # The service splits at dots and takes three or four parts.
    return bool(VERSION.fullmatch(value)) and value.count(".") in (2, 3)
