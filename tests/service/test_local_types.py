"""What the recorded exchanges do not show of the types beside BACKEND, WORKFLOW and POOL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from osmo_cli.local.admin import add_backend
from osmo_cli.local.app import app_on, run_directly
from osmo_cli.local.clock import utc_now
from osmo_cli.local.database import open_database
from osmo_cli.local.jwts import Signer
from osmo_cli.local.records import whole
from osmo_cli.local.transport import in_process_transport

CONFIGS = "/api/configs"
HISTORY = "/api/configs/history"
TEST = {
    "name": "nccl",
    "description": "NCCL",
    "cron_schedule": "0 */6 * * 1-5",
    "node_conditions": ["nccl-ok", "nccl-ok"],
    "common_pod_template": ["default_ctrl"],
}
ASSERTION = {
    "operator": "LE",
    "left_operand": "{{USER_GPU}}",
    "right_operand": 8,
    "assert_message": "too many",
}
ROLE = {"name": "ops", "description": "Ops", "policies": [{"actions": ["http:/api/x:get"]}]}
ROLE_62 = ROLE | {"policies": [{"actions": ["config:Read"]}]}
CREDENTIAL = {"access_key_id": "AKIA", "access_key": "SECRET-of-the-bucket"}
CREDENTIAL_62 = CREDENTIAL | {"endpoint": "s3://one", "region": None, "override_url": None}


@pytest.fixture(params=["seed", "6.0", "6.2"])
def client(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    path = tmp_path / "local.db"
    open_database(path, request.param).close()
    add_backend(path, "gpu-a")
    with httpx.Client(transport=in_process_transport(path), base_url="http://local") as opened:
        yield opened


@pytest.fixture
def has_users(client: httpx.Client) -> bool:
    """Whether it is a service of 6.2, whose roles and credentials are others."""
    return bool(client.get("/api/auth/user").is_success)


def _delete(client: httpx.Client, path: str, body: Any = None) -> httpx.Response:
    return client.request("DELETE", CONFIGS + path, json={} if body is None else body)


def _newest(client: httpx.Client, config_type: str) -> Any:
    query = {"config_types": config_type, "order": "DESC", "limit": "1"}
    return client.get(HISTORY, params=query).json()["configs"][0]


def _roll_back(client: httpx.Client, config_type: str, revision: int) -> httpx.Response:
    body = {"config_type": config_type, "revision": revision}
    return client.post(HISTORY + "/rollback", json=body)


@pytest.mark.parametrize(
    ("path", "name", "value", "config_type", "described"),
    [
        ("/pod_template", "t", {"spec": {}}, "POD_TEMPLATE", "Put complete pod template t"),
        (
            *("/resource_validation", "v", [ASSERTION | {"right_operand": "8"}]),
            *("RESOURCE_VALIDATION", "Put complete resource validation v"),
        ),
        ("/backend_test", "nccl", TEST, "BACKEND_TEST", "Put complete backend test nccl"),
        ("/role", "ops", ROLE, "ROLE", "Put complete role ops"),
        ("/pool", "p", {"backend": "gpu-a"}, "POOL", "Put complete pool p"),
    ],
)
def test_an_item_comes_goes_and_comes_back_by_rollback(
    path: str,
    name: str,
    value: Any,
    config_type: str,
    described: str,
    client: httpx.Client,
    has_users: bool,
) -> None:
    if has_users and value is ROLE:
        # A rollback clears every role's names at the identity provider, as the service does.
        value = ROLE_62 | {"external_roles": []}
        for role in client.get(CONFIGS + path).json():
            body = {"configs": role | {"external_roles": []}}
            assert client.put(f"{CONFIGS}{path}/{role['name']}", json=body).status_code == 200
    before = client.get(CONFIGS + path).json()
    assert client.put(f"{CONFIGS}{path}/{name}", json={"configs": value}).status_code == 200
    there = client.get(f"{CONFIGS}{path}/{name}").json()
    with_it = client.get(CONFIGS + path).json()
    written = _newest(client, config_type)
    assert (written["name"], written["description"]) == (name, described)

    assert _delete(client, f"{path}/{name}").json() is None
    assert client.get(CONFIGS + path).json() == before
    gone = client.get(f"{CONFIGS}{path}/{name}")
    assert gone.status_code == 400
    assert name in gone.json()["message"]

    assert _roll_back(client, config_type, written["revision"]).status_code == 200
    assert client.get(f"{CONFIGS}{path}/{name}").json() == there
    assert client.get(CONFIGS + path).json() == with_it
    assert _newest(client, config_type)["data"] == written["data"]


@pytest.mark.parametrize(
    "path", ["/pod_template", "/resource_validation", "/backend_test", "/pool"]
)
@pytest.mark.parametrize("name", ["1st", "a b", "a_", ""])
def test_names_follow_the_services_rule(path: str, name: str, client: httpx.Client) -> None:
    values: dict[str, Any] = {
        "/pod_template": {},
        "/resource_validation": [],
        "/backend_test": TEST,
        "/pool": {"backend": "gpu-a"},
    }
    key = "configs_dict" if path == "/resource_validation" else "configs"
    answer = client.put(CONFIGS + path, json={key: {"fine": values[path], name: values[path]}})
    assert answer.status_code == 400
    assert f'name "{name}" is not valid!' in answer.json()["message"]
    assert "fine" not in client.get(CONFIGS + path).text


def test_what_is_in_use_stays(client: httpx.Client) -> None:
    assert client.put(CONFIGS + "/backend_test/nccl", json={"configs": TEST}).status_code == 200
    template = {"configs": {"mine": {"spec": {}}}}
    assert client.put(CONFIGS + "/pod_template", json=template).status_code == 200
    patch = {"configs_dict": {"common_pod_template": ["mine"]}}
    assert client.patch(CONFIGS + "/backend_test/nccl", json=patch).status_code == 200
    body = {"configs": {"tests": ["nccl"]}}
    assert client.post(CONFIGS + "/backend/gpu-a", json=body).status_code == 200

    for path, text in {
        "/pod_template/mine": "Pod template mine is used in tests nccl",
        "/pod_template/default_user": "Pod template default_user is used in pools default",
        "/resource_validation/default_cpu": (
            "Resource Validation default_cpu is used in pools default"
        ),
        "/backend_test/nccl": "Test nccl is used in Backends gpu-a",
    }.items():
        answer = _delete(client, path)
        assert (answer.status_code, answer.json()["message"]) == (400, text)
        assert client.get(CONFIGS + path).status_code == 200


def test_a_rollback_stops_half_way_where_an_item_is_in_use(client: httpx.Client) -> None:
    template = {"configs": {"spec": {}}}
    assert client.put(CONFIGS + "/pod_template/aaa", json=template).status_code == 200
    last = _newest(client, "POD_TEMPLATE")["revision"]
    answer = _roll_back(client, "POD_TEMPLATE", 1)
    assert answer.status_code == 400
    assert "is used in pools default" in answer.json()["message"]
    assert set(client.get(CONFIGS + "/pod_template").json()) == {"default_ctrl", "default_user"}
    assert _newest(client, "POD_TEMPLATE")["revision"] == last


def test_an_empty_put_of_validations_fails_without_a_description(client: httpx.Client) -> None:
    path = CONFIGS + "/resource_validation"
    assert client.put(path, json={"configs_dict": {}}).status_code == 500
    body = {"configs_dict": {}, "description": "nothing"}
    assert client.put(path, json=body).status_code == 200


def test_numbers_become_texts_in_a_validation(client: httpx.Client) -> None:
    path = CONFIGS + "/resource_validation/v"
    assert client.put(path, json={"configs": [ASSERTION]}).status_code == 200
    assert client.get(path).json()[0]["right_operand"] == "8"


def test_an_unknown_field_of_a_validation_is_a_500(client: httpx.Client) -> None:
    path = CONFIGS + "/resource_validation/v"
    answer = client.put(path, json={"configs": [ASSERTION | {"more": 1}]})
    assert answer.status_code == 500
    assert "resource_validations -> 0 -> more\n  extra fields not permitted" in answer.text.replace(
        "\\n", "\n"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cron_schedule": "0 * * *"}, "Invalid cron_schedule: 0 * * *"),
        ({"cron_schedule": "61 * * * *"}, "Invalid cron_schedule: 61 * * * *"),
        ({"test_timeout": "10s"}, "Invalid test_timeout: 10s"),
        ({"test_timeout": "25h"}, "Invalid test_timeout: 25h"),
        ({"name": "Nccl"}, "Invalid name: Nccl"),
        ({"node_conditions": ["a/b/c"]}, "Invalid node_conditions: a/b/c"),
        ({"common_pod_template": ["nope"]}, "Pod template nope does not exist!"),
    ],
)
def test_tests_with_bad_values(changes: Any, message: str, client: httpx.Client) -> None:
    answer = client.put(CONFIGS + "/backend_test/nccl", json={"configs": TEST | changes})
    assert (answer.status_code, answer.json()["message"]) == (400, message)
    assert client.get(CONFIGS + "/backend_test").json() == {}


def test_a_test_keeps_each_condition_once(client: httpx.Client) -> None:
    path = CONFIGS + "/backend_test/nccl"
    assert client.put(path, json={"configs": TEST}).status_code == 200
    assert client.get(path).json()["node_conditions"] == ["nccl-ok"]


def test_a_patch_of_what_is_not_there(client: httpx.Client) -> None:
    for path, text in {
        "/backend_test/x": "Backend test x not found",
        "/pool/x": "Pool x not found",
    }.items():
        answer = client.patch(CONFIGS + path, json={"configs_dict": {}})
        assert (answer.status_code, answer.json()["message"]) == (400, text)


@pytest.mark.parametrize(
    ("action", "status", "text"),
    [
        ("ftp:/x:Get", 400, "Invalid action: ftp:/x:Get"),
        ("http:x:Get", 400, "Invalid action: http:x:Get"),
        ({"base": "http", "path": "/x", "method": "frob"}, 400, "Invalid method: frob."),
        ({"base": "ftp", "path": "/x", "method": "Get"}, 422, "string does not match regex"),
        ({"base": "http", "path": "x", "method": "Get"}, 422, "string does not match regex"),
    ],
)
def test_roles_with_bad_actions(
    action: Any, status: int, text: str, client: httpx.Client, has_users: bool
) -> None:
    if has_users:
        is_text = isinstance(action, str)
        status = 400 if is_text else 422
        text = f"Invalid action format: {action}. Expected" if is_text else "str type expected"
    body = {"configs": ROLE | {"policies": [{"actions": [action]}]}}
    answer = client.put(CONFIGS + "/role/ops", json=body)
    assert answer.status_code == status
    assert text in answer.text


def test_a_bucket_stores_what_was_given_and_shows_the_defaults(
    client: httpx.Client, has_users: bool
) -> None:
    path = CONFIGS + "/dataset/team"
    key = CREDENTIAL_62 if has_users else CREDENTIAL
    given = {"dataset_path": "s3://team/d", "mode": "READ-ONLY", "default_credential": key}
    answer = client.patch(path, json={"configs_dict": given})
    assert "region" not in answer.json()["buckets"]["team"]
    shown = client.get(CONFIGS + "/dataset").json()["buckets"]["team"]
    assert (shown["region"], shown["mode"]) == ("us-east-1", "read-only")
    assert shown["default_credential"]["access_key"] == "*" * 10
    assert _newest(client, "DATASET")["name"] == "team"


def test_a_deleted_bucket_leaves_a_revision_that_destroys_credentials(
    client: httpx.Client, has_users: bool
) -> None:
    key = CREDENTIAL_62 if has_users else CREDENTIAL
    buckets = {
        "one": {"dataset_path": "s3://one/d", "default_credential": key},
        "two": {"dataset_path": "s3://two/d"},
    }
    path = CONFIGS + "/dataset"
    assert client.patch(path, json={"configs_dict": {"buckets": buckets}}).status_code == 200
    assert _delete(client, "/dataset/two").status_code == 200
    # PUT shows secrets in clear.
    kept = client.put(path, json={"configs": {"default_bucket": ""}}).json()
    assert kept["buckets"]["one"]["default_credential"] == key

    masked = _newest(client, "DATASET")["revision"] - 1
    assert _roll_back(client, "DATASET", masked).status_code == 200
    lost = client.put(path, json={"configs": {"default_bucket": ""}}).json()
    assert lost["buckets"]["one"]["default_credential"]["access_key"] == "*" * 10


@pytest.mark.parametrize("buckets", ["x", {"team": "x"}])
def test_buckets_that_are_none(buckets: Any, client: httpx.Client) -> None:
    body = {"configs_dict": {"buckets": buckets}}
    answer = client.patch(CONFIGS + "/dataset", json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "USAGE")
    assert "value is not a valid dict" in answer.json()["message"]


def test_a_bucket_with_a_bad_address(client: httpx.Client) -> None:
    body = {"configs_dict": {"dataset_path": "team/d"}}
    answer = client.patch(CONFIGS + "/dataset/team", json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "USAGE")
    assert answer.json()["message"].startswith(
        "1 validation error for DatasetConfig\nbuckets -> team -> dataset_path\n"
        '  string does not match regex "(^swift://'
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"max_token_duration": "1y"}, "Invalid max_token_duration format: 1y"),
        ({"active_key": "nope"}, 'active_key "nope" not in keys'),
    ],
)
def test_service_auth_with_bad_values(changes: Any, text: str, client: httpx.Client) -> None:
    body = {"configs_dict": {"service_auth": changes}}
    answer = client.patch(CONFIGS + "/service", json=body)
    assert answer.status_code == 400
    assert text in answer.json()["message"]


def test_a_put_of_service_changes_only_what_is_there(client: httpx.Client) -> None:
    before = client.get(CONFIGS + "/service").json()
    answer = client.put(CONFIGS + "/service", json={"configs": {"agent_queue_size": 5}})
    assert answer.json()["agent_queue_size"] == 5
    private = next(iter(answer.json()["service_auth"]["keys"].values()))["private_key"]
    assert private.startswith("{")
    assert client.get(CONFIGS + "/service").json() == before | {"agent_queue_size": 5}


@pytest.mark.parametrize(
    ("versions", "status", "header"),
    [
        ({"latest_version": "6.1.0"}, 200, "6.1.0"),
        ({"latest_version": "6.1.0", "min_supported_version": "6.0.1"}, 400, None),
        ({"latest_version": "6.1.0", "min_supported_version": "6.0.0"}, 200, "6.1.0"),
        # Nobody is older than the newest client that there is.
        ({"min_supported_version": "9.0.0"}, 200, None),
        ({"latest_version": "5.0.0"}, 200, None),
    ],
)
def test_the_gate_for_clients(
    versions: Any, status: int, header: str | None, client: httpx.Client, has_users: bool
) -> None:
    changes = {"cli_config": versions, "service_base_url": "https://osmo.example.com"}
    assert client.patch(CONFIGS + "/service", json={"configs_dict": changes}).status_code == 200
    answer = client.get(CONFIGS + "/pool", headers={"x-osmo-client-version": "6.0.0.abc"})
    assert answer.status_code == status
    assert answer.headers.get("x-osmo-service-version") == header
    if status == 400:
        assert answer.json()["message"].endswith(
            "running the install command in the documentation."
            if has_users
            else "curl -fsSL https://osmo.example.com/client/install.sh | bash"
        )
    assert client.get(CONFIGS + "/pool").status_code == 200


def test_a_new_signing_key_counts_at_once(tmp_path: Path) -> None:
    from osmo_cli.local.jwts import new_signing_key

    store = open_database(tmp_path / "local.db", "6.0")
    app = app_on(store, "token", utc_now, run_directly)
    with store.read() as connection:
        auth = whole(connection, "SERVICE")["service_auth"]
    key = new_signing_key()
    old, _ = Signer(auth, utc_now).sign("admin", ["osmo-admin"])
    new, _ = Signer(auth | {"keys": key, "active_key": next(iter(key))}, utc_now).sign(
        "admin", ["osmo-admin"]
    )
    changes = {"service_auth": {"keys": key, "active_key": next(iter(key))}}

    async def statuses() -> list[int]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://local"
        ) as client:
            path = CONFIGS + "/service"
            return [
                (await client.get(path, headers={"x-osmo-auth": new})).status_code,
                (
                    await client.patch(
                        path, json={"configs_dict": changes}, headers={"x-osmo-auth": old}
                    )
                ).status_code,
                (await client.get(path, headers={"x-osmo-auth": old})).status_code,
                (await client.get(path, headers={"x-osmo-auth": new})).status_code,
            ]

    found = asyncio.run(statuses())
    store.close()
    assert found == [401, 200, 401, 200]


def test_a_role_given_by_put_permits_at_once(tmp_path: Path) -> None:
    store = open_database(tmp_path / "local.db", "6.0")
    app = app_on(store, "token", utc_now, run_directly)
    with store.read() as connection:
        signer = Signer(whole(connection, "SERVICE")["service_auth"], utc_now)
    admin, ops = (signer.sign("u", [role])[0] for role in ("osmo-admin", "ops"))
    body = {"configs": ROLE | {"policies": [{"actions": ["http:/api/configs/pool:Get"]}]}}

    async def statuses() -> list[int]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://local"
        ) as client:
            before = await client.get(CONFIGS + "/pool", headers={"x-osmo-auth": ops})
            await client.put(CONFIGS + "/role/ops", json=body, headers={"x-osmo-auth": admin})
            after = await client.get(CONFIGS + "/pool", headers={"x-osmo-auth": ops})
            other = await client.get(CONFIGS + "/role", headers={"x-osmo-auth": ops})
            return [before.status_code, after.status_code, other.status_code]

    found = asyncio.run(statuses())
    store.close()
    assert found == [403, 200, 403]
