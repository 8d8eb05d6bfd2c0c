"""action.yml, the GitLab template and the pre-commit hook do what docs/ci.md says.

Their scripts run in bash, as a runner of the CI runs them, with the real osmo and a service that
wants a token. GitLab's API is a server on loopback; GitHub's is a `gh` that keeps the comments in a
file. Every program that a script starts is recorded with its arguments.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from tests.docs.pages import Page
from tests.support.processes import LIMIT_SECONDS, OSMO, ROOT, Service, Shell, serving

ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
TEMPLATE = yaml.safe_load((ROOT / "ci" / "osmo.gitlab-ci.yml").read_text("utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
PAGE = Page(ROOT / "docs" / "ci.md")
RECIPES = {
    block.text.partition("\n")[0]: yaml.safe_load(block.text)
    for block in PAGE.blocks
    if block.language == "yaml"
}
WORKFLOW = RECIPES["# .github/workflows/osmo.yml"]
WORKFLOW_STEPS = {
    name: next(step for step in job["steps"] if "osmo-cli" in step["uses"])
    for name, job in WORKFLOW["jobs"].items()
}
HASH = re.compile(r"[0-9a-f]{64}")
GITHUB_TOKEN, GITLAB_TOKEN = "github-canary-5f1d", "gitlab-canary-77aa"

# A program of the PATH that notes its arguments, then does its work or what a fake does.
RECORDER = r"""
import json, os, subprocess, sys
name, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
with open(os.environ["CALLS"], "a") as calls:
    print(json.dumps([name, *arguments]), file=calls)
REAL = json.loads(os.environ["REAL"])
if name.startswith("python"):
    if arguments[:2] == ["-m", "venv"]:
        os.makedirs(arguments[2] + "/bin", exist_ok=True)
        for program in ("python", "osmo"):
            if not os.path.lexists(f"{arguments[2]}/bin/{program}"):
                os.symlink(os.path.abspath(sys.argv[0]), f"{arguments[2]}/bin/{program}")
        sys.exit()
    if arguments[:2] == ["-m", "pip"]:
        sys.exit()
if name != "gh":
    os.execv(REAL[name], [REAL[name], *arguments])
assert arguments.pop(0) == "api" and os.environ["GH_TOKEN"] == os.environ["GH_ENTERPRISE_TOKEN"]
options, paths = {}, []
while arguments:
    word = arguments.pop(0)
    if word in ("--paginate", "--silent"):
        options[word] = True
    elif word.startswith("--"):
        options[word] = arguments.pop(0)
    else:
        paths.append(word)
(path,) = paths
with open(os.environ["COMMENTS"]) as file:
    comments = json.load(file)
if "--method" not in options:
    assert options["--paginate"] and path.split("?")[0] == "repos/team/configs/issues/7/comments"
    for start in range(0, len(comments), 2):
        page = json.dumps(comments[start : start + 2])
        subprocess.run(["jq", "-r", options["--jq"]], input=page, text=True, check=True)
    sys.exit()
if os.environ.get("READ_ONLY"):
    sys.exit("gh: Resource not accessible by integration (HTTP 403)")
name, _, body = options["--field"].partition("=@")
assert name == "body"
with open(body) as file:
    body = file.read()
if options["--method"] == "POST":
    assert path == "repos/team/configs/issues/7/comments"
    comments.append({"id": 100 + len(comments), "user": {"type": "Bot"}, "body": body})
else:
    assert options["--method"] == "PATCH"
    (changed,) = [c for c in comments if path == f"repos/team/configs/issues/comments/{c['id']}"]
    changed["body"] = body
with open(os.environ["COMMENTS"], "w") as file:
    json.dump(comments, file)
"""

pytestmark = pytest.mark.skipif(
    not (shutil.which("jq") and shutil.which("curl")), reason="needs jq and curl"
)


@dataclass
class Run:
    """What a script did."""

    code: int
    log: str
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""


@dataclass
class Runner:
    """A checkout of a repository of configuration, and the environment of its jobs."""

    shell: Shell
    service: Service
    folder: Path

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]

    @property
    def comments(self) -> list[dict[str, Any]]:
        data: list[dict[str, Any]] = json.loads((self.folder / "comments.json").read_text())
        return data

    def bash(self, script: str, env: Mapping[str, str]) -> Run:
        """Run a script as both runners do: it ends at the first command that fails."""
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            env={**self.shell.env, **env},
            cwd=self.shell.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT_SECONDS,
            text=True,
        )
        return Run(done.returncode, done.stdout)

    def action(
        self,
        inputs: Mapping[str, str],
        *,
        pull_request: str = "",
        env: Mapping[str, str] | None = None,
        step: str = "Run osmo",
    ) -> Run:
        """Run a step of the action with these inputs."""
        defaults = {name: entry.get("default", "") for name, entry in ACTION["inputs"].items()}
        job = dict(env or {})
        known = {
            **{f"env.{name}": value for name, value in job.items()},
            "github.token": GITHUB_TOKEN,
            "github.event.pull_request.number": pull_request,
            "github.event.pull_request.head.sha": "c0ffee" if pull_request else "",
            "github.sha": "facade",
            "vars.OSMO_URL": self.service.url,
            "secrets.OSMO_TOKEN": self.service.admin_token,
        }
        for name, value in {**defaults, **inputs}.items():
            known[f"inputs.{name}"] = evaluated(str(value), known)
        output, summary = self.folder / "output", self.folder / "summary"
        output.write_text("")
        summary.write_text("")
        definition = next(each for each in ACTION["runs"]["steps"] if each["name"] == step)
        variables = {
            name: evaluated(str(value), known) for name, value in definition.get("env", {}).items()
        }
        runner = {
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_PATH": str(self.folder / "path"),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_SERVER_URL": "https://github.example.com",
            "GITHUB_REPOSITORY": "team/configs",
            "GITHUB_SHA": "facade",
            "GITHUB_RUN_ID": "42",
            "RUNNER_TEMP": str(self.folder),
        }
        run = self.bash(definition["run"], {**job, **runner, **variables})
        lines = output.read_text().splitlines()
        run.outputs = {line.partition("=")[0]: line.partition("=")[2] for line in lines}
        run.summary = summary.read_text()
        return run

    def gitlab(self, job: str, env: Mapping[str, str] | None = None) -> Run:
        """Run a job of the template."""
        definition = {**TEMPLATE[TEMPLATE[job]["extends"]], **TEMPLATE[job]}
        variables = {
            **TEMPLATE["variables"],
            "CONFIGS_CLI": "./osmo-cli",
            "OSMO_URL": self.service.url,
            "OSMO_TOKEN": self.service.admin_token,
            "CI_PROJECT_ID": "3",
            "CI_PROJECT_PATH": "team/configs",
            "CI_COMMIT_SHA": "c0ffee",
            "CI_JOB_URL": "https://gitlab.example.com/job/42",
            **(env or {}),
        }
        script = "\n".join([*definition["before_script"], *definition["script"]])
        return self.bash(script, variables)


def evaluated(text: str, known: Mapping[str, str]) -> str:
    """Return a string of a workflow with its expressions evaluated; `||` is the only operator."""

    def value(match: re.Match[str]) -> str:
        names = [name.strip() for name in match[1].split("||")]
        assert all(re.fullmatch(r"[\w.-]+", name) for name in names), match[0]
        return next((known[name] for name in names if known.get(name)), "")

    return re.sub(r"\$\{\{(.*?)\}\}", value, text)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("service"), dialect="6.2", auth="token") as service:
        yield service


@pytest.fixture
def runner(service: Service, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Runner]:
    """A checkout with a template of its own; no token may appear in any program's arguments."""
    programs = tmp_path / "programs"
    programs.mkdir()
    recorder = programs / "recorder"
    recorder.write_text(f"#!{sys.executable} -IS\n{RECORDER}")
    recorder.chmod(0o700)
    real = {"osmo": OSMO, "python3": sys.executable, "curl": shutil.which("curl")}
    for name in (*real, "gh"):
        (programs / name).symlink_to(recorder)
    shell = Shell.at(tmp_path / "checkout")
    calls, comments = tmp_path / "calls", tmp_path / "comments.json"
    calls.write_text("")
    comments.write_text("[]")
    shell.env |= {
        "PATH": f"{programs}:{shell.env['PATH']}",
        "CALLS": str(calls),
        "COMMENTS": str(comments),
        "REAL": json.dumps(real),
    }
    write_template(shell, name_of(request), "a100")
    yield Runner(shell, service, tmp_path)
    for canary in (service.admin_token, GITHUB_TOKEN, GITLAB_TOKEN):
        assert canary not in calls.read_text()


def name_of(request: pytest.FixtureRequest) -> str:
    """The template of this test: the service is shared."""
    return re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:60]


def write_template(shell: Shell, name: str, gpu: str) -> None:
    folder = shell.home / "configs" / "pod_template"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(f"spec: {{nodeSelector: {{gpu: {gpu}}}}}\n")


def with_token(runner: Runner, command: str, **inputs: str) -> dict[str, str]:
    return {
        "command": command,
        "url": runner.service.url,
        "token": runner.service.admin_token,
        **inputs,
    }


# The files


def test_inputs_reach_a_script_through_the_environment_only() -> None:
    steps = ACTION["runs"]["steps"]
    scripts = [step["run"] for step in steps if "run" in step]
    assert len(scripts) == 2
    assert not [script for script in scripts if "${{" in script]
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text("utf-8")))
    assert used == set(ACTION["inputs"])
    assert all(entry["description"] for entry in ACTION["inputs"].values())
    assert {step["shell"] for step in steps if "run" in step} == {"bash"}


def test_the_action_uses_no_action_of_others() -> None:
    used = [step["uses"] for step in ACTION["runs"]["steps"] if "uses" in step]
    used += [step["uses"] for job in WORKFLOW["jobs"].values() for step in job["steps"]]
    owners = {name.partition("/")[0] for name in used}
    assert owners == {"actions", "your-org"}


def test_every_job_of_the_template_is_for_a_kind_of_pipeline() -> None:
    jobs = {name: job for name, job in TEMPLATE.items() if "script" in job}
    assert set(jobs) == {f"osmo-{name}" for name in ("validate", "plan", "apply", "drift")}
    assert all("CI_PIPELINE_SOURCE" in rule["if"] for job in jobs.values() for rule in job["rules"])
    text = (ROOT / "ci" / "osmo.gitlab-ci.yml").read_text("utf-8")
    assert set(re.findall(r"\bCONFIGS_\w+", text)) == set(TEMPLATE["variables"])


# The recipes of docs/ci.md


def test_the_recipe_for_github_names_what_the_action_has() -> None:
    assert set(WORKFLOW_STEPS) == {"validate", "plan", "apply", "drift"}
    for name, step in WORKFLOW_STEPS.items():
        assert step["with"]["command"] == name
        assert set(step["with"]) <= set(ACTION["inputs"])
    outputs = WORKFLOW["jobs"]["plan"]["outputs"]
    assert set(outputs) == set(ACTION["outputs"])
    assert WORKFLOW["jobs"]["plan"]["permissions"]["pull-requests"] == "write"
    named = set(re.findall(r"^- .*?`(\w[\w-]*)` (?:adds|names)", PAGE.text, re.MULTILINE))
    assert named == {"helm", "args"}


def test_the_recipe_for_gitlab_names_what_the_template_has() -> None:
    recipe = RECIPES["# .gitlab-ci.yml"]
    assert recipe["include"][0]["remote"].endswith("/ci/osmo.gitlab-ci.yml")
    assert set(recipe["variables"]) <= set(TEMPLATE["variables"])
    assert set(recipe) - {"include", "variables"} <= set(TEMPLATE)


@pytest.mark.parametrize(
    "block", [b for b in PAGE.blocks if "pre-commit" in b.text], ids=lambda b: f"line {b.line}"
)
def test_the_recipe_for_pre_commit_runs(block: Any, tmp_path: Path) -> None:
    (hook,) = yaml.safe_load(block.text)["repos"][0]["hooks"]
    (defined,) = HOOKS
    assert hook["id"] == defined["id"]
    assert not defined["pass_filenames"]
    shell = Shell.at(tmp_path / "checkout")
    write_template(shell, "a100", "a100")
    for name in ("values.yaml", "values-prod.yaml"):
        shell.file(name, "services: {configs: {enabled: true, workflow: {max_num_tasks: 5}}}\n")
    merged = {**defined, **hook}
    command = [*shlex.split(merged["entry"]), *merged["args"]]
    good = shell.osmo(*command[1:])
    assert good.code == 0, good
    wrong = next(path for path in merged["args"] if not path.startswith("-"))
    if (shell.home / wrong).is_dir():
        wrong += "/pod_template/bad.yaml"
    shell.file(wrong, "- not an object\n")
    assert re.search(merged["files"], wrong)
    assert shell.osmo(*command[1:]).code == 2


@pytest.mark.thorough
def test_the_recipe_for_github_runs_from_plan_to_apply(runner: Runner) -> None:
    """The jobs in their order, each with the inputs that the page gives it."""

    def job(name: str, pull_request: str = "", **more: str) -> Run:
        inputs = {**WORKFLOW_STEPS[name]["with"], **more}
        return runner.action(inputs, pull_request=pull_request)

    assert job("validate", "7").code == 0
    assert job("plan", "7").outputs["changes"] == "true"
    assert len(runner.comments) == 1
    assert job("drift").code == 5
    planned = job("plan")
    assert planned.code == 0
    assert len(runner.comments) == 1
    applied = job("apply", digest=planned.outputs["digest"])
    assert applied.code == 0, applied.log
    assert job("plan").outputs["changes"] == "false"


# GitHub


def test_the_action_installs_its_own_checkout(runner: Runner) -> None:
    run = runner.action({"command": "validate"}, step="Install osmo")
    assert run.code == 0, run.log
    venv, pip = runner.calls
    assert venv[:3] == ["python3", "-m", "venv"]
    assert pip[1:4] == ["-m", "pip", "install"]
    assert pip[-1] == str(ROOT)
    (folder,) = (runner.folder / "path").read_text().splitlines()
    assert [path.name for path in Path(folder).iterdir()] == ["osmo"]


def test_validate_annotates_the_lines_of_a_file(runner: Runner) -> None:
    runner.shell.file("configs/workflow.yaml", "max_num_tasks: many\n")
    run = runner.action({"command": "validate"})
    assert run.code == 2
    assert "::error file=configs/workflow.yaml,line=1" in run.log


def test_a_second_plan_changes_the_comment_of_the_first(
    runner: Runner, request: pytest.FixtureRequest
) -> None:
    first = runner.action(with_token(runner, "plan"), pull_request="7")
    assert first.code == 0, first.log
    (comment,) = runner.comments
    assert "Plan: 1 to create" in comment["body"]
    assert '"gpu": "a100"' in comment["body"]
    assert "Commit c0ffee" in comment["body"]
    assert HASH.fullmatch(first.outputs["digest"])
    assert first.outputs["digest"] in comment["body"]
    assert first.summary in comment["body"]

    write_template(runner.shell, name_of(request), "h100")
    second = runner.action(with_token(runner, "plan"), pull_request="7")
    (changed,) = runner.comments
    assert changed["id"] == comment["id"]
    assert '"gpu": "h100"' in changed["body"]
    assert second.outputs["digest"] != first.outputs["digest"]
    methods = [call[call.index("--method") + 1] for call in runner.calls if "--method" in call]
    assert methods == ["POST", "PATCH"]


@pytest.mark.thorough
def test_a_comment_is_found_on_any_page_and_only_if_a_bot_wrote_it(runner: Runner) -> None:
    runner.action(with_token(runner, "plan"), pull_request="7")
    (comment,) = runner.comments
    copied = {"id": 1, "user": {"type": "User"}, "body": comment["body"]}
    quoted = {"id": 2, "user": {"type": "Bot"}, "body": f"> {comment['body']}"}
    others = [{"id": n, "user": {"type": "Bot"}, "body": "other"} for n in range(3, 6)]
    stored = [copied, quoted, *others, comment]
    (runner.folder / "comments.json").write_text(json.dumps(stored))
    failed = runner.action(with_token(runner, "plan", args="--type FROB"), pull_request="7")
    assert failed.code == 2
    assert runner.comments[:-1] == stored[:-1]
    assert "It failed" in runner.comments[-1]["body"]
    assert not HASH.search(runner.comments[-1]["body"])


@pytest.mark.thorough
@pytest.mark.sample(1)
@pytest.mark.parametrize(
    "inputs", [{"title": "Staging"}, {"path": "other"}, {"helm": "values.yaml"}], ids=str
)
def test_plans_of_different_things_have_comments_of_their_own(
    runner: Runner, inputs: dict[str, str]
) -> None:
    shutil.copytree(runner.shell.home / "configs", runner.shell.home / "other")
    for given in ({}, inputs):
        runner.action(with_token(runner, "plan", **given), pull_request="7")
    first, second = (comment["body"].partition("\n")[0] for comment in runner.comments)
    assert first != second


@pytest.mark.thorough
def test_a_plan_without_a_pull_request_or_with_comments_off_writes_none(runner: Runner) -> None:
    assert runner.action(with_token(runner, "plan")).outputs["changes"] == "true"
    runner.action(with_token(runner, "plan", comment="false"), pull_request="7")
    assert runner.comments == []
    assert "gh" not in {call[0] for call in runner.calls}


@pytest.mark.thorough
def test_a_comment_that_cannot_be_written_fails_the_job(runner: Runner) -> None:
    run = runner.action(with_token(runner, "plan"), pull_request="7", env={"READ_ONLY": "1"})
    assert run.code == 2
    assert "::error::the comment was not written" in run.log
    assert "pull-requests: write" in run.log


@pytest.mark.thorough
def test_the_log_takes_no_line_of_a_plan_for_a_command(runner: Runner) -> None:
    log = runner.action(with_token(runner, "plan")).log
    (end,) = re.findall(r"^::stop-commands::(\S+)$", log, re.MULTILINE)
    plan = log.partition(f"::stop-commands::{end}\n")[2].partition(f"::{end}::")[0]
    assert "Plan: 1 to create" in plan
    assert "Digest: " in plan


def test_a_login_of_the_job_counts_where_the_inputs_are_empty(runner: Runner) -> None:
    runner.shell.file("token", runner.service.admin_token)
    env = {"OSMO_URL": runner.service.url, "OSMO_TOKEN_FILE": "token"}
    assert runner.action({"command": "plan"}, env=env).code == 0


def test_without_secrets_as_for_a_fork_plan_says_what_is_missing(runner: Runner) -> None:
    run = runner.action({"command": "plan", "url": runner.service.url})
    assert run.code == 4
    assert "OSMO_TOKEN" in run.log
    assert runner.action({"command": "validate"}).code == 0


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", ["path", "args", "title", "helm", "digest", "command"])
def test_an_input_is_never_code(runner: Runner, name: str) -> None:
    hostile = '*; $(touch made-up) `touch made-up` "; touch made-up; "'
    command = "apply" if name == "digest" else "plan"
    run = runner.action({**with_token(runner, command), name: hostile}, pull_request="7")
    assert (run.code == 0) == (name == "title"), run.log
    assert not (runner.shell.home / "made-up").exists()


@pytest.mark.thorough
def test_arguments_are_quoted_as_in_a_shell_and_never_expanded(runner: Runner) -> None:
    args = "--name 'a b' --name=*\n--partial"
    runner.action(with_token(runner, "plan", args=args))
    (call,) = [call for call in runner.calls if call[:3] == ["osmo", "config", "plan"]]
    assert call[-4:] == ["--name", "a b", "--name=*", "--partial"]
    run = runner.action(with_token(runner, "plan", args="--name 'a"))
    assert run.code == 2
    assert "::error::args: the quotes do not match" in run.log


@pytest.mark.thorough
def test_apply_makes_the_plan_of_its_digest_or_nothing(
    runner: Runner, request: pytest.FixtureRequest
) -> None:
    digest = runner.action(with_token(runner, "plan")).outputs["digest"]
    write_template(runner.shell, name_of(request), "h100")
    moved = runner.action(with_token(runner, "apply", digest=digest))
    assert moved.code == 6
    assert "the plan has changed" in moved.log
    write_template(runner.shell, name_of(request), "a100")
    applied = runner.action(with_token(runner, "apply", digest=digest))
    assert applied.code == 0, applied.log
    assert "Successfully applied" in applied.summary
    after = runner.action(with_token(runner, "plan"))
    assert after.outputs["changes"] == "false"
    login = {"OSMO_URL": runner.service.url, "OSMO_TOKEN": runner.service.admin_token}
    history = runner.shell.osmo("config", "history", "POD_TEMPLATE", env=login)
    assert "team/configs@facade" in history.out


@pytest.mark.thorough
def test_apply_without_a_digest_applies_any_plan_but_an_empty_digest_is_an_error(
    runner: Runner,
) -> None:
    empty = runner.action(with_token(runner, "apply", digest=""))
    assert empty.code == 2
    assert "::error::digest is empty" in empty.log
    assert runner.action(with_token(runner, "apply")).code == 0
    values = runner.action(with_token(runner, "apply", helm="values.yaml"))
    assert values.code == 2
    assert "helm upgrade" in values.log


def test_drift_fails_the_job_where_the_service_differs(runner: Runner) -> None:
    drift = runner.action(with_token(runner, "drift"))
    assert drift.code == 5
    assert drift.outputs["changes"] == "true"
    assert "::error::the service differs from configs" in drift.log
    assert "missing on the service" in drift.summary


def test_an_unknown_command_is_refused(runner: Runner) -> None:
    run = runner.action(with_token(runner, "delete"))
    assert run.code == 2
    assert "must be validate, plan, apply or drift" in run.log


# GitLab


@dataclass
class Notes:
    """The notes of merge request 7 of project 3, as GitLab's API has them."""

    url: str
    stored: list[dict[str, Any]]
    requests: list[str]

    @property
    def job(self) -> dict[str, str]:
        return {
            "CI_API_V4_URL": self.url,
            "CI_MERGE_REQUEST_IID": "7",
            "GITLAB_TOKEN": GITLAB_TOKEN,
        }


@contextmanager
def notes_served() -> Iterator[Notes]:
    notes = Notes("", [], [])
    path = "/projects/3/merge_requests/7/notes"

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, data: Any) -> None:
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def body(self) -> str:
            length = int(self.headers["Content-Length"])
            return parse_qs(self.rfile.read(length).decode())["body"][0]

        def parse_request(self) -> bool:
            ok = super().parse_request()
            if ok:
                notes.requests.append(self.command)
                if self.headers["PRIVATE-TOKEN"] != GITLAB_TOKEN:
                    self.answer(401, {"message": "401 Unauthorized"})
                    return False
            return ok

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/user":
                self.answer(200, {"id": 11})
                return
            assert url.path == path
            query = parse_qs(url.query)
            size, page = int(query["per_page"][0]), int(query["page"][0])
            self.answer(200, notes.stored[size * (page - 1) : size * page])

        def do_POST(self) -> None:
            assert self.path == path
            note = {"id": len(notes.stored) + 1, "author": {"id": 11}, "body": self.body()}
            notes.stored.append(note)
            self.answer(201, note)

        def do_PUT(self) -> None:
            (note,) = [note for note in notes.stored if self.path == f"{path}/{note['id']}"]
            note["body"] = self.body()
            self.answer(200, note)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    notes.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield notes
    finally:
        server.shutdown()
        thread.join(LIMIT_SECONDS)
        server.server_close()


@pytest.mark.thorough
def test_the_jobs_of_gitlab_run_from_plan_to_apply(runner: Runner) -> None:
    validated = runner.gitlab("osmo-validate")
    assert validated.code == 0, validated.log
    assert runner.calls[0][1:4] == ["-m", "pip", "install"]
    assert runner.calls[0][-1] == "./osmo-cli"
    assert runner.gitlab("osmo-drift").code == 5
    planned = runner.gitlab("osmo-plan")
    assert planned.code == 0, planned.log
    name, _, digest = (runner.shell.home / "plan.env").read_text().strip().partition("=")
    assert HASH.fullmatch(digest)
    other = runner.gitlab("osmo-apply", {name: "0" * 64})
    assert other.code == 6
    applied = runner.gitlab("osmo-apply", {name: digest})
    assert applied.code == 0, applied.log
    assert "Nothing to do" in runner.gitlab("osmo-plan").log


@pytest.mark.thorough
def test_a_second_plan_changes_the_note_of_the_first(
    runner: Runner, request: pytest.FixtureRequest
) -> None:
    with notes_served() as notes:
        first = runner.gitlab("osmo-plan", notes.job)
        assert first.code == 0, first.log
        (note,) = notes.stored
        assert '"gpu": "a100"' in note["body"]
        copied = {"id": 500, "author": {"id": 12}, "body": note["body"]}
        others = [{"id": 600 + n, "author": {"id": 11}, "body": "+1 & 50%"} for n in range(150)]
        notes.stored[:] = [copied, *others, note]
        before = json.dumps(notes.stored[:-1])
        write_template(runner.shell, name_of(request), "h100")
        second = runner.gitlab("osmo-plan", notes.job)
        assert second.code == 0, second.log
        assert json.dumps(notes.stored[:-1]) == before
        assert '"gpu": "h100"' in note["body"]
        assert [method for method in notes.requests if method != "GET"] == ["POST", "PUT"]


@pytest.mark.thorough
def test_a_plan_of_gitlab_that_fails_says_so_in_its_note(runner: Runner) -> None:
    with notes_served() as notes:
        run = runner.gitlab("osmo-plan", {**notes.job, "CONFIGS_ARGUMENTS": "--type FROB"})
        assert run.code == 2
        assert "It failed" in notes.stored[0]["body"]


@pytest.mark.parametrize(
    ("variables", "code", "text"),
    [
        ({"GITLAB_TOKEN": ""}, 0, "GITLAB_TOKEN is not set"),
        ({"GITLAB_TOKEN": "wrong"}, 2, "needs the scope api"),
        ({"CONFIGS_DIRECTORY": "$(touch made-up)"}, 2, "not found"),
        ({"CONFIGS_ARGUMENTS": "; touch made-up"}, 2, "osmo config plan"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
@pytest.mark.sample(1)
def test_a_plan_of_gitlab_says_what_is_wrong(
    runner: Runner, variables: dict[str, str], code: int, text: str
) -> None:
    with notes_served() as notes:
        run = runner.gitlab("osmo-plan", {**notes.job, **variables})
    assert run.code == code, run.log
    assert text in run.log
    assert not (runner.shell.home / "made-up").exists()


def test_the_jobs_of_gitlab_need_the_address_of_this_project(runner: Runner) -> None:
    run = runner.gitlab("osmo-validate", {"CONFIGS_CLI": ""})
    assert run.code != 0
    assert "CONFIGS_CLI: is not set" in run.log
    assert runner.calls == []
