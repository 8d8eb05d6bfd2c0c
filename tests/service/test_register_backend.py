"""examples/register-backend.sh: OSMO's page "Register Backend", command by command."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.processes import ROOT, Result, Shell, serving

SCRIPT = ROOT / "examples" / "register-backend.sh"
TRANSCRIPT = Path(__file__).with_name("register-backend.transcript")
EXPIRES_AT = (datetime.now(UTC).date() + timedelta(days=60)).isoformat()


def run_script(shell: Shell, **env: str) -> Result:
    return shell.run(str(SCRIPT), env={"EXPIRES_AT": EXPIRES_AT, **env})


def without_volatile(text: str) -> str:
    """The transcript without what is new at every run: token, ids, times."""
    text = re.sub(r"Access token: [0-9a-f]{64}", "Access token: TOKEN", text)
    text = re.sub(r'("k8s_uid": )"[^"]+"', r'\1"UID"', text)
    text = text.replace(EXPIRES_AT, "YYYY-MM-DD")
    text = re.sub(r"ONLINE   \d s ", "ONLINE   N s ", text)
    return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+", "TIME", text)


@pytest.fixture
def embedded(tmp_path: Path) -> Shell:
    """A shell that uses the embedded service in dialect seed."""
    database = tmp_path / "data" / "local.db"
    return Shell.at(tmp_path / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(database))


def test_the_script_holds_the_documents_commands_in_order(recordings: Path) -> None:
    document = (recordings / "register-backend.rst").read_text("utf-8")
    lines = re.findall(r"^\s+(?:\$ )?(osmo (?:token|config) .*)$", document, re.MULTILINE)
    wanted = [shlex.split(line)[:4] for line in lines]
    script = [
        shlex.split(line.removeprefix("run ").rstrip("\\"))[:4]
        for line in SCRIPT.read_text("utf-8").splitlines()
        if line.startswith("run osmo ")
    ]
    names = {"<backend-name>-token": "$BACKEND_NAME-token"}
    wanted = [[names.get(word, word) for word in command] for command in wanted]
    assert len(wanted) == 8
    remaining = iter(script)
    assert all(command in remaining for command in wanted)


@pytest.mark.thorough
def test_its_output_is_the_kept_transcript(embedded: Shell) -> None:
    result = run_script(embedded)
    assert result.code == 0, result.err
    assert without_volatile(result.out) == TRANSCRIPT.read_text("utf-8")


@pytest.mark.thorough
def test_it_runs_over_http_with_a_token_alone(tmp_path: Path) -> None:
    """No HOME, no terminal, no D-Bus: nothing asks, and nothing is written but the data."""
    with serving(tmp_path / "service", dialect="seed", auth="token") as service:
        shell = Shell.at(tmp_path / "work")
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        del shell.env["HOME"]
        shell.env |= {
            "OSMO_URL": service.url,
            "OSMO_TOKEN": service.admin_token,
            "OSMO_LOCAL_DB": str(service.db),
            "TMPDIR": str(scratch),
        }
        result = run_script(shell)
        assert result.code == 0, result.err
        assert without_volatile(result.out) == TRANSCRIPT.read_text("utf-8")
        assert service.admin_token not in result.out + result.err
    assert list(shell.home.iterdir()) == []
    assert list(scratch.iterdir()) == []
    written = {path.name for path in (tmp_path / "service").iterdir()}
    assert written <= {"admin-token", "serve.err", "service.db", "service.db-wal", "service.db-shm"}


UPDATES = {
    "backend fields": ("BACKEND", '{"description": "a", "dashboard_url": "https://d.example.com"}'),
    "nested": ("BACKEND", '{"scheduler_settings": {"scheduler_timeout": 31}}'),
    "list": ("BACKEND", '{"node_conditions": {"additional_node_conditions": ["A", "B"]}}'),
    "workflow": ("WORKFLOW", '{"max_num_tasks": 21, "workflow_info": {"tags": ["x"]}}'),
    "number": ("WORKFLOW", '{"plugins_config": {"rsync": {"daemon_debounce_delay": 31}}}'),
    "new credential": (
        "WORKFLOW",
        '{"workflow_log": {"credential": {"endpoint": "s3://b/logs/", "access_key_id": "i",'
        ' "access_key": "the-log-secret"}}}',
    ),
    "secret": ("WORKFLOW", '{"backend_images": {"credential": {"auth": "the-image-secret"}}}'),
}


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", UPDATES)
def test_a_second_update_changes_nothing(name: str, tmp_path: Path) -> None:
    kind, text = UPDATES[name]
    with serving(tmp_path / "service", dialect="seed") as service:
        shell = Shell.at(tmp_path / "home")
        shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        shell.file("file.json", text)
        target = (kind, "gpu-a") if kind == "BACKEND" else (kind,)
        update = ("config", "update", *target, "--file", "file.json")

        first = shell.osmo("--debug", *update)
        second = shell.osmo("--debug", *update)

    assert first.out == f"Successfully updated {kind} config\n"
    assert "POST" in first.err or "PATCH" in first.err
    assert (second.code, second.out) == (0, "No changes were made to the config.\n")
    assert set(re.findall(r"debug: ([A-Z]+) ", second.err)) == {"GET"}
    for secret in ("the-log-secret", "the-image-secret"):
        assert secret not in first.out + first.err + second.out + second.err


def test_a_secret_that_another_administrator_changed_is_sent_again(tmp_path: Path) -> None:
    with serving(tmp_path / "service") as service:
        shell = Shell.at(tmp_path / "home")
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        shell.file("mine.json", '{"backend_images": {"credential": {"auth": "my-secret-key"}}}')
        other = Shell.at(tmp_path / "other")
        other.ok("login", service.url, "--method", "dev", "--username", "other")
        other.file("theirs.json", '{"backend_images": {"credential": {"auth": "their-secret"}}}')
        other.file("limit.json", '{"max_num_tasks": 33}')
        update = ("config", "update", "WORKFLOW", "--file")

        shell.ok(*update, "mine.json")
        other.ok(*update, "limit.json")
        unrelated = shell.ok(*update, "mine.json")
        other.ok(*update, "theirs.json")
        changed = shell.ok(*update, "mine.json")

    assert unrelated == "No changes were made to the config.\n"
    assert changed == "Successfully updated WORKFLOW config\n"


def test_a_service_token_logs_in_and_is_named(tmp_path: Path) -> None:
    with serving(tmp_path / "service", auth="token") as service:
        admin = Shell.at(tmp_path / "admin", OSMO_URL=service.url, OSMO_TOKEN=service.admin_token)
        created = admin.ok(
            *("token", "set", "t", "--service", "--roles", "osmo-backend", "-t", "json")
        )
        agent = Shell.at(tmp_path / "agent")
        agent.file("token", json.loads(created)["token"])
        agent.ok(
            *("login", service.url, "--method", "token", "--token-file", "token"),
            "--insecure-storage",
        )
        who = json.loads(agent.ok("whoami", "-t", "json"))
        allowed = agent.osmo("config", "show", "BACKEND")
        forbidden = agent.osmo("token", "list", "--service")
    assert (who["user"], who["roles"]) == ("t", ["osmo-backend"])
    assert (allowed.code, allowed.out) == (0, '{\n  "backends": []\n}\n')
    assert (forbidden.code, forbidden.out) == (4, "")
    assert "may not do that" in forbidden.err
