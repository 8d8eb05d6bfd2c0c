"""`osmo config plan --out` and `osmo config apply PLAN`: exactly the plan that was reviewed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.config.secrets import MASK
from osmo_cli.local.admin import add_backend
from osmo_cli.plan import execution
from tests.service.test_canary_everywhere import CANARY, PRIVATE_KEY, nested, secrets
from tests.support.config_directories import CONFIGS, local_shell, write_configs
from tests.support.databases import new_database
from tests.support.processes import Result, Shell

PLAN = ("config", "plan", "configs", "--out", "plan.json")
APPLY = ("config", "apply", "plan.json", "--yes")
FORMATS = ("text", "json", "markdown")
CREDENTIAL = {"access_key_id": "id", "endpoint": "s3://logs", "region": "eu"}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return local_shell(tmp_path, "6.3")


def saved(shell: Shell) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((shell.home / "plan.json").read_text())
    return content


def write_credential(shell: Shell, access_key: str) -> None:
    log = {"credential": CREDENTIAL | {"access_key": access_key}}
    write_configs(shell, {"workflow.yaml": {"max_num_tasks": 50, "workflow_log": log}})


def assert_refused(result: Result, code: int, message: str) -> None:
    assert (result.code, message in result.err) == (code, True), result
    assert "Successfully" not in result.out


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_plan_is_applied_without_its_directory(dialect: str, tmp_path: Path) -> None:
    shell = local_shell(tmp_path, dialect)
    write_configs(shell, CONFIGS)
    shown = shell.ok(*PLAN)
    assert (shell.home / "plan.json").stat().st_mode & 0o777 == 0o600
    (shell.home / "configs").rename(shell.home / "moved")
    result = shell.osmo("config", "apply", "plan.json", "--digest", saved(shell)["digest"])
    assert result.code == 0, result
    assert result.out.startswith(shown)
    assert shell.osmo("config", "plan", "moved", "--exit-code").code == 0


def test_the_options_of_the_plan_are_in_the_file(shell: Shell) -> None:
    write_configs(shell, CONFIGS | {"pod_template/b100.json": {"spec": {}}})
    shell.ok("config", "apply", "configs", "--yes")
    (shell.home / "configs/pod_template/b100.json").unlink()
    write_configs(shell, {"pod_template/a100.json": {"spec": {}}, "workflow.yaml": {}})
    limits = ("--type", "POD_TEMPLATE", "--name", "*100", "--prune")
    shell.ok(*PLAN, *limits)
    assert {entry["type"] for entry in saved(shell)["files"]} == {"POD_TEMPLATE"}
    assert_refused(shell.osmo(*APPLY, "--prune"), 2, "are part of the plan in the file")
    result = shell.osmo(*APPLY)
    assert (result.code, result.out.count("- delete POD_TEMPLATE b100")) == (0, 1), result
    assert json.loads(shell.ok("config", "show", "WORKFLOW"))["max_num_tasks"] == 50
    write_configs(shell, {"workflow.yaml": {"max_num_tasks": 7}}, "part")
    shell.ok("config", "plan", "part", "--partial", "--out", "plan.json")
    shell.ok(*APPLY)
    assert json.loads(shell.ok("config", "show", "WORKFLOW"))["max_num_tasks"] == 7


def test_a_service_that_moved_is_refused_and_told_by_whom(shell: Shell) -> None:
    write_configs(shell, CONFIGS)
    shell.ok(*PLAN)
    shell.ok(
        *("config", "update", "POOL", "default", "-f", "-", "-d", "mine"),
        input='{"description": "x"}',
    )
    result = shell.osmo(*APPLY)
    assert_refused(result, 6, "POOL was changed since the plan (revision ")
    assert ": mine)" in result.err


def test_another_service_is_refused(shell: Shell) -> None:
    write_configs(shell, CONFIGS)
    shell.ok(*PLAN)
    content = saved(shell)
    assert content["service"] == "local"
    shell.env["OSMO_URL"] = "https://osmo.test"
    shell.env["OSMO_TOKEN"] = "x" * 40
    assert_refused(shell.osmo(*APPLY), 6, "was made for local, not for https://osmo.test")


def test_an_upgraded_service_is_refused(shell: Shell, tmp_path: Path) -> None:
    write_configs(shell, CONFIGS)
    shell.ok(*PLAN)
    newest = next(reversed(DIALECTS))
    new_database(tmp_path / "newest.db", newest)
    add_backend(tmp_path / "newest.db", "gpu-a")
    shell.env["OSMO_LOCAL_DB"] = str(tmp_path / "newest.db")
    assert_refused(shell.osmo(*APPLY), 6, f"was 6.3 when the plan was made, and is {newest} now")


def test_a_file_that_was_changed_by_hand_is_refused(shell: Shell) -> None:
    write_configs(shell, CONFIGS)
    shell.ok(*PLAN)
    content = saved(shell)
    changed: list[dict[str, Any]] = [
        content | {"prune": True},
        content | {"bases": {}},
        content | {"files": content["files"][1:]},
        content | {"digest": "0" * 64},
        {key: value for key, value in content.items() if key != "checksum"},
    ]
    for new in changed:
        shell.file("plan.json", json.dumps(new))
        assert_refused(shell.osmo(*APPLY), 6, "plan.json was changed after it was written")


def test_what_is_no_plan_is_refused(shell: Shell) -> None:
    write_configs(shell, CONFIGS)
    shell.ok(*PLAN)
    content = saved(shell)
    for text in ("", "{}", "[" * 100_000, "\0", "[1]", '{"format": "other"}'):
        shell.file("plan.json", text)
        result = shell.osmo(*APPLY)
        assert result.code == 2, (text, result)
        assert "error: plan.json is not a plan\n" in result.err
    shell.file("plan.json", json.dumps(content | {"version": 2}))
    assert_refused(shell.osmo(*APPLY), 2, "has format 2 of plan files")


def test_a_plan_replaces_nothing_but_a_plan(shell: Shell) -> None:
    write_configs(shell, CONFIGS)
    shell.ok(*PLAN)
    shell.ok(*PLAN)
    shell.file("other.json", '{"precious": 1}')
    (shell.home / "link.json").symlink_to("plan.json")
    (shell.home / "dangling.json").symlink_to("nothing.json")
    (shell.home / "folder").mkdir()
    for name in ("other.json", "link.json", "dangling.json", "folder", "missing/plan.json"):
        result = shell.osmo("config", "plan", "configs", "--out", name)
        assert (result.code, result.out) == (2, ""), result
    assert (shell.home / "other.json").read_text() == '{"precious": 1}'
    assert not (shell.home / "nothing.json").exists()
    assert_refused(shell.osmo("config", "plan", "--helm", "v.yaml", "--out", "p"), 2, "--out needs")


@pytest.mark.parametrize("by", ["env", "file", "clear", "prefix"])
def test_secrets_come_from_their_source_again(by: str, shell: Shell) -> None:
    written = {
        "env": "${env:KEY}",
        "file": "${file:../key.txt}",
        "clear": CANARY,
        "prefix": "canary-77ab01-${env:KEY}",
    }[by]
    write_credential(shell, written)
    shell.env["KEY"] = CANARY if by == "env" else "Secret"
    shell.file("key.txt", CANARY)
    result = shell.osmo("--debug", *PLAN)
    text = (shell.home / "plan.json").read_text()
    assert "canary-77" not in result.out + result.err + text
    assert (written in text) is (by in ("env", "file"))
    gone = {"env": "KEY", "file": "key.txt", "clear": "does not have it any more"}
    sources = {"file": shell.home / "key.txt", "clear": shell.home / "configs/workflow.yaml"}
    if by == "env":
        assert_refused(shell.osmo(*APPLY, env={"KEY": ""}), 2, gone[by])
    elif by in sources:
        content = sources[by].read_text()
        sources[by].unlink()
        assert_refused(shell.osmo(*APPLY), 2, gone[by])
        sources[by].write_text(content)
    applied = shell.osmo("--debug", *APPLY)
    assert applied.code == 0, applied
    assert "canary-77" not in applied.out + applied.err
    journals = [path.read_text() for path in shell.home.rglob("*.jsonl")]
    assert journals
    assert not any("canary-77" in journal for journal in journals)
    stored = (Path(shell.env["OSMO_LOCAL_DB"])).read_bytes()
    assert CANARY.encode() in stored


def objects(dialect: Dialect, *, by_reference: bool) -> dict[str, Any]:
    """A file of every type with secrets, each of which is the canary."""
    files: dict[str, Any] = {}
    for kind, path, beside in secrets(dialect):
        secret = PRIVATE_KEY if path[-1] == "private_key" else CANARY
        name = "PRIVATE_KEY" if secret == PRIVATE_KEY else "CANARY"
        value = nested(path, f"${{env:{name}}}" if by_reference else secret, beside)
        file = f"{kind.lower()}.json"
        files[file] = merged(files.get(file, {}), value)
    return files


def merged(first: Any, second: Any) -> Any:
    if not (isinstance(first, dict) and isinstance(second, dict)):
        return second
    return first | {key: merged(first.get(key), value) for key, value in second.items()}


@pytest.mark.parametrize("by_reference", [True, False], ids=["references", "clear"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_secret_of_any_type_comes_out(dialect: str, by_reference: bool, tmp_path: Path) -> None:
    shell = local_shell(tmp_path, dialect)
    shell.env |= {"CANARY": CANARY, "PRIVATE_KEY": PRIVATE_KEY}
    write_configs(shell, objects(DIALECTS[dialect], by_reference=by_reference))
    apply = (*APPLY, "--max-changes", "100%", "--on-failure", "rollback")
    drift = ("config", "drift", "configs", "--partial")
    commands = [
        *((0, (*PLAN, "--partial", "-t", form)) for form in FORMATS),
        *((0, (*drift, "-t", form)) for form in FORMATS),
        (0, apply),
        *((0, (*drift, "-t", form)) for form in FORMATS),
        (6, apply),
    ]
    for code, words in commands:
        result = shell.osmo("--debug", *words)
        assert result.code == code, (words, result)
        assert CANARY not in result.out + result.err, words
        assert MASK not in result.out + result.err, words
    leaks = [
        path
        for path in shell.home.rglob("*")
        if path.is_file() and CANARY.encode() in path.read_bytes()
    ]
    assert {path.parent.name for path in leaks} == (set() if by_reference else {"configs"})


def test_an_interrupted_apply_of_a_plan_is_resumed(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_configs(shell, CONFIGS)
    shell.ok(*PLAN)
    real, calls = execution.store_change, []

    def stop_at_second(*args: Any, **options: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(execution, "store_change", stop_at_second)
        assert shell.osmo(*APPLY).code == 3
    (shell.home / "elsewhere").mkdir()
    resumed = shell.osmo("config", "apply", "--resume")
    assert resumed.code == 0, resumed
    assert shell.osmo("config", "plan", "configs", "--exit-code").code == 0
