"""The embedded service of each dialect, asked in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.local.admin import add_backend
from osmo_cli.local.database import open_database
from osmo_cli.local.transport import in_process_transport


# Tests of what only some of them have name those in place of it.
@pytest.fixture(params=DIALECTS.values(), ids=lambda dialect: dialect.name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    row: Dialect = request.param
    return row


@pytest.fixture
def client(tmp_path: Path, dialect: Dialect) -> Iterator[httpx.Client]:
    """A client of a service of `dialect` in developer mode, with the backend gpu-a."""
    path = tmp_path / "local.db"
    open_database(path, dialect.name).close()
    add_backend(path, "gpu-a")
    with httpx.Client(transport=in_process_transport(path), base_url="http://local") as opened:
        yield opened
