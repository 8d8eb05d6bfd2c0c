"""Commands that write to a service in ConfigMap mode: what they print, deployed, is the change."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.local.admin import add_backend
from tests.support.databases import new_database
from tests.support.deploying import deploy_values
from tests.support.processes import Result, Shell

MODES = [dialect for dialect in DIALECTS.values() if dialect.helm_root]
SECRET = "the-secret-value"
FILE: dict[str, Any] = {
    "service": {"service_base_url": "https://osmo.example.com"},
    "workflow": {"max_num_tasks": 30, "max_exec_timeout": "30d"},
    "pod_templates": {
        "default_user": {"spec": {"containers": [{"name": "x"}]}},
        "mine": {"spec": {"nodeSelector": {"a": "1"}, "priority": 1}},
    },
    "group_templates": {"g": {"apiVersion": "v1", "kind": "K", "metadata": {"name": "g"}}},
    "resource_validations": {"default_gpu": [], "mine": []},
    "backend_tests": {
        "nccl": {
            "name": "nccl",
            "description": "d",
            "cron_schedule": "0 * * * *",
            "common_pod_template": ["mine"],
            "node_conditions": ["a"],
        }
    },
    "backends": {"gpu-a": {"k8s_namespace": "osmo", "description": "A"}},
    "pools": {
        "default": {"backend": "gpu-a"},
        "p": {"backend": "gpu-a", "platforms": {"a100": {}, "h100": {}}},
    },
    "roles": {
        "osmo-user": {"description": "u", "policies": []},
        "ops": {"description": "o", "policies": [{"actions": ["pool:List"]}]},
    },
}


@dataclass
class Deployment:
    """A service in ConfigMap mode whose file is changed by Helm values."""

    shell: Shell
    file: Path
    dialect: Dialect
    content: dict[str, Any]

    def osmo(self, *words: str, given: Any = None) -> Result:
        return self.shell.osmo("config", *words, input="" if given is None else json.dumps(given))

    def update(self, *words: str, given: Any) -> Result:
        return self.osmo("update", *words, "--file", "-", given=given)

    def deploy(self, done: Result) -> None:
        """Do what a command's stdout and notes say."""
        deploy_values(self.content, done, self.dialect)
        for name, key, content in re.findall(
            r"create the Secret (\S+) whose key (\S+) is a YAML mapping with (?:only )?`(\w+)`",
            done.err,
        ):
            secret = self.file.parent / "secrets" / name / key
            secret.parent.mkdir(parents=True, exist_ok=True)
            secret.write_text(yaml.safe_dump({content: SECRET}))
        self.write()

    def write(self) -> None:
        self.file.write_text(yaml.safe_dump(self.content))


@pytest.fixture(params=MODES, ids=lambda dialect: dialect.name)
def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> Deployment:
    dialect: Dialect = request.param
    file, db = tmp_path / "config.yaml", tmp_path / "local.db"
    shell = Shell.at(
        tmp_path / "home",
        OSMO_URL="local",
        OSMO_LOCAL_DB=str(db),
        OSMO_LOCAL_CONFIGMAP=str(file),
    )
    deployment_of = Deployment(shell, file, dialect, json.loads(json.dumps(FILE)))
    deployment_of.write()
    new_database(db, dialect.name, managed=True)
    add_backend(db, "gpu-a")
    return deployment_of


ROLE = {"name": "new", "description": "n", "policies": [{"actions": ["pool:List"]}]}
TEST = {
    "name": "t2",
    "description": "d",
    "cron_schedule": "0 0 * * *",
    "node_conditions": ["a"],
    "common_pod_template": ["mine"],
}
UPDATES: list[tuple[list[str], Any, Any]] = [
    (["WORKFLOW"], {"max_num_tasks": 77}, {"workflow": {"max_num_tasks": 77}}),
    (["SERVICE"], {"agent_queue_size": 5}, {"service": {"agent_queue_size": 5}}),
    (["BACKEND", "gpu-a"], {"description": "1e3"}, {"backends": {"gpu-a": {"description": "1e3"}}}),
    (
        ["POOL", "p"],
        {"description": "y", "platforms": {"a100": {"privileged_allowed": True}}},
        {"pools": {"p": {"description": "y",
                         "platforms": {"a100": {"privileged_allowed": True}}}}},
    ),
    (["POOL", "q", "--create"], {"backend": "gpu-a"}, {"pools": {"q": {"backend": "gpu-a"}}}),
    (
        ["POD_TEMPLATE", "08", "--create"], {"spec": {"priority": 2}},
        None,
    ),
    (
        ["POD_TEMPLATE", "y", "--create"], {"spec": {"a": "on", "b": "08", "c": "1e3"}},
        {"podTemplates": {"y": {"spec": {"a": "on", "b": "08", "c": "1e3"}}}},
    ),
    (
        ["GROUP_TEMPLATE", "h", "--create"], FILE["group_templates"]["g"],
        {"groupTemplates": {"h": FILE["group_templates"]["g"]}},
    ),
    (
        ["RESOURCE_VALIDATION", "mine"],
        [{"operator": "LE", "left_operand": "a", "right_operand": "1", "assert_message": "m"}],
        {"resourceValidations": {"mine": [
            {"operator": "LE", "left_operand": "a", "right_operand": "1", "assert_message": "m"}]}},
    ),
    (["BACKEND_TEST", "t2", "--create"], TEST, {"backendTests": {"t2": TEST}}),
    (["BACKEND_TEST", "nccl"], {"test_timeout": "60s"},
     {"backendTests": {"nccl": {"test_timeout": "60s"}}}),
    (
        ["ROLE", "new", "--create"], ROLE | {"sync_mode": "ignore"},
        {"roles": {"new": {"description": "n", "sync_mode": "ignore", "policies": [
            {"effect": "Allow", "actions": ["pool:List"], "resources": []}]}}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("words", "given", "expected"), UPDATES, ids=lambda value: str(value)[:40])
def test_deployed_the_values_make_the_update(
    words: list[str], given: Any, expected: Any, deployment: Deployment
) -> None:
    done = deployment.update(*words, given=given)
    if expected is None:
        assert done.code == 2  # no name for a template
        return
    assert done.code == 6, done
    values = yaml.safe_load(done.out)
    for step in str(deployment.dialect.helm_root).split("."):
        values = values[step]
    assert values == expected
    deployment.deploy(done)
    again = deployment.update(*words, given=given)
    assert (again.code, again.out) == (0, "No changes were made to the config.\n"), again


def test_only_the_secrets_of_the_input_become_references(deployment: Deployment) -> None:
    # Secrets that are not set are shown as "", which is no wish for one.
    done = deployment.update("WORKFLOW", given={"max_num_tasks": 77})
    assert "secretName" not in done.out
    alerts = {"slack_token": SECRET, "smtp_settings": {"host": "h", "password": SECRET}}
    credential = {"endpoint": "s3://a/b", "access_key_id": "i", "access_key": SECRET}
    registry = {"registry": "nvcr.io", "username": "u", "auth": SECRET}
    given = {
        "workflow_alerts": alerts,
        "workflow_log": {"credential": credential},
        "backend_images": {"credential": registry},
    }
    done = deployment.update("WORKFLOW", given=given)
    assert done.code == 6
    assert SECRET not in done.out + done.err
    assert done.out.count("secretName:") == done.out.count("secretKey:") == 4
    deployment.deploy(done)
    shown = json.loads(deployment.osmo("show", "WORKFLOW", "-t", "json").out)
    mask = "*" * 10
    assert shown["workflow_alerts"]["slack_token"] == mask
    assert shown["workflow_alerts"]["smtp_settings"]["password"] == mask
    assert shown["workflow_log"]["credential"]["access_key"] == mask
    assert shown["workflow_log"]["credential"]["endpoint"] == "s3://a/b"
    assert shown["backend_images"]["credential"] == registry | {"auth": mask}


@pytest.mark.parametrize("create", [["--create"], []], ids=["--create", "without it"])
def test_a_new_backend_is_made_by_values(create: list[str], deployment: Deployment) -> None:
    given = {"description": "new"}
    preview = deployment.update("BACKEND", "gpu-z", *create, "--dry-run", given=given)
    assert preview.code == 0
    assert "configured by Helm values" in preview.err
    done = deployment.update("BACKEND", "gpu-z", *create, given=given)
    assert done.code == 6
    assert "its operator can register once this is deployed" in done.err
    needed = bool(deployment.dialect.configmap_backend_fields)
    assert ("k8s_namespace: osmo-workflows" in done.out) is needed
    deployment.deploy(done)
    assert deployment.update("BACKEND", "gpu-z", given=given).code == 0


def test_a_new_backend_elsewhere_is_its_operator_s(tmp_path: Path) -> None:
    for name in DIALECTS:
        db = tmp_path / f"{name}.db"
        shell = Shell.at(tmp_path / name, OSMO_URL="local", OSMO_LOCAL_DB=str(db))
        new_database(db, name)
        done = shell.osmo("config", "update", "BACKEND", "gpu-z", "-f", "-", input="{}")
        assert (done.code, "operator" in done.err) == (2, True)
        # The question which mode it is in leaves no trace.
        history = shell.ok("config", "history", "BACKEND", "-t", "json")
        assert len(json.loads(history)["configs"]) == 1


DELETES = [
    ("POOL", "p", False),
    ("POOL", "default", True),
    ("POD_TEMPLATE", "mine", False),
    ("POD_TEMPLATE", "default_user", True),
    ("RESOURCE_VALIDATION", "default_gpu", True),
    ("BACKEND_TEST", "nccl", False),
    ("ROLE", "osmo-user", True),
    ("ROLE", "ops", False),
    ("BACKEND", "gpu-a", False),
]


@pytest.mark.parametrize(("kind", "name", "is_default"), DELETES)
def test_a_deletion_is_a_null_only_for_what_the_chart_has(
    kind: str, name: str, is_default: bool, deployment: Deployment
) -> None:
    done = deployment.osmo("delete", kind, name)
    assert done.code == 6
    assert (f"{name}: null" in done.out) is is_default
    assert ("delete this key from your values" in done.err) is not is_default
    assert ("hint: delete the keys that the notes name" in done.err) is not is_default
    deployment.deploy(done)
    shown = deployment.osmo("show", kind, "-t", "json")
    assert shown.code == 0, shown
    assert f'"{name}"' not in shown.out or kind == "BACKEND_TEST"


def test_a_rename_and_a_generated_role(deployment: Deployment) -> None:
    done = deployment.osmo("rename", "POOL", "p", "p2")
    assert done.code == 6
    deployment.deploy(done)
    pools = json.loads(deployment.osmo("show", "POOL", "-t", "json").out)["pools"]
    assert pools.keys() == {"default", "p2"}
    assert pools["p2"]["platforms"].keys() == {"a100", "h100"}
    words = ("set", "ROLE", "osmo-p2", "pool")
    done = deployment.osmo(*words)
    assert done.code == 6
    deployment.deploy(done)
    again = deployment.osmo(*words)
    assert again.code == 0, again


def test_a_rollback_prints_what_differs_from_that_revision(deployment: Deployment) -> None:
    done = deployment.osmo("rollback", "WORKFLOW:1")
    assert done.code == 6
    values = yaml.safe_load(done.out)
    for step in str(deployment.dialect.helm_root).split("."):
        values = values[step]
    assert values == {"workflow": {"max_num_tasks": 20, "max_exec_timeout": "60d"}}
    deployment.deploy(done)
    assert json.loads(deployment.osmo("show", "WORKFLOW", "-t", "json").out)["max_num_tasks"] == 20


def test_json_has_the_values_in_the_error(deployment: Deployment) -> None:
    done = deployment.update("WORKFLOW", "-t", "json", given={"max_num_tasks": 77})
    assert (done.code, done.out) == (6, "")
    error = json.loads(done.err.splitlines()[-1])
    assert error["helm"]["key"] == f"{deployment.dialect.helm_root}.workflow.max_num_tasks"
    assert error["helm"].keys() == {"key", "values", "notes", "warnings"}


def test_users_tokens_and_roles_of_users_work(deployment: Deployment) -> None:
    shell = deployment.shell
    assert shell.ok("user", "create", "ada", "--roles", "osmo-user")
    assert shell.ok("user", "update", "ada", "--add-roles", "osmo-backend")
    assert shell.ok("token", "set", "t", "--user", "ada", "-t", "json")
    assert "t" in shell.ok("token", "list", "--user", "ada")
    assert shell.ok("token", "delete", "t", "--user", "ada")
    # A role that only the file has cannot be given: the service looks into its database.
    refused = shell.osmo("user", "update", "ada", "--add-roles", "ops")
    assert refused.code == 2
    assert "ops" in refused.err
    assert shell.ok("user", "delete", "ada")
