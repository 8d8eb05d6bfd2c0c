"""`osmo config export DIR`: the configuration as files that `osmo config plan` reads."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.local.admin import add_backend
from tests.support.databases import new_database
from tests.support.processes import Shell

SECRET = "the-secret-value"


def _shell(folder: Path, dialect: Dialect) -> Shell:
    folder.mkdir(parents=True, exist_ok=True)
    db = folder / "local.db"
    new_database(db, dialect.name)
    for backend in ("default", "gpu-a"):
        add_backend(db, backend)
    return Shell.at(folder / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(db))


@pytest.fixture
def newest(tmp_path: Path) -> Shell:
    return _shell(tmp_path, DIALECTS["6.3"])


def _files(shell: Shell, folder: str = "configs") -> dict[str, str]:
    top = shell.home / folder
    return {
        str(path.relative_to(top)): path.read_text() for path in top.rglob("*") if path.is_file()
    }


def _update(shell: Shell, *words: str, value: object) -> None:
    shell.ok("config", "update", "-f", "-", *words, input=json.dumps(value))


@pytest.mark.parametrize("format", ["yaml", "json"])
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_new_service_round_trips(tmp_path: Path, dialect: Dialect, format: str) -> None:
    shell = _shell(tmp_path, dialect)
    result = shell.osmo("config", "export", "configs", "--format", format)
    assert (result.code, result.err) == (0, ""), result
    files = _files(shell)
    assert {
        f"workflow.{format}",
        f"pool/default.{format}",
        f"backend/gpu-a.{format}",
        f"role/osmo-user.{format}",
    } <= set(files)
    text = "".join(files.values())
    for field in ("last_heartbeat", "parsed_pod_template", "private_key", "****", "k8s_uid"):
        assert field not in text
    plan = shell.osmo("config", "plan", "configs", "--prune", "--exit-code")
    assert plan.code == 0, plan
    assert plan.out.startswith("Nothing to do"), plan
    assert shell.osmo("config", "validate", "configs", "--online").code == 0
    # Again: nothing is written, and the text elsewhere is the same.
    again = shell.ok("config", "export", "configs")
    assert again == f"Exported to configs: 0 written, {len(files)} unchanged\n"
    shell.ok("config", "export", "others", "--format", format)
    assert _files(shell, "others") == files


def test_all_fields_keeps_what_the_service_sets(newest: Shell) -> None:
    newest.ok("config", "export", "configs", "--all-fields")
    pool = yaml.safe_load(_files(newest)["pool/default.yaml"])
    assert pool["status"] == "ONLINE"
    assert pool["enable_maintenance"] is False
    assert "private_key" not in _files(newest)["service.yaml"]
    plan = newest.osmo("config", "plan", "configs", "--exit-code")
    assert plan.code == 0, plan


def test_secrets_become_references_and_are_named(newest: Shell) -> None:
    alerts = {"slack_token": SECRET, "smtp_settings": {"host": "h", "password": SECRET}}
    _update(newest, "WORKFLOW", value={"workflow_alerts": alerts})
    bucket = {"endpoint": "s3://b/d", "access_key_id": "id", "access_key": SECRET}
    buckets = {
        name: {"dataset_path": "s3://b/d", "default_credential": bucket} for name in ("a-b", "a_b")
    }
    _update(newest, "DATASET", value={"buckets": buckets})
    result = newest.osmo("config", "export", "configs")
    assert result.code == 0, result
    variables = [line.strip() for line in result.err.splitlines() if line.startswith("  ")]
    assert "OSMO_SECRET_WORKFLOW_WORKFLOW_ALERTS_SLACK_TOKEN" in variables
    assert "OSMO_SECRET_DATASET_BUCKETS_A_B_DEFAULT_CREDENTIAL_ACCESS_KEY" in variables
    assert len(variables) == len(set(variables)) == 4
    text = "".join(_files(newest).values())
    assert SECRET not in text
    assert "****" not in text
    assert all(f"${{env:{name}}}" in text for name in variables)
    # Nothing but the secrets is compared, and no bucket is taken for one that has no file.
    plan = newest.osmo("config", "plan", "configs", "--prune", env=dict.fromkeys(variables, SECRET))
    changes = [line for line in plan.out.splitlines() if line.startswith("    ")]
    assert len(changes) == 4, plan
    assert all(line.endswith("(secret, sent)") for line in changes), plan
    assert plan.err == ""


def test_a_file_that_differs_is_not_overwritten(newest: Shell) -> None:
    newest.ok("config", "export", "configs")
    before = _files(newest)
    for name in ("workflow.yaml", "pool/default.yaml"):
        path = newest.home / "configs" / name
        path.write_text("# Mine\n" + path.read_text().replace("Default pool", "Mine"))
    (newest.home / "configs/service.yaml").unlink()
    mine = _files(newest)
    result = newest.osmo("config", "export", "configs")
    # A comment is no difference. Nothing is written if one file differs.
    assert result.code == 6, result
    assert "configs/pool/default.yaml: POOL default differs from the service" in result.err
    assert "workflow.yaml" not in result.err
    assert _files(newest) == mine
    assert "2 written" in newest.ok("config", "export", "configs", "--force")
    after = _files(newest)
    assert after["pool/default.yaml"] == before["pool/default.yaml"]
    assert after["workflow.yaml"] == mine["workflow.yaml"]
    assert after["service.yaml"] == before["service.yaml"]


def test_an_unreadable_file_is_not_overwritten(newest: Shell) -> None:
    newest.ok("config", "export", "configs")
    path = newest.home / "configs/workflow.yaml"
    path.write_text("a: [")
    assert newest.osmo("config", "export", "configs").code == 6
    assert path.read_text() == "a: ["


def test_what_is_no_file_is_not_replaced(newest: Shell) -> None:
    (newest.home / "configs").mkdir()
    os.mkfifo(newest.home / "configs/workflow.yaml")
    result = newest.osmo("config", "export", "configs", "--type", "WORKFLOW")
    assert result.code == 6, result
    assert (newest.home / "configs/workflow.yaml").is_fifo()


def test_own_references_and_formats_stay(newest: Shell) -> None:
    _update(newest, "WORKFLOW", value={"workflow_alerts": {"slack_token": SECRET}})
    configs = newest.home / "configs"
    (configs / "pool").mkdir(parents=True)
    (configs / "workflow.yml").write_text("workflow_alerts:\n  slack_token: ${env:SLACK}\n")
    (configs / "pool/default.json").write_text('{"description": "Old"}')
    (configs / "pool/gone.json").write_text("{}")
    (configs / "README.md").write_text("Hello")
    result = newest.osmo("config", "export", "configs", "--type", "pool", "workflow", "--force")
    assert result.code == 0, result
    assert "configs/pool/gone.json: not found on the service; the file is kept" in result.err
    assert result.err.endswith("before you plan or apply:\n    SLACK\n")
    files = _files(newest)
    assert set(files) == {"README.md", "pool/default.json", "pool/gone.json", "workflow.yml"}
    assert json.loads(files["pool/default.json"])["description"] == "Default pool"


# Names that a file system could take for another, or not at all.
NAMES = (
    *("a/b", "..", ".hidden", "A", "a", "é", "e\u0301", "x.json", "con", "50%", "%2f", "readme"),
    *("x" * 300, " ", "-", "$schema", "~", "y", "1e3", "#"),
)


def test_every_name_of_a_role_is_exported(newest: Shell) -> None:
    roles = [{"name": name, "description": "d", "policies": []} for name in NAMES]
    _update(newest, "ROLE", value=roles)
    newest.ok("config", "export", "configs", "--type", "ROLE")
    files = [path for path in _files(newest) if path.startswith("role")]
    # Also on a file system that ignores case and normalises names.
    assert len({path.casefold() for path in files}) == len(files)
    assert all(path.isascii() and len(Path(path).name) <= 255 for path in files)
    assert not any(Path(path).name.startswith(".") for path in files)
    new_database(Path(newest.env["OSMO_LOCAL_DB"]), "6.3")
    newest.ok("config", "apply", "configs", "--yes")
    stored = {role["name"] for role in json.loads(newest.ok("config", "show", "ROLE"))}
    assert set(NAMES) <= stored


def test_text_on_the_service_comes_back_as_written(newest: Shell) -> None:
    texts = ("${env:HOME}", "$${env:HOME}", "yes", "1e3", "0o17", "12:30", "a\u2028b\x85", "<<")
    template = {"metadata": {"annotations": {f"k{i}": text for i, text in enumerate(texts)}}}
    _update(newest, "POD_TEMPLATE", "t", "--create", value=template)
    newest.ok("config", "export", "configs", "--type", "POD_TEMPLATE")
    assert yaml.safe_load(_files(newest)["pod_template/t.yaml"]) == template
    newest.ok("config", "delete", "POD_TEMPLATE", "t")
    newest.ok("config", "apply", "configs", "--yes")
    assert json.loads(newest.ok("config", "show", "POD_TEMPLATE", "t")) == template


def test_wrong_usage_is_explained(newest: Shell) -> None:
    for words, message in (
        ((), "a directory or --helm is required"),
        (("a", "--helm", "b"), "--helm takes no directory"),
        (("a", "--chart", "osmo"), "--chart is only for --helm"),
        (("--helm", "-", "--force"), "--force is only for a directory"),
        (("pool",), "would be read as the directory of one config type"),
        (("file",), "cannot read the directory"),
    ):
        newest.file("file", "")
        result = newest.osmo("config", "export", *words)
        assert result.code == 2, result
        assert message in result.err, result


def test_a_directory_that_cannot_be_written_is_said(newest: Shell) -> None:
    # Not even root can make files there.
    result = newest.osmo("config", "export", "/sys/kernel")
    assert result.code == 2, result
    assert "error: cannot write /sys/kernel/" in result.err, result
