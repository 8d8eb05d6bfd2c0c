"""What the recorded exchanges do not show of POOL on the embedded service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from osmo_cli.local.admin import add_backend
from osmo_cli.local.database import open_database
from osmo_cli.local.transport import in_process_transport

POOLS = "/api/configs/pool"
POOL = {
    "backend": "gpu-a",
    "default_platform": "h100",
    "common_pod_template": ["base"],
    "common_resource_validations": ["default_cpu"],
    "platforms": {
        "h100": {"override_pod_template": ["h100"], "resource_validations": ["default_memory"]},
        "cpu": {},
    },
}
TEMPLATES = {
    "base": {
        "spec": {
            "containers": [
                {
                    "name": "{{USER_CONTAINER_NAME}}",
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                }
            ],
            "nodeSelector": {"zone": "a"},
        }
    },
    "h100": {
        "spec": {
            "containers": [{"name": "{{USER_CONTAINER_NAME}}", "image": "x"}, {"name": "side"}],
            "nodeSelector": {"gpu": "h100"},
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
        }
    },
}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    path = tmp_path / "local.db"
    open_database(path, "6.0").close()
    add_backend(path, "gpu-a")
    with httpx.Client(transport=in_process_transport(path), base_url="http://local") as opened:
        templates = {"configs": TEMPLATES}
        assert opened.put("/api/configs/pod_template", json=templates).status_code == 200
        assert opened.put(POOLS + "/a", json={"configs": POOL}).status_code == 200
        yield opened


def _revisions(client: httpx.Client) -> list[tuple[str, str]]:
    query = {"config_types": "POOL", "omit_data": "true"}
    shown = client.get("/api/configs/history", params=query).json()["configs"]
    return [(entry["name"], entry["description"]) for entry in shown]


def test_verbose_shows_what_is_combined(client: httpx.Client) -> None:
    plain = client.get(POOLS).json()["pools"]["a"]
    assert plain["parsed_pod_template"] == plain["platforms"]["h100"]["labels"] == {}
    assert plain["last_heartbeat"] is None

    pool = client.get(POOLS, params={"verbose": "true"}).json()["pools"]["a"]
    assert pool["parsed_pod_template"] == TEMPLATES["base"]
    assert pool["last_heartbeat"] is not None
    h100, cpu = pool["platforms"]["h100"], pool["platforms"]["cpu"]
    assert h100["labels"] == {"zone": "a", "gpu": "h100"}
    toleration = {"key": "gpu", "operator": "Exists", "value": None, "effect": None}
    assert h100["tolerations"] == [toleration]
    assert h100["default_mounts"] == cpu["default_mounts"] == ["/data"]
    assert [
        container["name"] for container in h100["parsed_pod_template"]["spec"]["containers"]
    ] == [
        "{{USER_CONTAINER_NAME}}",
        "side",
    ]
    assert len(h100["parsed_resource_validations"]) == 4
    assert cpu["labels"] == {"zone": "a"}


def test_a_single_pool_shows_inherited_timeouts_and_patch_freezes_them(
    client: httpx.Client,
) -> None:
    def listed() -> Any:
        return client.get(POOLS).json()["pools"]["a"]["max_exec_timeout"]

    assert listed() == ""
    assert client.get(POOLS + "/a").json()["max_exec_timeout"] == "60d"
    assert listed() == ""
    patch = {"configs_dict": {"description": "x"}}
    assert client.patch(POOLS + "/a", json=patch).status_code == 200
    assert listed() == "60d"


def test_pools_can_be_chosen_by_backend(client: httpx.Client) -> None:
    shown = client.get(POOLS, params={"backend": "gpu-a"}).json()["pools"]
    assert list(shown) == ["a"]
    assert client.get(POOLS, params={"verbose": "maybe"}).status_code == 422


def test_maintenance_is_a_status_and_an_offline_backend_another(client: httpx.Client) -> None:
    assert client.get(POOLS + "/a").json()["status"] == "ONLINE"
    assert client.get(POOLS + "/default").json()["status"] == "OFFLINE"
    patch = {"configs_dict": {"enable_maintenance": True}}
    client.patch(POOLS + "/a", json=patch)
    assert client.get(POOLS + "/a").json()["status"] == "MAINTENANCE"


def test_a_pool_of_an_unknown_backend_is_stored_and_answered_with_500(
    client: httpx.Client,
) -> None:
    answer = client.put(POOLS + "/b", json={"configs": {"backend": "nope"}})
    assert answer.status_code == 500
    assert answer.json()["message"] == "Internal server error: Backend nope is not found."
    assert client.get(POOLS + "/b").json()["backend"] == "nope"
    assert client.request("DELETE", POOLS + "/b", json={}).status_code == 500
    assert client.get(POOLS + "/b").status_code == 400
    assert [text for name, text in _revisions(client) if name == "b"] == [
        "Put complete pool b",
        "Delete pool b",
    ]


@pytest.mark.parametrize(
    ("changes", "status", "text"),
    [
        ({"default_platform": "nope"}, 400, "Default platform nope not in platforms"),
        ({"common_pod_template": ["x"]}, 400, "Pod template x does not exist!"),
        ({"common_resource_validations": ["x"]}, 400, "Resource validation x does not exist!"),
        ({"platforms": {"h100": {"override_pod_template": ["x"]}}}, 400, "Pod template x does"),
        ({"enable_maintenance": []}, 500, "Internal server error"),
        ({"enable_maintenance": {}}, 500, "1 validation error for Pool\\nenable_maintenance"),
        ({"default_exit_actions": None}, 500, "default_exit_actions\\n  none is not an allowed"),
    ],
)
def test_refused_patches_change_nothing(
    changes: Any, status: int, text: str, client: httpx.Client
) -> None:
    before = (client.get(POOLS).json()["pools"], _revisions(client))
    answer = client.patch(POOLS + "/a", json={"configs_dict": changes})
    assert answer.status_code == status
    assert text in answer.text
    assert (client.get(POOLS).json()["pools"], _revisions(client)) == before


def test_computed_fields_may_come_in_and_are_not_kept(client: httpx.Client) -> None:
    pool = client.get(POOLS + "/a", params={"verbose": "true"}).json()
    sent = pool | {"status": "OFFLINE", "parsed_pod_template": {"spec": "mine"}, "name": "z"}
    assert client.put(POOLS + "/a", json={"configs": sent}).status_code == 200
    now = client.get(POOLS + "/a", params={"verbose": "true"}).json()
    assert now | {"last_heartbeat": ""} == pool | {"last_heartbeat": ""}


def test_a_pool_gets_another_name(client: httpx.Client) -> None:
    before = client.get(POOLS + "/a").json()
    assert client.put(POOLS + "/a/rename", json={"new_name": "b"}).json() is None
    assert client.get(POOLS + "/b").json() == before | {"name": "b"}
    assert client.get(POOLS + "/a").status_code == 400
    taken = client.put(POOLS + "/b/rename", json={"new_name": "default"})
    assert (taken.status_code, taken.json()["error_code"]) == (400, "DATABASE")
    bad = client.put(POOLS + "/b/rename", json={"new_name": "not so"})
    assert 'Pool name "not so" is not valid!' in bad.json()["message"]
    assert client.put(POOLS + "/b/rename", json={}).status_code == 422


def test_renaming_an_unknown_pool_leaves_a_revision(client: httpx.Client) -> None:
    answer = client.put(POOLS + "/zz/rename", json={"new_name": "b"})
    assert (answer.status_code, answer.json()["message"]) == (400, "Pool b not found.")
    assert _revisions(client)[-1][1] == "Rename pool zz to b"


def test_platforms_are_read_made_and_renamed(client: httpx.Client) -> None:
    platform = {"configs": {"description": "new", "labels": {"not": "kept"}}}
    assert client.put(POOLS + "/a/platform/l40", json=platform).json() is None
    assert client.get(POOLS + "/a/platform/l40").json()["description"] == "new"
    # Computed again.
    assert client.get(POOLS + "/a/platform/l40").json()["labels"] == {"zone": "a"}
    assert set(client.get(POOLS + "/a/platform").json()) == {"h100", "cpu", "l40"}
    assert client.get(POOLS + "/a/platform/nope").status_code == 400

    assert client.put(POOLS + "/a/platform/h100/rename", json={"new_name": "h200"}).json() is None
    pool = client.get(POOLS + "/a").json()
    assert list(pool["platforms"]) == ["h200", "cpu", "l40"]
    # The default keeps its old name, and what is written next is refused.
    assert pool["default_platform"] == "h100"
    refused = client.patch(POOLS + "/a", json={"configs_dict": {"description": "x"}})
    assert refused.json()["message"] == "Default platform h100 not in platforms"
    for path in ("/a/platform/nope", "/nope/platform/h100"):
        before = len(_revisions(client))
        assert client.put(POOLS + path + "/rename", json={"new_name": "x"}).status_code == 200
        assert len(_revisions(client)) == before + 1
    bad = client.put(POOLS + "/a/platform/x-", json={"configs": {}})
    assert 'Platform name "x-" is not valid!' in bad.json()["message"]


def test_a_rollback_brings_back_the_pools_of_a_revision(client: httpx.Client) -> None:
    wanted = client.get(POOLS).json()
    revision = len(_revisions(client))
    client.patch(POOLS + "/a", json={"configs_dict": {"platforms": {"h100": {"labels": {}}}}})
    client.put(POOLS + "/c", json={"configs": {"backend": "gpu-a"}})
    client.request("DELETE", POOLS + "/default", json={})
    body = {"config_type": "POOL", "revision": revision}
    assert client.post("/api/configs/history/rollback", json=body).status_code == 200
    assert client.get(POOLS).json() == wanted
