"""The embedded service's OpenAPI document against the one of OSMO 6.0.0.

Clients find out by it which generation of the service they face.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from osmo_cli.local.database import open_database
from osmo_cli.local.transport import in_process_transport
from tests.conformance.replay import RECORDINGS

_DOCUMENT = RECORDINGS / "openapi-6.0.0.json"

pytestmark = pytest.mark.skipif(
    not _DOCUMENT.is_file(), reason=f"no recorded document: {_DOCUMENT} does not exist"
)


def _served(folder: Path) -> Any:
    open_database(folder / "local.db", "6.0").close()
    transport = in_process_transport(folder / "local.db")
    with httpx.Client(transport=transport, base_url="http://local") as client:
        return client.get("/api/openapi.json").json()


def test_paths_and_methods_are_the_recorded_ones(tmp_path: Path) -> None:
    recorded = json.loads(_DOCUMENT.read_text())["paths"]
    # SERVICE can be read, for the longest life of a token, and not be written yet.
    recorded["/api/configs/service"] = {"get": {}}
    for path, operations in _served(tmp_path)["paths"].items():
        assert set(operations) == set(recorded[path]), path


def test_components_are_the_recorded_ones(tmp_path: Path) -> None:
    recorded = json.loads(_DOCUMENT.read_text())["components"]["schemas"]
    served = _served(tmp_path)["components"]["schemas"]
    assert {name: recorded.get(name) for name in served} == served
    assert {"BackendConfig", "WorkflowConfig", "RollbackConfigRequest"} <= set(served)
