"""The embedded service in ConfigMap mode: configured by a file, not by its database (api.md 5)."""

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
from osmo_cli.local.transport import in_process_transport
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
    found: Dialect = request.param
    return found


class Managed:
    """A service with a database of its own history, and the file that configures it."""

    def __init__(self, folder: Path, dialect: Dialect) -> None:
        self.db, self.file = folder / "local.db", folder / "config.yaml"
        self.said: list[str] = []
        open_database(self.db, dialect.name).close()
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


def test_every_type_comes_from_the_file(client: httpx.Client, managed: Managed) -> None:
    assert get(client, "/service")["agent_queue_size"] == 5
    workflow = get(client, "/workflow")
    assert (workflow["max_num_tasks"], workflow["max_num_ports_per_task"]) == (30, 30)
    # What is a secret elsewhere is part of a template.
    assert get(client, "/pod_template") == FILE["pod_templates"]
    assert get(client, "/resource_validation") == {"max": []}
    assert get(client, "/group_template") == FILE["group_templates"]
    test = get(client, "/backend_test/nccl")
    assert (test["name"], test["test_timeout"]) == ("nccl", "300s")
    assert test["parsed_pod_template"] == FILE["pod_templates"]["sel"]
    pools = get(client, "/pool")["pools"]
    assert (list(pools), pools["p"]["status"]) == (["p"], "ONLINE")
    [role] = get(client, "/role")
    assert (role["name"], role["external_roles"]) == ("ops", ["ops"])
    assert managed.said == []


def test_a_backend_is_the_file_s_and_its_operator_s(client: httpx.Client, dialect: Dialect) -> None:
    known, unknown = get(client, "/backend")["backends"]
    assert (known["name"], known["description"], known["tests"]) == ("gpu-a", "A", ["nccl"])
    assert (known["version"], bool(known["k8s_uid"])) == (dialect.operator_version, True)
    namespace = "of-file" if dialect.configmap_backend_fields else "osmo"
    assert known["k8s_namespace"] == namespace
    assert known["node_conditions"] == {"rules": None, "prefix": "osmo.nvidia.com/"}
    # Its operator has never connected, and it counts as online all the same.
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
    made = client.post("/api/auth/user", json={"id": "u", "roles": ["ops"]})
    assert made.status_code == 200
    assert client.post("/api/auth/user", json={"id": "v", "roles": ["osmo-user"]}).json()[
        "message"
    ] == ("Role osmo-user does not exist")
    assert [user["id"] for user in client.get("/api/auth/user").json()["users"]] == ["u"]
    assert client.get("/api/auth/keys").json()["keys"]


def test_secrets_are_masked_and_come_from_files(managed: Managed, tmp_path: Path) -> None:
    (tmp_path / "log.yaml").write_text(
        "endpoint: s3://log\naccess_key_id: i\naccess_key: the-log-secret\n"
    )
    (tmp_path / "slack.yaml").write_text("value: the-slack-secret\n")
    login = {"auth": b64encode(b"robot:the-image-secret").decode()}
    (tmp_path / "docker.json").write_text(json.dumps({"auths": {"nvcr.io": login}}))
    content = {
        "workflow": {
            "workflow_log": {"credential": {"secret_file": "log.yaml"}},
            "workflow_data": {"credential": {"secretName": "s", "secretKey": "k"}},
            "workflow_app": {"credential": {"endpoint": "s3://app", "secretName": "s"}},
            "backend_images": {"credential": {"secret_file": "docker.json"}},
            "workflow_alerts": {"slack_token": {"secret_file": "slack.yaml"}},
        }
    }
    with managed.open(content) as client:
        shown = get(client, "/workflow")
    assert shown["workflow_log"]["credential"]["access_key"] == "*" * 10
    assert shown["workflow_log"]["credential"]["endpoint"] == "s3://log"
    assert shown["workflow_data"]["credential"] is None
    assert shown["workflow_app"]["credential"]["endpoint"] == "s3://app"
    registry = {"registry": "nvcr.io", "username": "robot", "auth": "*" * 10}
    assert shown["backend_images"]["credential"] == registry
    assert shown["workflow_alerts"]["slack_token"] == "*" * 10
    assert [said.split(": ")[2] for said in managed.said] == [
        "workflow.workflow_app.credential",
        "workflow.workflow_data.credential",
    ]
    assert all("the secret stays unset" in said for said in managed.said)


def test_the_signing_keys_are_the_database_s_where_the_file_has_none(
    managed: Managed, dialect: Dialect
) -> None:
    pair = {"public_key": '{"kid":"mine"}', "private_key": "the-private-key"}
    auth = {"keys": {"mine": pair}, "active_key": "mine", "issuer": "i", "audience": "a"}
    with managed.open({}) as client:
        [key] = client.get("/api/auth/keys").json()["keys"]
        assert key["kid"] != "mine"
        managed.write({"service": {"service_auth": auth}})
        shown = get(client, "/service")["service_auth"]
        [key] = client.get("/api/auth/keys").json()["keys"]
    assert (key["kid"] == "mine") is dialect.configmap_sets_keys
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
    assert said == (
        f"{managed.file}:2:18: workflow.max_num_tasks: must be a whole number, not a text\n"
        f"{managed.file} was not read again: what it held before is still served"
    )
    managed.file.unlink()
    assert get(client, "/workflow")["max_num_tasks"] == 31
    assert "file not found" in managed.said[1]
    managed.write({"workflow": {"max_num_tasks": 32}})
    assert get(client, "/workflow")["max_num_tasks"] == 32
    assert len(managed.said) == 2


BAD: list[tuple[str, str]] = [
    ("[1]", "1:1: must be an object with sections"),
    ("workflow: [1]", "1:11: workflow: must be an object"),
    ("workflow: {more: 1}", "1:12: workflow.more: unknown field"),
    ("pools:\n  p: {}", "2:6: pools.p.backend: this field is required"),
    (
        "pools:\n  p: {backend: b, common_pod_template: [t]}",
        "2:6: pools.p: Pod template t does not exist!",
    ),
    ("pools: {1st: {backend: b}}", '1:14: pools["1st"]: Pool name "1st" is not valid! '),
    (
        "roles: {r: {description: d, policies: [{actions: [x]}]}}",
        "1:51: roles.r.policies[0].actions[0]: an action looks like workflow:Create",
    ),
    (
        "backends: {b: {k8s_namespace: n, tests: [t]}}",
        "1:15: backends.b: Backend test with name t not found",
    ),
    (
        "service: {cli_config: {latest_version: next}}",
        '1:10: service: Invalid latest_version "next": must be of the format',
    ),
    ("workflow: {workflow_log: {credential: {secret_file: nowhere}}}", "1:53: "),
    ("workflow: {\n", "2:1: not YAML: the closing bracket is missing"),
]


@pytest.mark.parametrize(("text", "problem"), BAD)
def test_a_file_that_is_wrong_is_refused(text: str, problem: str, managed: Managed) -> None:
    with pytest.raises(InvalidInputError) as caught:
        managed.open(text)
    assert str(caught.value).startswith(f"{managed.file}:{problem}")


def test_every_problem_is_told_at_once(managed: Managed) -> None:
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
    unknown = ["frob", *({"dataset"} - {name.lower() for name in dialect.config_types})]
    assert [said.split(": ")[2] for said in managed.said] == unknown


@pytest.mark.parametrize("name", [name for name, one in DIALECTS.items() if not one.helm_root])
def test_older_versions_have_no_such_mode(name: str, tmp_path: Path) -> None:
    file, db = tmp_path / "config.yaml", tmp_path / "local.db"
    file.write_text("workflow: {}\n")
    source = ConfigMapSource(file, lambda said: None)
    with pytest.raises(UsageError, match=f"version {name} takes no ConfigMap"):
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
    assert "what it held before is still served" in (tmp_path / "service" / "serve.err").read_text()
