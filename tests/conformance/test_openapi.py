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
from tests.conformance.replay import RECORDINGS

_DOCUMENTS = {"6.0.0": "6.0", "6.2.10": "6.2", "6.4-dev": "6.4"}
"""The dialect of each recorded document."""
_PARSED = ["parsed_pod_template", "parsed_resource_validations"]
_PARSED += ["parsed_pod_template_for_accounting"]
_COMPUTED = {
    "Pool": ["status", "last_heartbeat", *_PARSED, "parsed_group_templates"],
    "Platform": ["default_mounts", "tolerations", "labels", *_PARSED],
}


@pytest.fixture(params=_DOCUMENTS)
def documents(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Any, Any]:
    """The recorded document and the served one."""
    recorded = RECORDINGS / f"openapi-{request.param}.json"
    if not recorded.is_file():
        pytest.skip(f"no recorded document: {recorded} does not exist")
    return json.loads(recorded.read_text()), _served(tmp_path, _DOCUMENTS[request.param])


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
    components = {
        name.removesuffix("-Input"): component
        for name, component in document["components"]["schemas"].items()
    }
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
