"""`osmo config validate` as a user meets it: exit codes, texts, JSON, annotations."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from osmo_cli.config.reading.layout import ConfigRef, path_of
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES
from tests.support.processes import Service, Shell, serving

# Nothing answers there: without --online nobody asks.
NOBODY = {"OSMO_URL": "http://127.0.0.1:9", "OSMO_TOKEN": "x"}
RIGHT = {
    "workflow.json": '{"max_num_tasks": 30}',
    "backend/gpu-a.json": '{"description": "H100", "dashboard_url": "https://d.example.com"}',
    "pool/h100.yaml": "backend: gpu-a\ncommon_pod_template: [default_user, mine]\n",
    "pod_template/mine.json": '{"spec": {"nodeSelector": {"gpu": "h100"}}}',
    "README.md": "# ours",
    ".github/x.yml": "on: push",
}


def lay(shell: Shell, files: dict[str, str], top: str = "configs") -> str:
    for name, text in files.items():
        path = shell.home / top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return top


def test_a_directory_that_is_right_says_so_on_stderr_only(shell: Shell) -> None:
    result = shell.osmo("config", "validate", lay(shell, RIGHT), env=NOBODY)
    newest = list(DIALECTS)[-1]
    assert (result.code, result.out) == (0, "")
    assert result.err == (
        f"checked against {newest} (the newest; --dialect selects another)\n4 files, no problems\n"
    )
    assert not (shell.home / ".config").exists()


WRONG = RIGHT | {
    "backend/gpu-a.json": '{\n  "descripton": "H100",\n  "tests": 1\n}',
    "pool/h100.yaml": "backend: gpu-b\ncommon_pod_template:\n  - min\n",
    "pool/h100.json": '{"backend": "gpu-a"}',
    "workflow.json": '{"max_num_tasks": "30",}',
    "pools/x.json": "{}",
}
PROBLEMS = [
    'configs/backend/gpu-a.json:2:3: descripton: unknown field (did you mean "description"?)',
    "configs/backend/gpu-a.json:3:12: tests: must be a list, not a number",
    "configs/pool/h100.yaml: POOL h100 is already defined in configs/pool/h100.json "
    "(keep one of the files)",
    "configs/pools: unknown config type in directory name (did you mean pool/?)",
    "configs/workflow.json:1:24: not JSON: a comma before the closing bracket (remove the comma)",
]


def test_all_problems_of_all_files_are_told_at_once(shell: Shell) -> None:
    result = shell.osmo("config", "validate", lay(shell, WRONG), "--dialect", "6.0")
    assert result.code == 2
    assert result.out.splitlines() == PROBLEMS
    assert result.err == "checked against 6.0\n4 files, 5 problems\n"


def test_the_same_as_json_and_as_annotations(shell: Shell) -> None:
    top = lay(shell, WRONG)
    as_json = shell.osmo("config", "validate", top, "-t", "json")
    report = json.loads(as_json.out)
    assert as_json.code == 2
    assert len(report) == len(PROBLEMS)
    assert report[0] == {
        "file": "configs/backend/gpu-a.json",
        "line": 2,
        "column": 3,
        "path": "descripton",
        "message": "unknown field",
        "hint": 'did you mean "description"?',
        "severity": "error",
    }
    assert json.loads(shell.ok("config", "validate", "-t", "json", lay(shell, RIGHT, "r"))) == []
    github = shell.osmo("config", "validate", top, "--format-type", "github")
    assert github.code == 2
    lines = github.out.splitlines()
    assert lines[0] == (
        "::error file=configs/backend/gpu-a.json,line=2,col=3::"
        'descripton: unknown field (did you mean "description"?)'
    )
    assert lines[3].startswith("::error file=configs/pools::unknown config type")
    assert len(lines) == len(PROBLEMS)


def test_an_annotation_holds_any_file_name(shell: Shell) -> None:
    top = lay(shell, {"role/a,b: 100%25.json": "[]"})
    out = shell.osmo("config", "validate", top, "-t", "github").out
    assert out.startswith(
        "::error file=configs/role/a%2Cb%3A 100%2525.json,line=1,col=1::must be an object"
    )


def test_warnings_are_marked_and_no_failure(shell: Shell) -> None:
    top = lay(shell, {"backend/gpu-a.json": '{"version": "6.1.0"}'})
    result = shell.osmo("config", "validate", top)
    assert result.code == 0
    assert result.out == (
        "configs/backend/gpu-a.json:1:2: warning: version: is set by the service; "
        "this value is not sent\n"
    )
    assert "1 file, no problems, 1 warning\n" in result.err
    assert shell.ok("config", "validate", top, "-t", "github").startswith("::warning file=")


def test_an_unknown_name_is_told_where_it_stands(shell: Shell) -> None:
    wrong = RIGHT | {"pool/h100.yaml": "backend: gpu-b\ncommon_pod_template:\n  - min\n"}
    result = shell.osmo("config", "validate", lay(shell, wrong))
    assert result.code == 2
    assert result.out.splitlines() == [
        "configs/pool/h100.yaml:1:10: backend: BACKEND not found in the directory "
        '(did you mean "gpu-a"?)',
        "configs/pool/h100.yaml:3:5: common_pod_template[0]: POD_TEMPLATE "
        'not found in the directory (did you mean "mine"?)',
    ]
    # Of a file alone, and of types without files, nothing is known.
    shell.ok("config", "validate", "configs/pool/h100.yaml")
    shell.ok("config", "validate", "configs/pool")


def test_two_directories_do_not_know_each_other(shell: Shell) -> None:
    staging_files, other = lay(shell, RIGHT, "staging"), lay(shell, RIGHT, "production")
    result = shell.osmo(
        "config", "validate", staging_files, other, f"{staging_files}/workflow.json"
    )
    assert (result.code, result.out) == (0, "")
    assert "8 files, no problems" in result.err
    pools = lay(shell, {"pool.json": '{"h100": {"backend": "gpu-a"}}'}, "test")
    shell.ok("config", "validate", f"{pools}/pool.json", f"{staging_files}/pool/h100.yaml")


@pytest.mark.parametrize(
    ("words", "input", "out", "err"),
    [
        (["-", "--type", "BACKEND", "--name", "a"], '{"tests": 1}', "<stdin>:1:11: tests", ""),
        (["-", "--type", "workflow", "--format", "yaml"], "max_num_tasks: '3'", "1:16: max", ""),
        (
            ["-", "--type", "POOL"],
            '{"backend": "a"}',
            "must be an object",
            "checked as the whole POOL; add --name for an item\n",
        ),
        (["-"], "{}", "", "hint: add --type TYPE"),
        (["x.json"], "", "x.json: file not found\n", "1 file, 1 problem"),
        (
            ["mine.json"],
            "",
            "mine.json: cannot tell the config type from the path of this file (add",
            "",
        ),
        (["mine.json", "--name", "a"], "", "", "--name requires --type"),
        (["mine.json", "x.json", "--type", "POOL", "--name", "a"], "", "", "--name applies to"),
        (["mine.json", "--type", "SERVICE", "--name", "a"], "", "", "SERVICE has no items"),
        (["mine.json", "--type", "POOLS"], "", "", "did you mean POOL?"),
        (["empty", "--type", "POOL"], "", "", "empty is a directory"),
        (["empty"], "", "empty: no files in this directory (expected files", ""),
        (["mine.json", "--dialect", "7"], "", "", 'unknown dialect "7"'),
        (
            ["pool/group_template/a.json", "--dialect", "6.0"],
            "",
            "services of 6.0 have no GROUP_TEMPLATE (it exists in 6.2",
            "",
        ),
        ([], "", "", "Missing argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_and_single_files(
    shell: Shell, words: list[str], input: str, out: str, err: str
) -> None:
    shell.file("mine.json", "{}")
    lay(shell, {"group_template/a.json": "{}"}, "pool")
    (shell.home / "empty").mkdir()
    result = shell.osmo("config", "validate", *words, input=input)
    assert result.code == 2
    assert out in result.out
    assert bool(out) == bool(result.out)
    assert err in result.err
    assert "Traceback" not in result.err


def test_a_file_of_its_own_and_a_place_among_others_are_a_problem(shell: Shell) -> None:
    top = lay(shell, {"pool.json": '{"pools": {"a": {"backend": "b"}}}', "pool/a.json": "{}"})
    result = shell.osmo("config", "validate", top)
    assert result.code == 2
    assert "configs/pool.json:1:12: a: a has its own file, too: configs/pool/a.json" in (result.out)


def test_a_file_that_cannot_be_read_does_not_hide_the_others(shell: Shell) -> None:
    top = lay(shell, {"workflow.json": '{"x": 1}', "service.json": "", "dataset.json": "[1"})
    (shell.home / top / "pool.json").symlink_to("nowhere.json")
    os.mkfifo(shell.home / top / "role.json")
    result = shell.osmo("config", "validate", top, "--dialect", "6.2")
    assert result.code == 2
    assert [line.split(": ")[0] for line in result.out.splitlines()] == [
        "configs/dataset.json:1:3",
        "configs/pool.json",
        "configs/role.json",
        "configs/service.json:1:1",
        "configs/workflow.json:1:2",
    ]
    assert "configs/pool.json: file not found\n" in result.out
    assert "configs/role.json: not a regular file\n" in result.out


def test_no_secret_of_a_file_is_shown(shell: Shell) -> None:
    canary = "canary-5e0f1c"
    credential = {"endpoint": canary, "access_key_id": canary, "access_key": [canary], canary: 1}
    text = json.dumps({"workflow_log": {"credential": {**credential, canary: canary}}})
    top = lay(shell, {"workflow.json": text.replace(f'"{canary}": ', '"unknown": ')})
    for form in ("text", "json", "github"):
        result = shell.osmo("config", "validate", top, "-t", form)
        assert result.code == 2
        assert "access_key" in result.out
        assert canary not in result.out + result.err


@pytest.fixture(scope="module", params=DIALECTS)
def any_service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Service]]:
    """A service of each dialect, with a backend `default`, which its pool names."""
    folder = tmp_path_factory.mktemp("service")
    with serving(folder, dialect=request.param) as running:
        Shell.at(folder).ok("local", "add-backend", "default", "--db", str(running.db))
        yield request.param, running


@pytest.fixture
def user(shell: Shell, any_service: tuple[str, Service]) -> Shell:
    shell.ok("login", any_service[1].url, "--method", "dev", "--username", "admin")
    return shell


def shown(user: Shell, dialect: str, top: Path) -> None:
    """Everything that the service shows, a file each."""
    for type_name in DIALECTS[dialect].config_types:
        config_type = CONFIG_TYPES[type_name]
        data = json.loads(user.ok("config", "show", type_name, "-t", "json"))
        files = {ConfigRef(config_type): data}
        if config_type.named is not None:
            items = config_type.items_in(data)
            files = {ConfigRef(config_type, name): item for name, item in items.items()}
        for entry, content in files.items():
            path = top / path_of(entry)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content, indent=2))


def test_what_a_service_shows_is_right(user: Shell, any_service: tuple[str, Service]) -> None:
    dialect, _ = any_service
    shown(user, dialect, user.home / "all")
    for words in (["--dialect", dialect], ["--online"]):
        result = user.osmo("config", "validate", "all", *words)
        errors = [line for line in result.out.splitlines() if ": warning: " not in line]
        assert (result.code, errors) == (0, []), result
    assert f"checked against {dialect} (reported by the service)" in result.err


def test_every_service_has_the_names_that_need_no_file(
    user: Shell, any_service: tuple[str, Service]
) -> None:
    dialect, _ = any_service
    for row in CONFIG_TYPES.values():
        if names := row.initial_names(DIALECTS[dialect]):
            shown_now = json.loads(user.ok("config", "show", row.name, "-t", "json"))
            assert names <= row.items_in(shown_now).keys()


ONLINE = {
    "backend/default.json": '{"tests": ["burn"]}',
    "backend/gpu-z.json": "{}",
    "pool/default.json": '{"default_platform": "h100"}',
    "pool/mine.json": '{"backend": "defaul", "common_pod_template": ["default_usr"]}',
    "pool/new.json": "{}",
    "service.json": '{"service_auth": {"user_roles": ["osmo-usr"]}}',
}


def test_only_the_service_knows(user: Shell, any_service: tuple[str, Service]) -> None:
    top = lay(user, ONLINE)
    result = user.osmo("--debug", "config", "validate", top, "--online")
    assert result.code == 2
    assert result.out.splitlines() == [
        "configs/backend/default.json:1:12: tests[0]: BACKEND_TEST not found on "
        "the service (create it first, or add its file)",
        "configs/backend/gpu-z.json:1:1: BACKEND gpu-z not found on the service "
        "(its operator registers it when it connects)",
        "configs/pool/default.json:1:22: default_platform: is not one of platforms",
        "configs/pool/mine.json:1:13: backend: BACKEND not found on the service "
        '(did you mean "default"?)',
        "configs/pool/mine.json:1:47: common_pod_template[0]: POD_TEMPLATE "
        'not found on the service (did you mean "default_user"?)',
        "configs/pool/new.json:1:1: backend: this field is required",
        "configs/service.json:1:34: service_auth.user_roles[0]: ROLE not found on "
        'the service (did you mean "osmo-user"?)',
    ]
    reads = [line.split()[2] for line in result.err.splitlines() if "/api/configs/" in line]
    assert len(reads) == len(set(reads)), "a type is read once"
    assert "PUT" not in result.err
    assert "PATCH" not in result.err
    assert "POST /api/configs" not in result.err


def test_a_scheduler_that_no_version_has_is_told_once(user: Shell) -> None:
    text = '{"scheduler_settings": {"scheduler_type": "slurm"}}'
    top = lay(user, {"backend/default.json": text})
    result = user.osmo("config", "validate", top, "--online")
    assert result.code == 2
    [line] = result.out.splitlines()
    assert "default.json:1:43: scheduler_settings.scheduler_type: must be " in line


def test_a_file_beside_it_makes_a_name_known(user: Shell) -> None:
    files = {"pool/mine.json": '{"backend": "default", "common_pod_template": ["mine"]}'}
    top = lay(user, files | {"pod_template/mine.json": '{"spec": {}}'})
    user.ok("config", "validate", top, "--online")
    user.ok("config", "validate", f"{top}/pool/mine.json", f"{top}/pod_template", "--online")


def test_online_needs_a_login_and_the_name_of_an_item(shell: Shell) -> None:
    shell.file("a.json", "{}")
    result = shell.osmo("config", "validate", "a.json", "--type", "WORKFLOW", "--online")
    assert result.code == 4
    result = shell.osmo("config", "validate", "a.json", "--type", "BACKEND", "--online")
    assert result.code == 2
    assert "add --name NAME" in result.err


def test_values_from_elsewhere_need_not_be_there_to_check_the_rest(shell: Shell) -> None:
    credential = '{"auth": "${env:NGC_API_KEY}", "registry": "nvcr.io", "username": "$oauthtoken"}'
    text = (
        f'{{\n"backend_images": {{"credential": {credential}}},\n'
        '"default_exec_timeout": "${env:LONG}",\n"max_num_tasks": "${env:COUNT}"\n}'
    )
    shell.file("workflow.json", text)
    validate = ("config", "validate", "workflow.json", "--references")
    unset = shell.osmo(*validate, env=NOBODY)
    lines = unset.out.splitlines()
    assert unset.code == 2
    assert len(lines) == 4
    assert lines[0] == (
        "workflow.json:2:43: warning: backend_images.credential.auth: "
        "the environment variable NGC_API_KEY is not set (export NGC_API_KEY)"
    )
    # Whatever its value is: it is a text.
    assert "4:18: max_num_tasks: must be an integer" in unset.out
    values = {"NGC_API_KEY": "CANARY-OF-THE-KEY", "LONG": "CANARY-NO-TIME", "COUNT": "CANARY3"}
    known = shell.osmo(*validate, "--debug", env=NOBODY | values)
    assert known.code == 2
    assert "default_exec_timeout: must be a duration" in known.out
    assert "is not set" not in known.out
    assert "CANARY" not in known.out + known.err


def test_a_template_with_a_placeholder_that_no_variable_fills_is_told(shell: Shell) -> None:
    pool = {
        "backend": "a",
        "common_pod_template": ["all"],
        "common_default_variables": {"KIND": "h100"},
        "platforms": {"p": {"override_pod_template": ["one"], "default_variables": {"ZONE": "x"}}},
    }
    template = "spec:\n  nodeSelector:\n    kind: '{{KIND}}-{{USER_GPU}}'\n    zone: '{{ZONE}}'\n"
    files = {
        "pool/h100.json": json.dumps(pool),
        "pod_template/all.yaml": template,
        "pod_template/one.yaml": template,
    }
    checked_files = shell.osmo("config", "validate", lay(shell, files), env=NOBODY)
    assert checked_files.code == 0
    assert checked_files.out.startswith(
        "configs/pod_template/all.yaml:4:11: warning: spec.nodeSelector.zone: "
        "the pool h100 has no variable ZONE ("
    )
    assert checked_files.out.count("\n") == 1
