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

_PARSED = ["parsed_pod_template", "parsed_resource_validations"]
_COMPUTED = {
    "Pool": ["status", "last_heartbeat", *_PARSED],
    "Platform": ["default_mounts", "tolerations", "labels", *_PARSED],
}

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
    for path, operations in _served(tmp_path)["paths"].items():
        assert set(operations) == set(recorded[path]), path


def _comparable(components: Any) -> Any:
    """Components without what the service computes, which is described loosely here."""
    for name, computed in _COMPUTED.items():
        for field in computed:
            del components[name]["properties"][field]
    for component in components.values():
        if "required" in component:
            component["required"].sort()
    return components


def test_components_are_the_recorded_ones(tmp_path: Path) -> None:
    recorded = _comparable(json.loads(_DOCUMENT.read_text())["components"]["schemas"])
    served = _comparable(_served(tmp_path)["components"]["schemas"])
    # Its default is a key pair that the service made when it started.
    for components in (recorded, served):
        del components["ServiceConfig"]["properties"]["service_auth"]["default"]
    assert {name: recorded.get(name) for name in served} == served
    assert {"BackendConfig", "WorkflowConfig", "Pool", "Role", "ServiceConfig"} <= set(served)
