"""What the recorded exchanges do not show of the types beside BACKEND, WORKFLOW and POOL."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.local.app import app_on, run_directly
from osmo_cli.local.clock import utc_now
from osmo_cli.local.database import open_database
from osmo_cli.local.jwts import Signer
from osmo_cli.local.records import whole
from tests.support.versions import for_dialects

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


WITH_USERS = for_dialects(lambda dialect: dialect.token_routes.users is not None)
WITH_BUCKETS = for_dialects(lambda dialect: "DATASET" in dialect.config_types)
OF_PYDANTIC_1 = for_dialects(lambda dialect: dialect.pydantic == 1)
OF_PYDANTIC_2 = for_dialects(lambda dialect: dialect.pydantic == 2)


@pytest.fixture
def has_users(dialect: Dialect) -> bool:
    """Whether it is a service from 6.2 on, whose roles and credentials are others."""
    return dialect.token_routes.users is not None


@pytest.fixture
def key(dialect: Dialect) -> dict[str, Any]:
    """A bucket's credential."""
    if dialect.token_routes.users is None:
        return CREDENTIAL
    full = CREDENTIAL | {"endpoint": "s3://one", "region": None, "override_url": None}
    return full | ({"addressing_style": None} if dialect.keyless_credentials else {})


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
        # A rollback loses the external roles that it keeps.
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


def _external_roles(client: httpx.Client, name: str) -> Any:
    return client.get(f"{CONFIGS}/role/{name}").json()["external_roles"]


def _puts(client: httpx.Client, value: dict[str, Any], *, whole: bool) -> None:
    path, body = ("/role", [value]) if whole else (f"/role/{value['name']}", value)
    assert client.put(CONFIGS + path, json={"configs": body}).status_code == 200


@WITH_USERS
@pytest.mark.parametrize("whole", [False, True], ids=["item", "whole"])
def test_a_put_of_a_role_loses_the_external_roles_that_it_keeps(
    client: httpx.Client, whole: bool
) -> None:
    # docs/service/role.md#external_roles
    assert _external_roles(client, "osmo-admin") == ["osmo-admin"]
    admin = client.get(CONFIGS + "/role/osmo-admin").json()
    _puts(client, admin, whole=whole)
    assert _external_roles(client, "osmo-admin") == []
    _puts(client, admin, whole=whole)
    assert _external_roles(client, "osmo-admin") == ["osmo-admin"]
    _puts(client, admin | {"external_roles": None}, whole=whole)
    assert _external_roles(client, "osmo-admin") == ["osmo-admin"]
    sent_and_stored = [
        (None, ["ops"]),
        (["c", "b", "c", "ops"], ["b", "c"]),
        (["c", "d"], ["d"]),
        (["c", "d", "e"], ["c", "e"]),
        ([], []),
        (["e", "c"], ["c", "e"]),
    ]
    for sent, stored in sent_and_stored:
        _puts(client, ROLE_62 | {"external_roles": sent}, whole=whole)
        assert _external_roles(client, "ops") == stored
    del admin["external_roles"]
    _puts(client, admin, whole=whole)
    assert _external_roles(client, "osmo-admin") == ["osmo-admin"]


@WITH_USERS
def test_a_rollback_loses_the_external_roles_that_it_keeps(client: httpx.Client) -> None:
    _puts(client, ROLE_62 | {"external_roles": ["a", "b"]}, whole=False)
    revision = _newest(client, "ROLE")["revision"]
    _puts(client, ROLE_62 | {"external_roles": ["b", "c"]}, whole=False)
    assert _external_roles(client, "ops") == ["c"]
    _puts(client, ROLE_62 | {"external_roles": ["b"]}, whole=False)
    assert _roll_back(client, "ROLE", revision).status_code == 200
    assert _external_roles(client, "ops") == ["a"]
    assert _external_roles(client, "osmo-user") == []
    _delete(client, "/role/ops")
    assert _roll_back(client, "ROLE", revision).status_code == 200
    assert _external_roles(client, "ops") == ["a", "b"]


@pytest.mark.sample(8)
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
    left = client.get(CONFIGS + "/pod_template").json()
    assert {"default_ctrl", "default_user"} <= left.keys()
    assert "aaa" not in left
    assert _newest(client, "POD_TEMPLATE")["revision"] == last


def test_an_empty_put_of_validations_fails_without_a_description(client: httpx.Client) -> None:
    path = CONFIGS + "/resource_validation"
    assert client.put(path, json={"configs_dict": {}}).status_code == 500
    body = {"configs_dict": {}, "description": "nothing"}
    assert client.put(path, json=body).status_code == 200


@OF_PYDANTIC_1
def test_numbers_become_texts_in_a_validation(client: httpx.Client) -> None:
    path = CONFIGS + "/resource_validation/v"
    assert client.put(path, json={"configs": [ASSERTION]}).status_code == 200
    assert client.get(path).json()[0]["right_operand"] == "8"


@OF_PYDANTIC_2
def test_numbers_are_no_texts_in_a_validation(client: httpx.Client) -> None:
    path = CONFIGS + "/resource_validation/v"
    answer = client.put(path, json={"configs": [ASSERTION]})
    assert (answer.status_code, client.get(path).status_code) == (500, 400)
    assert "Input should be a valid string" in answer.json()["message"]


def test_an_unknown_field_of_a_validation_is_a_500(client: httpx.Client, dialect: Dialect) -> None:
    path = CONFIGS + "/resource_validation/v"
    given = ASSERTION | {"right_operand": "8", "more": 1}
    answer = client.put(path, json={"configs": [given]})
    assert answer.status_code == 500
    report = {
        1: "resource_validations -> 0 -> more\n  extra fields not permitted",
        2: "resource_validations.0.more\n  Extra inputs are not permitted",
    }
    assert report[dialect.pydantic] in answer.json()["message"]


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
    action: Any, status: int, text: str, client: httpx.Client, dialect: Dialect
) -> None:
    if dialect.semantic_roles:
        is_text = isinstance(action, str)
        status = 400 if is_text else 422
        no_text = {1: "str type expected", 2: "Input should be a valid string"}[dialect.pydantic]
        text = f"Invalid action format: {action}. Expected" if is_text else no_text
    body = {"configs": ROLE | {"policies": [{"actions": [action]}]}}
    answer = client.put(CONFIGS + "/role/ops", json=body)
    assert answer.status_code == status
    assert text in answer.text


@WITH_BUCKETS
def test_a_bucket_stores_what_was_given_and_shows_the_defaults(
    client: httpx.Client, key: dict[str, Any]
) -> None:
    path = CONFIGS + "/dataset/team"
    given = {"dataset_path": "s3://team/d", "mode": "READ-ONLY", "default_credential": key}
    answer = client.patch(path, json={"configs_dict": given})
    assert "region" not in answer.json()["buckets"]["team"]
    shown = client.get(CONFIGS + "/dataset").json()["buckets"]["team"]
    assert (shown["region"], shown["mode"]) == ("us-east-1", "read-only")
    assert shown["default_credential"]["access_key"] == "*" * 10
    assert _newest(client, "DATASET")["name"] == "team"


def _two_buckets(client: httpx.Client, key: dict[str, Any]) -> str:
    """Make the buckets one, with a credential, and two; returns the path of DATASET."""
    buckets = {
        "one": {"dataset_path": "s3://one/d", "default_credential": key},
        "two": {"dataset_path": "s3://two/d"},
    }
    path = CONFIGS + "/dataset"
    assert client.patch(path, json={"configs_dict": {"buckets": buckets}}).status_code == 200
    return path


@OF_PYDANTIC_1
def test_a_deleted_bucket_leaves_a_revision_that_destroys_credentials(
    client: httpx.Client, key: dict[str, Any]
) -> None:
    path = _two_buckets(client, key)
    assert _delete(client, "/dataset/two").status_code == 200
    # PUT shows secrets in clear.
    kept = client.put(path, json={"configs": {"default_bucket": ""}}).json()
    assert kept["buckets"]["one"]["default_credential"] == key

    masked = _newest(client, "DATASET")["revision"] - 1
    assert _roll_back(client, "DATASET", masked).status_code == 200
    lost = client.put(path, json={"configs": {"default_bucket": ""}}).json()
    assert lost["buckets"]["one"]["default_credential"]["access_key"] == "*" * 10


@for_dialects(lambda dialect: "DATASET" in dialect.config_types and dialect.bucket_deletion_fails)
def test_a_bucket_is_gone_before_its_deletion_fails(
    client: httpx.Client, key: dict[str, Any]
) -> None:
    path = _two_buckets(client, key)
    last = _newest(client, "DATASET")["revision"]
    assert _delete(client, "/dataset/two").status_code == 500
    assert list(client.get(path).json()["buckets"]) == ["one"]
    assert _newest(client, "DATASET")["revision"] == last
    # There are no other credentials any more.
    assert _delete(client, "/dataset/one").status_code == 200
    assert _newest(client, "DATASET")["revision"] == last + 1


@for_dialects(lambda dialect: "DATASET" not in dialect.config_types)
def test_a_version_without_buckets(client: httpx.Client) -> None:
    for method, path in (("GET", ""), ("PUT", ""), ("PATCH", "/team"), ("DELETE", "/team")):
        answer = client.request(method, CONFIGS + "/dataset" + path, json={})
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})
    # Revisions of older versions would still be shown, but are not gone back to.
    assert client.get(HISTORY, params={"config_types": "DATASET"}).json() == {"configs": []}
    answer = _roll_back(client, "DATASET", 1)
    assert answer.status_code == 422
    [entry] = answer.json()["detail"]
    assert (entry["type"], entry["loc"], entry["input"]) == (
        *("enum", ["body", "config_type"]),
        "DATASET",
    )


@WITH_BUCKETS
@pytest.mark.parametrize("buckets", ["x", {"team": "x"}])
def test_buckets_that_are_none(buckets: Any, client: httpx.Client, dialect: Dialect) -> None:
    body = {"configs_dict": {"buckets": buckets}}
    answer = client.patch(CONFIGS + "/dataset", json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "USAGE")
    text = {1: "value is not a valid dict", 2: "Input should be a valid dictionary"}
    assert text[dialect.pydantic] in answer.json()["message"]


@WITH_BUCKETS
def test_a_bucket_with_a_bad_address(client: httpx.Client, dialect: Dialect) -> None:
    body = {"configs_dict": {"dataset_path": "team/d"}}
    answer = client.patch(CONFIGS + "/dataset/team", json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "USAGE")
    report = {
        1: 'buckets -> team -> dataset_path\n  string does not match regex "(^swift://',
        2: "buckets.team.dataset_path\n  String should match pattern '(^swift://",
    }
    title = "1 validation error for DatasetConfig\n"
    assert answer.json()["message"].startswith(title + report[dialect.pydantic])


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
    versions: Any, status: int, header: str | None, client: httpx.Client, dialect: Dialect
) -> None:
    # The seed generation calls the newest client's version otherwise.
    name = "cli_name" if dialect.name == "seed" else "latest_version"
    named = {name if key == "latest_version" else key: versions[key] for key in versions}
    changes = {"cli_config": named, "service_base_url": "https://osmo.example.com"}
    assert client.patch(CONFIGS + "/service", json={"configs_dict": changes}).status_code == 200
    version = "6.0.0" if header or status == 400 else dialect.version
    answer = client.get(CONFIGS + "/pool", headers={"x-osmo-client-version": version})
    assert answer.status_code == status
    assert answer.headers.get("x-osmo-service-version") == header
    if status == 400:
        assert answer.json()["message"].endswith(
            "running the install command in the documentation."
            if dialect.warning_header
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

    answered = asyncio.run(statuses())
    store.close()
    assert answered == [401, 200, 401, 200]


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

    answered = asyncio.run(statuses())
    store.close()
    assert answered == [403, 200, 403]
