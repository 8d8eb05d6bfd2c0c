"""The embedded service's OpenAPI documents against the recorded ones.

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
from tests.conformance.replay import RECORDINGS, V6_0, V6_2, Recording

_PARSED = ["parsed_pod_template", "parsed_resource_validations"]
_COMPUTED = {
    "Pool": ["status", "last_heartbeat", *_PARSED, "parsed_group_templates"],
    "Platform": ["default_mounts", "tolerations", "labels", *_PARSED],
}


@pytest.fixture(params=[V6_0, V6_2], ids=lambda recording: recording.version)
def documents(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Any, Any]:
    """The recorded document and the served one."""
    recording: Recording = request.param
    recorded = RECORDINGS / f"openapi-{recording.version}.json"
    if not recorded.is_file():
        pytest.skip(f"no recorded document: {recorded} does not exist")
    return json.loads(recorded.read_text()), _served(tmp_path, recording.dialect)


def _served(folder: Path, dialect: str) -> Any:
    open_database(folder / "local.db", dialect).close()
    transport = in_process_transport(folder / "local.db")
    with httpx.Client(transport=transport, base_url="http://local") as client:
        return client.get("/api/openapi.json").json()


def test_paths_and_methods_are_the_recorded_ones(documents: tuple[Any, Any]) -> None:
    recorded, served = documents
    for path, operations in served["paths"].items():
        assert set(operations) == set(recorded["paths"][path]), path


def _comparable(document: Any) -> Any:
    """Components without what the service computes, which is described loosely here."""
    components = document["components"]["schemas"]
    for name, computed in _COMPUTED.items():
        for field in computed:
            components[name]["properties"].pop(field, None)
    for component in components.values():
        if "required" in component:
            component["required"].sort()
    # Only 6.0.0 shows its default, a key pair that the service made when it started.
    service = components["ServiceConfig"]["properties"]
    service["service_auth"] = "AuthenticationConfig" in json.dumps(service["service_auth"])
    return components


def test_components_are_the_recorded_ones(documents: tuple[Any, Any]) -> None:
    recorded, served = map(_comparable, documents)
    assert {name: recorded.get(name) for name in served} == served
    assert {"BackendConfig", "WorkflowConfig", "Pool", "Role", "ServiceConfig"} <= set(served)
