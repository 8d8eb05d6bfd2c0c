"""The embedded service in ConfigMap mode: configured by a file, not by its database."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from osmo_cli.config.problems import InvalidInputError
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.errors import UsageError
from osmo_cli.local.admin import add_backend
from osmo_cli.local.configmap import ConfigMapSource
from osmo_cli.local.database import open_database
from osmo_cli.local.jwts import new_signing_key
from osmo_cli.local.transport import in_process_transport
from tests.support.databases import new_database
from tests.support.processes import Shell, serving

CONFIGS = "/api/configs"
MANAGED = {
    "message": "Configs are managed by ConfigMap and cannot be modified via CLI/API. "
    "Update the Helm values and redeploy instead.",
    "error_code": "USER",
    "workflow_id": None,
}
FILE: dict[str, Any] = {
    "service": {"agent_queue_size": 5},
    "workflow": {"max_num_tasks": 30},
    "pod_templates": {"sel": {"spec": {"volumes": [{"secret": {"secretName": "kept"}}]}}},
    "resource_validations": {"max": []},
    "group_templates": {"g": {"apiVersion": "v1", "kind": "X", "metadata": {"name": "g"}}},
    "backend_tests": {
        "nccl": {
            "name": "nccl",
            "description": "d",
            "cron_schedule": "0 * * * *",
            "common_pod_template": ["sel"],
            "node_conditions": ["a"],
        }
    },
    "backends": {
        "gpu-a": {"k8s_namespace": "of-file", "description": "A", "tests": ["nccl"]},
        "never-seen": {"k8s_namespace": "of-file"},
    },
    "pools": {"p": {"backend": "gpu-a", "common_pod_template": ["sel"]}},
    "roles": {"ops": {"description": "o", "policies": [{"actions": ["pool:List"]}]}},
}
MODES = [dialect for dialect in DIALECTS.values() if dialect.helm_root]


@pytest.fixture(params=MODES, ids=lambda dialect: dialect.name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    requested: Dialect = request.param
    return requested


class Managed:
    """A service with a database of its own history, and the file that configures it."""

    def __init__(self, folder: Path, dialect: Dialect) -> None:
        self.db, self.file = folder / "local.db", folder / "config.yaml"
        self.said: list[str] = []
        new_database(self.db, dialect.name)
        add_backend(self.db, "gpu-a")
        add_backend(self.db, "not-in-the-file")

    def write(self, content: Any) -> None:
        text = content if isinstance(content, str) else yaml.safe_dump(content)
        self.file.write_text(text)
        # Two writes within one tick of the clock are two all the same.
        self._tick = getattr(self, "_tick", 0) + 1
        os.utime(self.file, ns=(self._tick, self._tick))

    def open(self, content: Any = None) -> httpx.Client:
        self.write(FILE if content is None else content)
        source = ConfigMapSource(self.file, self.said.append)
        transport = in_process_transport(self.db, source=source)
        return httpx.Client(transport=transport, base_url="http://local")


@pytest.fixture
def managed(tmp_path: Path, dialect: Dialect) -> Managed:
    return Managed(tmp_path, dialect)


@pytest.fixture
def client(managed: Managed) -> Iterator[httpx.Client]:
    with managed.open() as opened:
        yield opened


def get(client: httpx.Client, path: str) -> Any:
    answer = client.get(CONFIGS + path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_type_comes_from_the_file(
    client: httpx.Client, managed: Managed, dialect: Dialect
) -> None:
    assert get(client, "/service")["agent_queue_size"] == 5
    workflow = get(client, "/workflow")
    assert (workflow["max_num_tasks"], workflow["max_num_ports_per_task"]) == (30, 30)
    # What is a secret elsewhere is part of a template.
    assert get(client, "/pod_template") == FILE["pod_templates"]
    assert get(client, "/resource_validation") == {"max": []}
    assert get(client, "/group_template") == FILE["group_templates"]
    test = get(client, "/backend_test/nccl")
    assert (test["name"], test["test_timeout"]) == ("nccl", "300s")
    combined = FILE["pod_templates"]["sel"] if dialect.configmap_combines_tests else {}
    assert test["parsed_pod_template"] == combined
    pools = get(client, "/pool")["pools"]
    assert (list(pools), pools["p"]["status"]) == (["p"], "ONLINE")
    [role] = get(client, "/role")
    assert (role["name"], role["external_roles"]) == ("ops", None)
    assert managed.said == []


def test_a_backend_is_the_file_s_and_its_operator_s(client: httpx.Client, dialect: Dialect) -> None:
    known, unknown = get(client, "/backend")["backends"]
    assert (known["name"], known["description"], known["tests"]) == ("gpu-a", "A", ["nccl"])
    assert (known["version"], bool(known["k8s_uid"])) == (dialect.operator_version, True)
    # The operator's, whatever the file says.
    assert (known["k8s_namespace"], unknown["k8s_namespace"]) == ("osmo", "")
    assert known["node_conditions"] == {"rules": None, "prefix": "osmo.nvidia.com/"}
    # Its operator has never registered, and it counts as online all the same.
    assert (unknown["name"], unknown["online"], unknown["version"]) == ("never-seen", True, "")
    gone = client.get(CONFIGS + "/backend/not-in-the-file")
    assert gone.status_code == 500
    assert gone.json()["message"].endswith("Backend not-in-the-file is not found.")


def test_what_the_database_keeps_shows_as_without_a_file(
    client: httpx.Client, managed: Managed
) -> None:
    transport = in_process_transport(managed.db)
    with httpx.Client(transport=transport, base_url="http://local") as plain:
        stored = get(plain, "/service")
    shown = get(client, "/service")
    assert (list(shown), shown["service_auth"]) == (list(stored), stored["service_auth"])
    assert shown["service_auth"]["login_info"]["device_endpoint"] is None


def test_an_operator_that_connects_later_is_seen(client: httpx.Client, managed: Managed) -> None:
    add_backend(managed.db, "never-seen", offline=True)
    shown = get(client, "/backend/never-seen")
    assert (shown["online"], bool(shown["k8s_uid"])) == (False, True)


WRITES: list[tuple[str, str, Any]] = [
    ("PATCH", "/service", {"configs_dict": {"agent_queue_size": 6}}),
    ("PUT", "/workflow", {"configs": {"max_num_tasks": 1}}),
    ("POST", "/backend/gpu-a", {"configs": {"description": "x"}}),
    ("DELETE", "/backend/gpu-a", {}),
    ("PUT", "/pod_template", {"configs": {"t": {}}}),
    ("PUT", "/pod_template/t", {"configs": {}}),
    ("DELETE", "/pod_template/sel", {}),
    ("PUT", "/resource_validation", {"configs_dict": {}}),
    ("PATCH", "/backend_test/nccl", {"configs_dict": {}}),
    ("PUT", "/pool/p/rename", {"new_name": "q"}),
    ("PUT", "/pool/p/platform/x", {"configs": {}}),
    ("DELETE", "/role/ops", {}),
    ("POST", "/history/rollback", {"config_type": "BACKEND", "revision": 2147483647}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=str)
def test_nothing_can_be_changed(method: str, path: str, body: Any, client: httpx.Client) -> None:
    history = client.get(CONFIGS + "/history").json()
    before = [get(client, at) for at in ("/service", "/workflow", "/pod_template", "/role")]
    answer = client.request(method, CONFIGS + path, json=body)
    assert (answer.status_code, answer.json()) == (409, MANAGED)
    # What is wrong with the request itself is said first.
    wrong = client.request(method, CONFIGS + path, json=[])
    assert wrong.status_code == 422
    assert before == [get(client, at) for at in ("/service", "/workflow", "/pod_template", "/role")]
    assert client.get(CONFIGS + "/history").json() == history


def test_the_history_is_the_database_s_and_its_tags_can_be_changed(client: httpx.Client) -> None:
    entries = client.get(CONFIGS + "/history", params={"config_types": "BACKEND"}).json()["configs"]
    assert [entry["description"] for entry in entries] == [
        "Initial configuration",
        "Create backend gpu-a",
        "Create backend not-in-the-file",
    ]
    path = CONFIGS + "/history/BACKEND/revision/2"
    assert client.post(path + "/tags", json={"set_tags": ["t"]}).status_code == 200
    assert client.delete(path).status_code == 200
    query = {"config_types": "BACKEND", "revision": "2"}
    assert client.get(CONFIGS + "/history", params=query).json() == {"configs": []}


def test_users_and_tokens_are_the_database_s(client: httpx.Client) -> None:
    # Roles are looked up in the database: one that only the file has cannot be given.
    made = client.post("/api/auth/user", json={"id": "u", "roles": ["osmo-user"]})
    assert made.status_code == 200
    refused = client.post("/api/auth/user", json={"id": "v", "roles": ["ops"]})
    assert refused.json()["message"] == "Role ops does not exist"
    assigned = client.post("/api/auth/user/u/roles", json={"role_name": "osmo-backend"})
    assert assigned.status_code == 200
    assert client.delete("/api/auth/user/u/roles/osmo-user").status_code == 200
    assert [user["id"] for user in client.get("/api/auth/user").json()["users"]] == ["u"]
    assert client.get("/api/auth/keys").json()["keys"]


def test_a_pool_of_a_backend_without_operator_is_offline(managed: Managed) -> None:
    pools = {name: {"backend": name} for name in ("gpu-a", "never-seen", "nowhere")}
    with managed.open(FILE | {"pools": pools}) as client:
        shown = get(client, "/pool")["pools"]
    status = {name: pool["status"] for name, pool in shown.items()}
    assert status == {"gpu-a": "ONLINE", "never-seen": "OFFLINE", "nowhere": "OFFLINE"}


def test_the_user_that_deploys_files_writes_to_the_database(
    client: httpx.Client, managed: Managed
) -> None:
    client.headers["x-osmo-user"] = "configmap-sync"
    body = {"configs": {"description": "stored"}}
    assert client.post(CONFIGS + "/backend/gpu-a", json=body).status_code == 200
    assert client.put(CONFIGS + "/pod_template/t", json={"configs": {}}).status_code == 200
    # A backend without operator has no row there; what is served stays the file's.
    missing = client.post(CONFIGS + "/backend/never-seen", json=body)
    assert missing.status_code == 500
    assert missing.json()["message"].endswith("Backend 'never-seen' not found")
    assert get(client, "/backend/gpu-a")["description"] == "A"
    assert get(client, "/pod_template") == FILE["pod_templates"]
    with httpx.Client(transport=in_process_transport(managed.db), base_url="http://x") as plain:
        assert get(plain, "/backend/gpu-a")["description"] == "stored"
        assert "t" in get(plain, "/pod_template")


def test_a_new_service_has_no_default_items_in_its_history(
    tmp_path: Path, dialect: Dialect
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("workflow: {}\n")
    source = ConfigMapSource(file, lambda said: None)
    open_database(tmp_path / "new.db", dialect.name, source=source).close()
    transport = in_process_transport(tmp_path / "new.db", source=source)
    with httpx.Client(transport=transport, base_url="http://local") as client:
        entries = client.get(CONFIGS + "/history", params={"limit": 100}).json()["configs"]
        assert {entry["revision"] for entry in entries} == {1}
        assert get(client, "/pod_template") == {}


def test_secrets_are_masked_and_come_from_mounted_files(managed: Managed, tmp_path: Path) -> None:
    mounted = {
        "log/keys.yaml": "endpoint: s3://log\naccess_key_id: i\naccess_key: the-log-secret\n",
        "data/endpoint": "s3://data\n",
        "data/access_key_id": "12345\n",
        "data/access_key": "the-data-secret\n",
        "slack/value.yaml": "value: the-slack-secret\n",
        "images/.dockerconfigjson": json.dumps(
            {"auths": {"nvcr.io": {"auth": b64encode(b"robot:the-image-secret").decode()}}}
        ),
    }
    for name, text in mounted.items():
        (tmp_path / "secrets" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "secrets" / name).write_text(text)
    (tmp_path / "smtp.yaml").write_text("value: the-smtp-secret\n")
    content = {
        "workflow": {
            "workflow_log": {"credential": {"secretName": "log", "secretKey": "keys.yaml"}},
            "workflow_data": {"credential": {"secretName": "data"}},
            "backend_images": {
                "credential": {"secretName": "images", "secretKey": ".dockerconfigjson"}
            },
            "workflow_alerts": {
                "slack_token": {"secret_file": "/etc/osmo/secrets/slack/value.yaml"},
                "smtp_settings": {"password": {"secret_file": "smtp.yaml"}},
            },
        }
    }
    with managed.open(content) as client:
        shown = get(client, "/workflow")
    assert managed.said == []
    mask = "*" * 10
    assert shown["workflow_log"]["credential"]["access_key"] == mask
    assert shown["workflow_log"]["credential"]["endpoint"] == "s3://log"
    assert shown["workflow_data"]["credential"]["access_key_id"] == "12345"
    # Of a Docker configuration that has only `auth`, the name is not taken.
    registry = {"registry": "nvcr.io", "username": "", "auth": mask}
    assert shown["backend_images"]["credential"] == registry
    assert shown["workflow_alerts"]["slack_token"] == mask
    assert shown["workflow_alerts"]["smtp_settings"]["password"] == mask


def test_a_reference_below_an_object_with_one_is_never_read(
    managed: Managed, tmp_path: Path
) -> None:
    (tmp_path / "secrets" / "alerts").mkdir(parents=True)
    (tmp_path / "secrets" / "alerts" / "slack_token").write_text("S")
    nested = {"secretName": "alerts", "secretKey": "nowhere"}
    alerts = {"secretName": "alerts", "smtp_settings": {"password": nested}}
    with pytest.raises(InvalidInputError, match=r"smtp_settings\.password"):
        managed.open({"workflow": {"workflow_alerts": alerts}})


UNREADABLE = [
    ("workflow_log", {"credential": {"endpoint": "s3://a", "secretName": "x", "secretKey": "k"}}),
    ("workflow_alerts", {"slack_token": {"secretName": "x", "secretKey": "k"}}),
]


@pytest.mark.parametrize(("field", "value"), UNREADABLE, ids=["a credential", "a string"])
def test_a_secret_that_is_not_mounted_refuses_the_file(
    field: str, value: Any, managed: Managed
) -> None:
    with pytest.raises(InvalidInputError, match=f"workflow.{field}"):
        managed.open({"workflow": {field: value}})


def test_a_secret_that_is_not_mounted_is_said_where_the_file_is_served(managed: Managed) -> None:
    reference = {"smtp_settings": {"secretName": "x", "host": "h"}}
    template = {"spec": {"secretName": "tls"}}
    content = {"workflow": {"workflow_alerts": reference}, "pod_templates": {"t": template}}
    with managed.open(content) as client:
        assert get(client, "/workflow")["workflow_alerts"]["smtp_settings"]["host"] == "h"
        assert get(client, "/pod_template") == {"t": template}
    places = [said.split(": ")[2] for said in managed.said]
    assert sorted(places) == ["pod_templates.t.spec", "workflow.workflow_alerts.smtp_settings"]
    assert all("secrets/NAME/KEY" in said for said in managed.said)


def test_a_changed_secret_is_read_with_the_next_change_of_the_file(
    managed: Managed, tmp_path: Path
) -> None:
    secret = tmp_path / "key.yaml"
    credential = {"endpoint": "s3://a", "secret_file": "key.yaml"}
    content = {"workflow": {"workflow_log": {"credential": credential}}}
    secret.write_text("access_key_id: first\naccess_key: s\n")
    with managed.open(content) as client:
        for expected in ("first", "second"):
            shown = get(client, "/workflow")["workflow_log"]["credential"]
            assert shown["access_key_id"] == expected
            secret.write_text("access_key_id: second\naccess_key: s\n")
            shown = get(client, "/workflow")["workflow_log"]["credential"]
            assert shown["access_key_id"] == expected
            managed.write(content)


def test_the_signing_keys_are_the_database_s_where_the_file_has_none(
    managed: Managed, dialect: Dialect
) -> None:
    [(kid, pair)] = new_signing_key().items()
    auth = {"keys": {kid: pair}, "active_key": kid, "issuer": "i", "audience": "a"}
    with managed.open({"workflow": {}}) as client:
        [key] = client.get("/api/auth/keys").json()["keys"]
        assert key["kid"] != kid
        managed.write({"service": {"service_auth": auth}})
        shown = get(client, "/service")["service_auth"]
        [key] = client.get("/api/auth/keys").json()["keys"]
    assert (key["kid"] == kid) is dialect.configmap_sets_keys
    assert (shown["issuer"] == "i") is dialect.configmap_sets_keys
    assert bool(managed.said) is not dialect.configmap_sets_keys


def test_the_file_is_read_again_when_it_changes(client: httpx.Client, managed: Managed) -> None:
    managed.write({"workflow": {"max_num_tasks": 31}})
    assert get(client, "/workflow")["max_num_tasks"] == 31
    assert get(client, "/pool") == {"pools": {}}

    managed.write("workflow:\n  max_num_tasks: many\n")
    for _ in range(3):
        assert get(client, "/workflow")["max_num_tasks"] == 31
    [said] = managed.said
    assert said.startswith(f"{managed.file}:2:18: workflow.max_num_tasks: ")
    assert said.endswith(f"{managed.file} is refused: the previous configuration stays")
    managed.file.unlink()
    assert get(client, "/workflow")["max_num_tasks"] == 31
    assert "file not found" in managed.said[1]
    managed.write({"workflow": {"max_num_tasks": 32}})
    assert get(client, "/workflow")["max_num_tasks"] == 32
    assert len(managed.said) == 2


REFUSED: list[tuple[str, str]] = [
    *((text, "must be a map with at least one section") for text in ("[1]", "{}", "null", "# x")),
    ("workflow: [1]", ":1:11: workflow: must be a map"),
    ("roles: [1]", ":1:8: roles: must be a map"),
    ("workflow: {more: 1}", ":1:12: workflow.more: unknown field"),
    (
        "service: {cli_config: {latest_version: next}}",
        ':1:10: service: Invalid latest_version "next": must be of the format',
    ),
    ("workflow: {\n", ":2:1: not YAML: "),
    ("pod_templates: {t: {k: =}}", ":1:24: not YAML: could not determine a constructor"),
]


@pytest.mark.parametrize(("text", "problem"), REFUSED)
@pytest.mark.parametrize("at_start", [True, False], ids=["at start", "on reload"])
def test_a_file_that_is_wrong_is_refused(
    text: str, problem: str, at_start: bool, managed: Managed
) -> None:
    if at_start:
        with pytest.raises(InvalidInputError) as caught:
            managed.open(text)
        said = str(caught.value)
    else:
        with managed.open() as client:
            managed.write(text)
            assert get(client, "/workflow")["max_num_tasks"] == 30
        [said] = managed.said
    assert said.startswith(str(managed.file))
    assert problem in said


def _role(**fields: Any) -> dict[str, Any]:
    return {"description": "d", "policies": [], **fields}


def _test(**fields: Any) -> dict[str, Any]:
    return {**FILE["backend_tests"]["nccl"], "name": "x", **fields}


_ACTION = [{"actions": ["Bad Action"]}]
_ASSERTION = {"operator": "LE", "left_operand": "a", "right_operand": "b", "assert_message": "m"}
SERVED: list[tuple[str, Any, int | None, int]] = [
    ("backends", None, 500, 500),
    ("backends", {"k8s_namespace": "n", "scheduler_settings": {"scheduler_type": "default"}},
     None, 500),
    ("pools", None, None, 400),
    ("pools", {}, 500, 500),
    ("pools", {"backend": "b", "description": None}, 500, 500),
    ("pools", {"backend": "b", "resources": None}, 500, 500),
    ("pools", {"backend": "b", "platforms": None, "common_pod_template": None}, 200, 200),
    ("pools", {"backend": "b", "default_platform": "x", "common_pod_template": ["x"]}, 200, 200),
    ("pod_templates", {"anything": [1, None]}, 200, 200),
    ("group_templates", None, 500, 500),
    ("group_templates", {"kind": "X"}, 200, 200),
    ("resource_validations", None, 500, 500),
    ("resource_validations", [{"operator": "XX"}], 500, 500),
    ("resource_validations", [_ASSERTION], 200, 200),
    ("backend_tests", None, 500, 500),
    ("backend_tests", {key: v for key, v in _test().items() if key != "name"}, 500, 500),
    ("backend_tests", _test(cron_schedule="never"), 400, 400),
    ("backend_tests", _test(common_pod_template=["nowhere"]), 200, 200),
    ("roles", None, None, 500),
    ("roles", _role(name="x"), 500, 500),
    ("roles", _role(policies=_ACTION), 400, 400),
    ("roles", {"policies": []}, 500, 500),
]  # fmt: skip
"""Section, an entry `x` of it, status of the list (None: 200, without it) and of the entry."""
_PATHS = {"backends": "backend", "pools": "pool", "pod_templates": "pod_template", "roles": "role"}
_PATHS |= {"group_templates": "group_template", "resource_validations": "resource_validation"}
_PATHS |= {"backend_tests": "backend_test"}


@pytest.mark.parametrize(("section", "entry", "of_list", "of_entry"), SERVED)
def test_an_entry_is_judged_when_it_is_read(
    section: str, entry: Any, of_list: int | None, of_entry: int, managed: Managed
) -> None:
    good = FILE[section]
    with managed.open(FILE | {section: {**good, "x": entry}}) as client:
        path = f"{CONFIGS}/{_PATHS[section]}"
        listed = client.get(path)
        assert listed.status_code == (of_list or 200), listed.text
        if listed.status_code == 200:
            assert ('"x"' in listed.text) is (of_list is not None)
        assert client.get(f"{path}/x").status_code == of_entry
        # Every other entry can still be read by its own name, and every other type.
        assert client.get(f"{path}/{next(iter(good))}").status_code == 200
        assert client.get(CONFIGS + "/workflow").status_code == 200


@pytest.mark.parametrize("section", ["workflow", "service", *_PATHS])
def test_a_section_that_is_null_loads_and_fails_when_it_is_read(
    section: str, managed: Managed
) -> None:
    with managed.open(FILE | {section: None}) as client:
        path = CONFIGS + "/" + _PATHS.get(section, section)
        assert client.get(path).status_code == 500
        if section in _PATHS:
            assert client.get(path + "/x").status_code == 500
        assert client.get(CONFIGS + "/history").status_code == 200
        assert client.get("/api/auth/keys").status_code == 200


def test_a_key_that_occurs_twice_counts_the_second_time(managed: Managed) -> None:
    with managed.open("workflow: {max_num_tasks: 1, max_num_tasks: 2}\n") as client:
        assert get(client, "/workflow")["max_num_tasks"] == 2


def test_every_problem_is_reported_at_once(managed: Managed) -> None:
    with pytest.raises(InvalidInputError) as caught:
        managed.open("workflow: {max_num_tasks: x}\nservice: {agent_queue_size: y}\n")
    assert len(str(caught.value).splitlines()) == 2


def test_a_backend_needs_its_namespace_where_the_version_wants_it(
    managed: Managed, dialect: Dialect
) -> None:
    if not dialect.configmap_backend_fields:
        with managed.open("backends: {gpu-a: {}}") as client:
            assert get(client, "/backend/gpu-a")["k8s_namespace"] == "osmo"
        return
    with pytest.raises(InvalidInputError, match="k8s_namespace: this field is required"):
        managed.open("backends: {gpu-a: {}}")


def test_sections_that_there_are_not_are_left_out(managed: Managed, dialect: Dialect) -> None:
    with managed.open("frob: 1\ndataset: {default_bucket: b}\n") as client:
        assert client.get(CONFIGS + "/dataset").status_code == (
            200 if "DATASET" in dialect.config_types else 404
        )
    # 6.4 drops the dataset section without a word.
    assert [said.split(": ")[2] for said in managed.said] == ["frob"]


@pytest.mark.parametrize(
    "name", [name for name, dialect in DIALECTS.items() if not dialect.helm_root]
)
def test_older_versions_have_no_such_mode(name: str, tmp_path: Path) -> None:
    file, db = tmp_path / "config.yaml", tmp_path / "local.db"
    file.write_text("workflow: {}\n")
    source = ConfigMapSource(file, lambda said: None)
    with pytest.raises(UsageError, match=f"version {name} has no ConfigMap mode"):
        open_database(db, name, source=source)
    assert not db.exists()


def test_a_new_database_for_a_file_is_of_the_newest_version(tmp_path: Path) -> None:
    file, db = tmp_path / "config.yaml", tmp_path / "local.db"
    file.write_text("workflow: {}\n")
    with open_database(db, source=ConfigMapSource(file, lambda said: None)) as store:
        assert store.dialect is MODES[-1]


def test_the_command_and_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(FILE))
    with serving(tmp_path / "service", dialect="6.4", auth="token", configmap=file) as service:
        shell = Shell.at(tmp_path / "user", OSMO_URL=service.url, OSMO_TOKEN=service.admin_token)
        assert shell.ok("config", "show", "WORKFLOW", "max_num_tasks") == "30\n"
        inside = Shell.at(
            tmp_path / "inside",
            OSMO_URL="local",
            OSMO_LOCAL_DB=str(service.db),
            OSMO_LOCAL_CONFIGMAP=str(file),
        )
        assert inside.ok("config", "show", "WORKFLOW", "max_num_tasks") == "30\n"
        file.write_text("workflow: {max_num_tasks: x}\n")
        assert shell.ok("config", "show", "WORKFLOW", "max_num_tasks") == "30\n"
        refused = inside.osmo("config", "show", "WORKFLOW")
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith(f"error: {file}:1:27: workflow.max_num_tasks: ")
    assert "the previous configuration stays" in (tmp_path / "service" / "serve.err").read_text()
