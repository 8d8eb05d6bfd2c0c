"""What the embedded service stores where the recorded exchanges do not show it.

The rules are those of docs/service/.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.config.registry.types import BACKEND
from osmo_cli.local.clock import utc_now
from osmo_cli.local.database import open_database
from osmo_cli.local.history import Author, add_revision
from osmo_cli.local.jwts import Signer
from osmo_cli.local.records import set_item, whole
from osmo_cli.local.transport import in_process_transport
from tests.support.versions import for_dialects

CONFIGS = "/api/configs"
MASK = "**********"
ASSERTION = {
    "operator": "LE",
    "left_operand": "{{USER_GPU}}",
    "right_operand": "8",
    "assert_message": "too many",
}
TEST = {
    "name": "nccl",
    "description": "NCCL",
    "cron_schedule": "0 0 * * *",
    "node_conditions": ["nccl-ok"],
    "common_pod_template": ["base"],
}
GROUP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "g"}}


WITH_USERS = for_dialects(lambda dialect: dialect.token_routes.users is not None)
OF_PYDANTIC_1 = for_dialects(lambda dialect: dialect.pydantic == 1)
OF_PYDANTIC_2 = for_dialects(lambda dialect: dialect.pydantic == 2)
WITH_GROUPS = for_dialects(lambda dialect: "GROUP_TEMPLATE" in dialect.config_types)
WITH_BUCKETS = for_dialects(lambda dialect: "DATASET" in dialect.config_types)
LOSES_EMPTY_LISTS = for_dialects(lambda dialect: dialect.empty_list_is_lost)


@pytest.fixture
def production(tmp_path: Path, dialect: Dialect) -> Iterator[httpx.Client]:
    """A client of a service that is not in developer mode, as an administrator."""
    store = open_database(tmp_path / "local.db", dialect.name)
    with store.read() as connection:
        signer = Signer(whole(connection, "SERVICE")["service_auth"], utc_now)
    jwt, _ = signer.sign("admin", ["osmo-admin"])
    store.close()
    transport = in_process_transport(tmp_path / "local.db", auth="token")
    with httpx.Client(
        transport=transport, base_url="http://local", headers={"x-osmo-auth": jwt}
    ) as opened:
        yield opened


def put(client: httpx.Client, path: str, value: Any, key: str = "configs") -> httpx.Response:
    return client.put(CONFIGS + path, json={key: value})


def patch(client: httpx.Client, path: str, value: Any) -> httpx.Response:
    return client.patch(CONFIGS + path, json={"configs_dict": value})


def delete(client: httpx.Client, path: str) -> httpx.Response:
    return client.request("DELETE", CONFIGS + path, json={})


def get(client: httpx.Client, path: str, **query: str) -> Any:
    answer = client.get(CONFIGS + path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def revisions(client: httpx.Client, config_type: str) -> list[Any]:
    rows_listed = get(client, "/history", config_types=config_type, limit="1000")["configs"]
    assert isinstance(rows_listed, list)
    return rows_listed


def roll_back(client: httpx.Client, config_type: str, revision: int) -> httpx.Response:
    body = {"config_type": config_type, "revision": revision}
    return client.post(CONFIGS + "/history/rollback", json=body)


def succeeds(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


# -- rollback


@pytest.mark.parametrize(
    ("path", "used"),
    [
        ("/pod_template/base", {"common_pod_template": ["base"]}),
        ("/resource_validation/limit", {"common_resource_validations": ["limit"]}),
    ],
)
def test_a_rollback_to_a_deleted_reference_leaves_no_pool(
    path: str, used: dict[str, Any], client: httpx.Client
) -> None:
    succeeds(put(client, path, [ASSERTION] if "validation" in path else {"spec": {}}))
    succeeds(put(client, "/pool/p", {"backend": "gpu-a", **used}))
    revision = revisions(client, "POOL")[-1]["revision"]
    succeeds(put(client, "/pool/p", {"backend": "gpu-a"}))
    succeeds(delete(client, path))
    refused = roll_back(client, "POOL", revision)
    assert refused.status_code == 400
    assert refused.json()["message"].endswith("does not exist!")
    assert get(client, "/pool") == {"pools": {}}
    assert revisions(client, "POOL")[-1]["revision"] == revision + 1


def test_a_rollback_to_a_deleted_template_restores_no_test(client: httpx.Client) -> None:
    succeeds(put(client, "/pod_template/base", {"spec": {}}))
    succeeds(put(client, "/backend_test/nccl", TEST))
    revision = revisions(client, "BACKEND_TEST")[-1]["revision"]
    succeeds(delete(client, "/backend_test/nccl"))
    succeeds(delete(client, "/pod_template/base"))
    other = TEST | {"name": "other", "common_pod_template": ["default_ctrl"]}
    succeeds(put(client, "/backend_test/other", other))
    assert roll_back(client, "BACKEND_TEST", revision).status_code == 400
    assert get(client, "/backend_test") == {}


@WITH_USERS
@pytest.mark.parametrize("by", ["delete", "rollback"])
def test_a_deleted_role_goes_from_users_and_tokens(by: str, client: httpx.Client) -> None:
    revision = revisions(client, "ROLE")[-1]["revision"]
    role = {"name": "ops", "description": "", "policies": [{"actions": ["pool:List"]}]}
    succeeds(put(client, "/role/ops", role))
    users = "/api/auth/user"
    succeeds(client.post(users, json={"id": "ann", "roles": ["ops", "osmo-user"]}))
    token = users + "/ann/access_token"
    date = {"expires_at": f"{utc_now().year + 1}-01-01"}
    succeeds(client.post(token + "/t", params=date))
    if by == "delete":
        succeeds(delete(client, "/role/ops"))
    else:
        succeeds(roll_back(client, "ROLE", revision))
    succeeds(put(client, "/role/ops", role))
    [held] = client.get(users + "/ann/roles").json()["roles"]
    assert held["role_name"] == "osmo-user"
    assert client.get(token).json()[0]["roles"] == ["osmo-user"]


# -- PUT of many items


@pytest.mark.parametrize(
    ("path", "key", "good", "bad", "status"),
    [
        ("/pool", "configs", {"backend": "gpu-a"}, {"common_pod_template": ["nope"]}, 400),
        ("/backend_test", "configs", TEST, {"common_pod_template": ["nope"]}, 400),
        ("/resource_validation", "configs_dict", [ASSERTION], [{"operator": "LE"}], 500),
        ("/group_template", "configs", GROUP, {"kind": "x"}, 400),
    ],
)
def test_a_put_of_many_items_stores_those_before_a_bad_one(
    path: str, key: str, good: Any, bad: Any, status: int, client: httpx.Client, dialect: Dialect
) -> None:
    if path == "/group_template":
        if "GROUP_TEMPLATE" not in dialect.config_types:
            return
    elif isinstance(bad, dict):
        bad = good | bad
    succeeds(put(client, "/pod_template/base", {"spec": {}}))
    config_type = path[1:].upper()
    before = len(revisions(client, config_type))
    refused = put(client, path, {"first": good, "second": bad, "third": good}, key)
    assert refused.status_code == status
    items = get(client, path)
    names = set(items.get("pools", items))
    assert "first" in names
    assert not names & {"second", "third"}
    assert len(revisions(client, config_type)) == before

    assert put(client, path, {"fourth": good, "1st": good}, key).status_code == 400
    assert get(client, path) == items


# -- POOL


def test_many_pools_may_name_a_backend_that_is_not_registered(client: httpx.Client) -> None:
    succeeds(put(client, "/pool", {"a": {"backend": "nope"}}))
    assert put(client, "/pool/b", {"backend": "nope"}).status_code == 500
    succeeds(put(client, "/pool/a/platform/p", {}))
    assert set(get(client, "/pool", backend="nope")["pools"]) == {"a", "b"}
    assert client.put(f"{CONFIGS}/pool/a/rename", json={"new_name": "c"}).status_code == 500
    assert set(get(client, "/pool", backend="nope")["pools"]) == {"b", "c"}
    newest = revisions(client, "POOL")[-1]
    assert (newest["name"], newest["description"]) == ("a", "Rename pool a to c")


@WITH_GROUPS
def test_topology_keys_need_the_backend(client: httpx.Client) -> None:
    pool = {"backend": "nope", "topology_keys": [{"key": "rack", "label": "x/rack"}]}
    before = get(client, "/pool")
    assert put(client, "/pool", {"a": {"backend": "gpu-a"}, "b": pool}).status_code == 500
    assert get(client, "/pool") == before
    succeeds(put(client, "/pool", {"b": pool | {"backend": "gpu-a"}}))


def test_a_pool_may_be_renamed_to_itself(client: httpx.Client) -> None:
    succeeds(put(client, "/pool/a", {"backend": "gpu-a"}))
    succeeds(client.put(f"{CONFIGS}/pool/a/rename", json={"new_name": "a"}))
    assert "a" in get(client, "/pool")["pools"]


def test_computed_fields_of_a_pool_have_their_forms(client: httpx.Client) -> None:
    succeeds(put(client, "/pool/a", {"backend": "gpu-a"}))
    assert patch(client, "/pool/a", {"status": "x"}).status_code == 500
    assert put(client, "/pool/a", {"backend": "gpu-a", "last_heartbeat": "x"}).status_code == 422
    verbose = get(client, "/pool/a", verbose="true")
    succeeds(put(client, "/pool/a", verbose))
    assert succeeds(patch(client, "/pool/a", {"description": "x"}))["last_heartbeat"]


def test_a_template_in_use_must_be_readable(client: httpx.Client) -> None:
    succeeds(put(client, "/pod_template/base", {"spec": {"containers": ["x"]}}))
    succeeds(put(client, "/pool/a", {"backend": "gpu-a", "common_pod_template": ["base"]}))
    assert put(client, "/pod_template/base", {"spec": {"containers": ["y"]}}).status_code == 500
    assert get(client, "/pool", verbose="true")


# -- SERVICE, WORKFLOW and DATASET


def test_objects_are_stored_as_they_were_sent(client: httpx.Client) -> None:
    succeeds(put(client, "/workflow", {"workflow_info": {"tags": ["a"]}}))
    full = {"tags": ["a"], "max_name_length": 64}
    assert get(client, "/workflow")["workflow_info"] == full
    answer = succeeds(patch(client, "/workflow", {"workflow_info": {"tags": ["b"]}}))
    assert answer == {"workflow_info": {"tags": ["b"]}}
    assert revisions(client, "WORKFLOW")[-1]["data"]["workflow_info"] == full | {"tags": ["b"]}


def test_a_secret_that_was_never_set_is_masked_and_an_empty_one_is_not(
    client: httpx.Client,
) -> None:
    alerts = get(client, "/workflow")["workflow_alerts"]
    assert (alerts["slack_token"], alerts["smtp_settings"]["password"]) == (MASK, MASK)
    answer = succeeds(put(client, "/workflow", {"workflow_alerts": {"slack_token": ""}}))
    assert answer["workflow_alerts"]["slack_token"] == ""
    # What was never set comes as ciphertext, which the history keeps.
    assert answer["workflow_alerts"]["smtp_settings"]["password"].startswith("eyJ")
    for shown in (get(client, "/workflow"), revisions(client, "WORKFLOW")[-1]["data"]):
        assert shown["workflow_alerts"]["slack_token"] == ""
        assert shown["workflow_alerts"]["smtp_settings"]["password"] == MASK
    succeeds(patch(client, "/workflow", {"workflow_alerts": {"slack_token": "secret"}}))
    assert get(client, "/workflow")["workflow_alerts"]["slack_token"] == MASK


@LOSES_EMPTY_LISTS
def test_some_lists_cannot_be_emptied(client: httpx.Client) -> None:
    for roles in ([], ["osmo-user", "ops"], []):
        succeeds(patch(client, "/service", {"service_auth": {"user_roles": roles}}))
        stored = get(client, "/service")["service_auth"]["user_roles"]
        assert stored == (roles or ["osmo-user"])


@OF_PYDANTIC_1
def test_developer_mode_stores_unknown_fields_of_objects(client: httpx.Client) -> None:
    answer = succeeds(patch(client, "/workflow", {"workflow_info": {"nope": 1}, "other": 2}))
    assert answer["workflow_info"]["nope"] == 1
    stored = get(client, "/workflow")
    assert stored["workflow_info"]["nope"] == 1
    assert "other" not in stored


@OF_PYDANTIC_1
def test_a_refused_patch_closes_puts_until_the_next_good_one(production: httpx.Client) -> None:
    unknown = {"workflow_info": {"nope": 1}}
    succeeds(put(production, "/workflow", unknown))
    assert patch(production, "/workflow", unknown).status_code == 400
    assert put(production, "/workflow", unknown).status_code == 422
    succeeds(patch(production, "/workflow", {"max_num_tasks": 21}))
    succeeds(put(production, "/workflow", unknown))


@pytest.mark.parametrize("half", ["public_key", "private_key"])
def test_a_key_that_is_not_a_jwk_is_a_server_error(half: str, client: httpx.Client) -> None:
    key = get(client, "/service")["service_auth"]["active_key"]
    changes = {"service_auth": {"keys": {key: {half: "x"}}}}
    assert patch(client, "/service", changes).status_code == 500
    succeeds(client.get("/api/auth/keys"))


@pytest.mark.parametrize(("duration", "status"), [("-1d", 400), ("999999999d", 500)])
def test_any_duration_is_stored(
    duration: str, status: int, client: httpx.Client, dialect: Dialect
) -> None:
    changes = {"service_auth": {"max_token_duration": duration}}
    succeeds(patch(client, "/service", changes))
    path = "/" + "/".join(dialect.token_routes.own) + "/t"
    answer = client.post(path, params={"expires_at": f"{utc_now().year + 1}-01-01"})
    assert answer.status_code == status
    assert patch(client, "/service", {"service_auth": {"max_token_duration": "x"}}).is_error


@WITH_BUCKETS
def test_only_a_patch_looks_at_the_mode_of_a_bucket(client: httpx.Client) -> None:
    bucket = {"dataset_path": "s3://a/b", "mode": "any"}
    succeeds(put(client, "/dataset", {"buckets": {"b": bucket}}))
    assert get(client, "/dataset")["buckets"]["b"]["mode"] == "any"
    assert patch(client, "/dataset/b", {"description": "x"}).status_code == 400
    assert succeeds(patch(client, "/dataset/b", {"mode": "Read-Only"}))


def test_a_malformed_version_of_the_newest_client_locks_clients_out(
    client: httpx.Client, dialect: Dialect
) -> None:
    field = "cli_name" if dialect.name == "seed" else "latest_version"
    answer = patch(client, "/service", {"cli_config": {field: "osmo"}})
    if dialect.checks_client_versions:
        assert answer.status_code == 400
        return
    succeeds(answer)
    old = {"x-osmo-client-version": "6.0.0"}
    undo = {"configs_dict": {"cli_config": {field: None}}}
    for request in (
        client.build_request("GET", CONFIGS + "/pool", headers=old),
        client.build_request("PATCH", CONFIGS + "/service", headers=old, json=undo),
        client.build_request("GET", "/client/version"),
    ):
        assert client.send(request).status_code == 500
    succeeds(client.patch(CONFIGS + "/service", json=undo))
    succeeds(client.get(CONFIGS + "/pool", headers=old))


def test_the_client_version_follows_the_configuration(
    client: httpx.Client, dialect: Dialect
) -> None:
    field = "cli_name" if dialect.name == "seed" else "latest_version"
    succeeds(patch(client, "/service", {"cli_config": {field: "7.8.9"}}))
    version = client.get("/client/version").json()
    assert (version["major"], version["minor"], version["revision"]) == ("7", "8", "9")


# -- templates and roles


@WITH_GROUPS
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"apiVersion": "", "kind": None}, 200),
        ({"metadata": {"name": "", "namespace": None}}, 200),
        ({"metadata": {"name": "g", "namespace": "x"}}, 400),
        ({"metadata": {}}, 400),
        ({"metadata": None}, 500),
    ],
)
def test_a_group_template_must_have_its_fields(
    changes: dict[str, Any], status: int, client: httpx.Client
) -> None:
    assert put(client, "/group_template/g", GROUP | changes).status_code == status


@OF_PYDANTIC_2
def test_actions_of_a_role_may_be_one_text(client: httpx.Client) -> None:
    def role(actions: Any) -> Any:
        return {"name": "r", "description": "", "policies": [{"actions": actions}]}

    succeeds(put(client, "/role/r", role("pool:List")))
    assert get(client, "/role/r")["policies"][0]["actions"] == ["pool:List"]
    for actions in (None, 1):
        assert put(client, "/role/r", role(actions)).status_code == 500


# -- values that PostgreSQL refuses


@pytest.mark.parametrize("value", ["NaN", "Infinity", '"\\u0000"', '"\\ud800"'])
@pytest.mark.parametrize("path", ["/pod_template/t", "/pool/a"])
def test_what_the_database_refuses(value: str, path: str, client: httpx.Client) -> None:
    inner = '{"x": %s}' % value  # noqa: UP031 - braces
    body = {"pod_template": inner, "pool": '{"backend": "gpu-a", "common_default_variables": %s}'}
    text = body[path.split("/")[1]].replace("%s", inner)
    answer = client.put(
        CONFIGS + path,
        content='{"configs": %s}' % text,  # noqa: UP031 - braces
        headers={"content-type": "application/json"},
    )
    assert (answer.status_code, answer.json()["error_code"]) == (400, "DATABASE")
    assert "t" not in get(client, "/pod_template")


def test_names_that_the_database_refuses(client: httpx.Client, dialect: Dialect) -> None:
    action = "pool:List" if dialect.semantic_roles else "http:/api/pool:Get"
    for name in ('a"b', "a\tb"):
        role = {"name": name, "description": "", "policies": [{"actions": [action]}]}
        answer = put(client, "/role/x", role)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "DATABASE")


def test_values_that_are_deep_or_late(client: httpx.Client) -> None:
    deep: Any = {}
    for _ in range(700):
        deep = {"a": deep}
    succeeds(put(client, "/pod_template/deep", deep))
    assert get(client, "/pod_template")["deep"] == deep
    for time in ("9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00"):
        get(client, "/history", created_before=time)
    changes = {"topology": [{"x": 1, "$index": []}]}
    succeeds(patch(client, "/workflow", {"workflow_info": {"tags": ["a"]}}))
    assert patch(client, "/workflow", {"labels": changes}).status_code in (200, 400)


# -- history


@pytest.mark.parametrize(
    ("time", "first", "second"),
    [
        ("1577836800", 200, 200),
        ("1577836800.5", 200, 200),
        ("2020-1-2T3:4:5", 200, 422),
        ("2020-01-02 03:04", 200, 200),
        ("2020-01-02t03:04:05z", 422, 200),
        ("2020-01-02", 422, 200),
        ("2020-01-02T03:04:05+01:00", 200, 200),
        ("20200101T000000", 422, 422),
        ("yesterday", 422, 422),
    ],
)
def test_times_of_the_history(
    time: str, first: int, second: int, client: httpx.Client, dialect: Dialect
) -> None:
    answer = client.get(CONFIGS + "/history", params={"created_before": time})
    assert answer.status_code == (first if dialect.pydantic == 1 else second)
    if answer.status_code == 200:
        assert answer.json() == {"configs": []}


# -- users


@WITH_USERS
def test_members_of_a_role(client: httpx.Client) -> None:
    for user in ("ann", "bob"):
        succeeds(client.post("/api/auth/user", json={"id": user}))
    path = "/api/auth/roles/osmo-user/users"
    answer = succeeds(client.post(path, json={"user_ids": ["ann", "nobody"]}))
    assert answer["assigned"] == ["ann"]
    answer = succeeds(client.post(path, json={"user_ids": ["ann", "bob"]}))
    assert (answer["assigned"], answer["already_assigned"]) == (["bob"], ["ann"])
    listed = succeeds(client.get(path))
    assert listed["role_name"] == "osmo-user"
    assert [user["user_id"] for user in listed["users"]] == ["ann", "bob"]
    assert all(user["assigned_at"].endswith("+00:00") for user in listed["users"])


@WITH_USERS
def test_users_as_the_service_treats_them(client: httpx.Client, dialect: Dialect) -> None:
    users = "/api/auth/user"
    created = succeeds(client.post(users, json={"id": "ann"}))
    assert created["created_at"].endswith("Z" if dialect.pydantic == 2 else "+00:00")
    taken = client.post(users, json={"id": "ann", "roles": ["nope"]})
    assert taken.json()["message"] == "User ann already exists"
    assert client.post(users, json={"id": "ann\n"}).status_code == 400
    rows_listed = succeeds(client.get(users, params={"id_prefix": "a_n"}))
    assert [user["id"] for user in rows_listed["users"]] == ["ann"]
    succeeds(client.delete(users + "/nobody/roles/osmo-user"))


# -- routes


def test_routes_that_are_not_for_clients(client: httpx.Client, dialect: Dialect) -> None:
    assert client.get("/api/docs").headers["content-type"].startswith("text/html")
    assert client.get("/client/pypi/simple").is_success is (dialect.name == "seed")
    refused = client.put(CONFIGS + "/history")
    assert (refused.status_code, "GET" in refused.headers["allow"]) == (405, True)
    succeeds(client.post(CONFIGS + "/service/clean"))


# -- rows of older services

OLDER_SCHEDULERS = [
    each.name for each in DIALECTS.values() if "coscheduling" in each.scheduler_fields
]


@pytest.mark.parametrize("older", OLDER_SCHEDULERS)
@for_dialects(lambda dialect: "coscheduling" not in dialect.scheduler_fields)
def test_a_backend_with_an_older_scheduler_is_repaired_by_a_post(
    older: str, client: httpx.Client, dialect: Dialect, tmp_path: Path
) -> None:
    # docs/service/backend.md#rows-with-an-older-scheduler
    backend = client.get(CONFIGS + "/backend/gpu-a").json()
    settings = BACKEND.schema(DIALECTS[older])().model_dump()["scheduler_settings"]
    with open_database(tmp_path / "local.db") as store, store.write() as connection:
        row = {key: backend[key] for key in backend if key not in ("online", "last_heartbeat")}
        set_item(connection, "BACKEND", "gpu-a", row | {"scheduler_settings": settings})
    for path in ("/backend", "/backend/gpu-a"):
        answer = client.get(CONFIGS + path)
        assert answer.status_code == 500
        message = answer.json()["message"]
        assert message.startswith("Internal server error: Failed to load backend 'gpu-a': ")
    body = {"configs": {"scheduler_settings": {"scheduler_type": "kai"}}}
    succeeds(client.post(CONFIGS + "/backend/gpu-a", json=body))
    assert get(client, "/backend/gpu-a")["scheduler_settings"]["scheduler_type"] == "kai"
    assert get(client, "/backend")["backends"]


@for_dialects(lambda dialect: "DATASET" in dialect.history_types)
def test_old_revisions_of_a_type_that_is_gone_are_not_masked(
    client: httpx.Client, tmp_path: Path
) -> None:
    # docs/service/secrets.md#secrets-in-history
    def revision(key: str) -> Any:
        credential = {"access_key_id": "AKIA", "access_key": key}
        return {"buckets": {"b": {"dataset_path": "s3://a/b", "default_credential": credential}}}

    with open_database(tmp_path / "local.db") as store, store.write() as connection:
        for key in ("first", "second"):
            author = Author("admin", "Set", None)
            add_revision(connection, "DATASET", revision(key), utc_now(), author)
    shown = [entry["data"] for entry in revisions(client, "DATASET")]
    assert shown == [revision("first"), revision("second")]
    query = {"config_type": "DATASET", "first_revision": "1", "second_revision": "2"}
    assert get(client, "/diff", **query)["second_data"] == revision("second")


# -- tokens


@for_dialects(lambda dialect: dialect.token_routes.service is not None)
def test_service_tokens_are_listed_in_the_order_of_their_creation(
    client: httpx.Client, dialect: Dialect
) -> None:
    path = "/" + "/".join(dialect.token_routes.service or ())
    date = f"{utc_now().year + 1}-01-01"
    for name in ("b", "c", "a"):
        query = {"expires_at": date, "roles": "osmo-backend"}
        succeeds(client.post(f"{path}/{name}", params=query))
    succeeds(client.delete(f"{path}/c"))
    assert [token["token_name"] for token in client.get(path).json()] == ["b", "a"]
    # Roles are checked before the date.
    bad = client.post(f"{path}/d", params={"expires_at": "soon", "roles": "nope"})
    assert bad.json()["message"] == "Invalid role: nope"


def test_a_database_of_an_older_version_of_the_program_is_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    open_database(path, "6.0").close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE tokens DROP COLUMN position")
        connection.execute("PRAGMA user_version = 1")
    for _ in range(2):
        with httpx.Client(transport=in_process_transport(path), base_url="http://local") as opened:
            assert opened.get("/api/auth/access_token/service").json() == []
