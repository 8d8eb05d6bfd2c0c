"""`osmo config` against the embedded service, and against one that fails at a chosen moment."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES
from tests.support.faulty import Reply, answering, json_reply
from tests.support.processes import Result, Shell, serving

UPDATE = ("config", "update", "BACKEND", "gpu-a", "--file", "new.json")
BACKEND = "/api/configs/backend"


@dataclass
class Between:
    """Stands between the program and a real service, to fail or to meddle."""

    shell: Shell
    service: httpx.Client
    seen: list[str] = field(default_factory=list)
    fault: Callable[[str, str, Reply], Reply | None] = lambda method, path, reply: None
    before: Callable[[str, str], Reply | None] = lambda method, path: None
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, method: str, path: str, body: bytes) -> Reply:
        self.seen.append(method)
        early = self.before(method, path)
        if early is not None:
            return early
        headers = {"x-osmo-user": "admin", "content-type": "application/json"}
        answer = self.service.request(method, path, content=body, headers=headers)
        reply = Reply(
            answer.status_code, answer.content, {"content-type": "application/json"} | self.headers
        )
        return self.fault(method, path, reply) or reply

    def write(self, description: str) -> None:
        """Somebody else's change."""
        headers = {"x-osmo-user": "other"}
        body = {"configs": {"description": description}, "description": "another's change"}
        self.service.post(f"{BACKEND}/gpu-a", json=body, headers=headers).raise_for_status()

    def description(self) -> object:
        answer = self.service.get(f"{BACKEND}/gpu-a", headers={"x-osmo-user": "admin"})
        return answer.json()["description"]


@contextmanager
def between(tmp_path: Path, dialect: str = "6.0") -> Iterator[Between]:
    with (
        serving(tmp_path / "service", dialect=dialect) as service,
        httpx.Client(base_url=service.url) as client,
    ):
        shell = Shell.at(tmp_path / "user")
        shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
        content = Between(shell, client)
        with answering(content) as server:
            shell.ok("login", server.url, "--method", "dev", "--username", "admin")
            shell.file("new.json", '{"description": "mine"}')
            content.seen.clear()
            yield content


@pytest.fixture
def middle(tmp_path: Path) -> Iterator[Between]:
    with between(tmp_path) as content:
        yield content


def writes(middle: Between) -> int:
    return sum(method != "GET" for method in middle.seen)


def test_the_history_names_the_changed_fields(admin: Shell) -> None:
    admin.file("new.json", '{"description": "x", "scheduler_settings": {"scheduler_timeout": 7}}')
    result = admin.osmo(*UPDATE)
    assert result.out == "Successfully updated BACKEND config\n"
    assert result.err.splitlines()[:2] == [
        'description: "" -> "x"',
        "scheduler_settings.scheduler_timeout: 30 -> 7",
    ]
    revision = re.search(r"stored as revision (\d+) of BACKEND", result.err)
    assert revision
    shown = admin.ok("config", "show", f"BACKEND:{revision[1]}", "gpu-a", "scheduler_settings")
    assert json.loads(shown)["scheduler_timeout"] == 7
    # What the file does not mention stays, also in nested objects.
    assert json.loads(shown)["scheduler_name"] == "default-scheduler"


def test_description_and_tags_go_into_the_history(middle: Between) -> None:
    middle.shell.ok(*UPDATE, "--description", "because", "--tags", "one", "two")
    answer = middle.service.get(
        "/api/configs/history",
        params={"config_types": "BACKEND", "order": "DESC", "limit": 1},
        headers={"x-osmo-user": "admin"},
    ).json()
    (entry,) = answer["configs"]
    assert (entry["description"], sorted(entry["tags"])) == ("because", ["one", "two"])


def test_stdin_is_a_file_too(middle: Between) -> None:
    words = ("config", "update", "backend", "gpu-a", "-f", "-")
    assert "Successfully" in middle.shell.ok(*words, input='{"description": "piped"}')
    assert middle.description() == "piped"


def test_a_dry_run_sends_nothing(middle: Between) -> None:
    result = middle.shell.osmo(*UPDATE, "--dry-run", "--format-type", "json")
    printed = json.loads(result.out)
    assert printed["differences"] == [{"path": "description", "before": "", "after": "mine"}]
    assert (result.code, writes(middle)) == (0, 0)


def test_a_change_since_the_read_is_a_conflict(middle: Between) -> None:
    def meddle(method: str, path: str) -> None:
        # Between the read of the object and the look at the revision before the write.
        if path.startswith(BACKEND) and method == "GET" and middle.description() == "":
            middle.write("theirs")

    middle.before = meddle
    result = middle.shell.osmo(*UPDATE)
    assert (result.code, result.out) == (6, "")
    assert "by other: another's change" in result.err
    assert (middle.description(), writes(middle)) == ("theirs", 0)


def test_a_change_at_the_same_time_is_told(middle: Between) -> None:
    def meddle(method: str, path: str) -> None:
        if method == "POST":
            middle.service.post(
                f"{BACKEND}/gpu-a",
                json={"configs": {"grafana_url": "https://g.example.com"}, "description": "more"},
                headers={"x-osmo-user": "other"},
            ).raise_for_status()

    middle.before = meddle
    result = middle.shell.osmo(*UPDATE)
    assert result.code == 0
    assert "another change came at the same time (revision" in result.err
    assert "by other: more); both are stored" in result.err
    assert middle.description() == "mine"


def test_undoing_anothers_change_is_a_conflict(middle: Between) -> None:
    """BACKEND's nested objects are sent whole, so that a race can lose a field of them."""
    middle.shell.file("new.json", '{"scheduler_settings": {"scheduler_timeout": 7}}')

    def meddle(method: str, path: str) -> None:
        if method == "POST":
            settings = {"scheduler_name": "theirs", "scheduler_timeout": 30}
            middle.service.post(
                f"{BACKEND}/gpu-a",
                json={"configs": {"scheduler_settings": settings}, "description": "theirs"},
                headers={"x-osmo-user": "other"},
            ).raise_for_status()

    middle.before = meddle
    result = middle.shell.osmo(*UPDATE)
    assert (result.code, result.out) == (6, "")
    assert "has undone what another changed at the same moment" in result.err
    assert "by other: theirs): scheduler_settings.scheduler_name" in result.err


def test_a_value_that_another_replaced_is_a_conflict(middle: Between) -> None:
    def meddle(method: str, path: str, reply: Reply) -> None:
        if method == "POST":
            middle.write("theirs")

    middle.fault = meddle
    result = middle.shell.osmo(*UPDATE)
    assert (result.code, result.out) == (6, "")
    assert "the change is not stored: description" in result.err


def test_a_service_that_stores_something_else_is_not_believed(middle: Between) -> None:
    def forget(method: str, path: str) -> Reply | None:
        return json_reply(None) if method == "POST" else None

    middle.before = forget
    result = middle.shell.osmo(*UPDATE)
    assert (result.code, result.out) == (10, "")
    assert "but the change is not stored: description" in result.err


UNKNOWN = {
    "500": json_reply({"message": "Internal server error: boom"}, 500),
    "502": Reply(502, b"<html>Bad gateway</html>", {"content-type": "text/html"}),
    "DATABASE": json_reply(
        {"message": "Error: connection pool is closed", "error_code": "DATABASE"}, 400
    ),
    "HTML": Reply(200, b"<html>", {"content-type": "text/html"}),
}


@pytest.mark.parametrize("name", list(UNKNOWN)[:3])
def test_an_error_after_the_write_is_looked_into(middle: Between, name: str) -> None:
    middle.fault = lambda method, path, reply: UNKNOWN[name] if method == "POST" else None
    result = middle.shell.osmo(*UPDATE)
    assert (result.code, result.out) == (0, "Successfully updated BACKEND config\n")
    assert "but the change is stored" in result.err
    assert writes(middle) == 1


@pytest.mark.parametrize("name", list(UNKNOWN)[:3])
def test_an_error_before_the_write_is_not_repeated(middle: Between, name: str) -> None:
    middle.before = lambda method, path: UNKNOWN[name] if method == "POST" else None
    result = middle.shell.osmo(*UPDATE)
    assert (result.code, result.out) == (10, "")
    assert "the change is not stored (checked after the error)" in result.err
    assert writes(middle) == 1


def test_a_service_that_is_gone_after_the_write(middle: Between) -> None:
    failed: list[bool] = []

    def fail(method: str, path: str) -> Reply | None:
        if method == "POST" or failed:
            failed.append(True)
            return UNKNOWN["500"]
        return None

    middle.before = fail
    result = middle.shell.osmo(*UPDATE)
    assert (result.code, result.out) == (10, "")
    assert "unknown outcome" in result.err


def delete(middle: Between) -> Result:
    return middle.shell.osmo("config", "delete", "BACKEND", "gpu-a")


def test_a_deletion_with_running_workflows_names_the_way_out(middle: Between) -> None:
    message = (
        "Internal server error: Backend gpu-a is not finished running workflows. "
        "Alive workflows: train-1"
    )
    middle.before = lambda method, path: (
        json_reply({"message": message}, 500) if method == "DELETE" else None
    )
    result = delete(middle)
    assert (result.code, result.out) == (10, "")
    assert "Alive workflows: train-1" in result.err
    assert "--force" in result.err


def test_a_deletion_with_an_error_is_looked_into(middle: Between) -> None:
    middle.fault = lambda method, path, reply: UNKNOWN["500"] if method == "DELETE" else None
    result = delete(middle)
    assert (result.code, result.out) == (0, 'Successfully deleted BACKEND config "gpu-a"\n')
    assert "is deleted" in result.err


def test_deleting_a_revision(middle: Between) -> None:
    middle.shell.ok(*UPDATE)
    out = middle.shell.ok("config", "delete", "BACKEND:2")
    assert out == "Successfully deleted revision 2 of BACKEND config\n"
    again = middle.shell.osmo("config", "delete", "BACKEND:2")
    assert (again.code, again.out) == (2, "")
    assert "No config history entry found for type BACKEND at revision 2" in again.err


def test_warnings_of_the_service_are_shown_once(middle: Between) -> None:
    text = (
        "WARNING: New client 9.0.0 available.\nPlease update.\n"
        "WARNING: Access token ci is expiring on 2026-12-01 at 12AM UTC."
    )
    middle.headers = {"x-osmo-warning": base64.b64encode(text.encode()).decode()}
    result = middle.shell.osmo(*UPDATE)
    assert result.err.count("Access token ci is expiring on 2026-12-01") == 1
    assert "New client" not in result.err


def test_a_newer_version_is_told_once(middle: Between) -> None:
    middle.headers = {"x-osmo-service-version": "6.2.0"}
    result = middle.shell.osmo(*UPDATE)
    assert result.err.count("the service reports 6.2.0 as the newest version") == 1


def test_a_service_that_locks_old_clients_out_can_still_be_changed(middle: Between) -> None:
    """The check is made for the official client; without the header there is none."""
    outdated = json_reply(
        {
            "message": "Your client is out of date. Client version is 6.0.0 but ...",
            "error_code": "OSMO_ERROR",
        },
        400,
    )

    def answer(method: str, path: str, body: bytes) -> Reply:
        headers = server.requests[-1].headers
        return outdated if "x-osmo-client-version" in headers else middle(method, path, body)

    with answering(answer) as server:
        middle.shell.ok("login", server.url, "--method", "dev", "--username", "admin")
        middle.shell.ok(*UPDATE)
    assert middle.description() == "mine"


def test_an_ordinary_users_token_finds_the_routes(tmp_path: Path) -> None:
    """osmo-user may read neither the OpenAPI document nor the backends."""
    with serving(tmp_path / "service", auth="token") as service:
        admin = Shell.at(tmp_path / "a", OSMO_URL=service.url, OSMO_TOKEN=service.admin_token)
        token = json.loads(admin.ok("token", "set", "mine", "-t", "json"))["token"]
        user = Shell.at(tmp_path / "u", OSMO_URL=service.url, OSMO_TOKEN=token)
        listed = json.loads(user.ok("token", "list", "-t", "json"))
        refused = user.osmo("config", "show", "BACKEND")
    assert "mine" in [entry["token_name"] for entry in listed]
    assert (refused.code, refused.out) == (4, "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("BACKEND", "gpu-a", "scheduler_settings", "scheduler_type"), '"default"\n'),
        (("backend", "gpu-b", "online"), "false\n"),
        (("BACKEND:1",), "[]\n"),
        (("WORKFLOW", "workflow_info"), '{\n  "tags": [],\n  "max_name_length": 64\n}\n'),
        (("WORKFLOW:1", "max_num_tasks"), "20\n"),
        (("WORKFLOW", "workflow_info", "-t", "yaml"), "tags: []\nmax_name_length: 64\n"),
        (("WORKFLOW", "workflow_info", "-t", "text"), "Key               Value\n"),
    ],
)
def test_show_leads_to_a_part(admin: Shell, words: tuple[str, ...], expected: str) -> None:
    assert admin.ok("config", "show", *words).startswith(expected)


def test_an_upgrade_from_seed_to_6_0_is_noticed(shell: Shell) -> None:
    """Both call themselves 6.0.0; only the stored object shows the change."""
    shell.ok("login", "local")
    shell.ok("local", "add-backend", "gpu-a")
    shell.file("new.json", '{"node_conditions": {"additional_node_conditions": ["GpuHealthy"]}}')
    assert shell.ok(*UPDATE) == "Successfully updated BACKEND config\n"
    shell.ok("local", "reset", "--dialect", "6.0")
    shell.ok("local", "add-backend", "gpu-a")
    result = shell.osmo(*UPDATE)
    assert (result.code, result.out) == (2, "")
    assert "6.0 does not have this field and would ignore it" in result.err


def test_an_upgrade_to_6_2_is_noticed(shell: Shell) -> None:
    """It calls itself 6.0.0, too."""
    shell.ok("local", "reset", "--dialect", "6.0")
    shell.ok("login", "local")
    shell.file("group.json", '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}}')
    shell.file("new.json", '{"scheduler_settings": {"coscheduling": true}}')
    shell.ok("local", "add-backend", "gpu-a")
    words = ("config", "update", "GROUP_TEMPLATE", "m", "--create", "--file", "group.json")
    assert "this service has no GROUP_TEMPLATE" in shell.osmo(*words).err
    shell.ok("local", "reset", "--dialect", "6.2")
    shell.ok("local", "add-backend", "gpu-a")
    assert "coscheduling: not sent: 6.2 does not have this field" in shell.osmo(*UPDATE).err
    shell.ok("local", "reset", "--dialect", "6.0")
    assert "this service has no GROUP_TEMPLATE" in shell.osmo("config", "show", words[2]).err
    shell.ok("local", "reset", "--dialect", "6.2")
    assert shell.ok(*words) == "Successfully updated GROUP_TEMPLATE config\n"


def test_a_reader_that_goes_away_is_no_failure(admin: Shell) -> None:
    done = admin.run("sh", "-c", "(osmo config show WORKFLOW; echo $? >status) | true")
    assert done.err == ""
    assert (admin.home / "status").read_text() == "141\n"


def test_no_token_is_created_when_nobody_reads_stdout(admin: Shell) -> None:
    command = "(sleep 0.2; osmo token set unread --no-store; echo $? >status) | true"
    assert admin.run("sh", "-c", command).err == ""
    assert (admin.home / "status").read_text() == "141\n"
    assert admin.osmo("token", "delete", "unread").code == 2


def test_eight_updates_at_once_lose_nothing(tmp_path: Path) -> None:
    """Each is stored, or answered as a conflict."""
    fields = ["description", "dashboard_url", "grafana_url", "router_address"]
    with serving(tmp_path / "service") as service, ThreadPoolExecutor(8) as pool:
        shell = Shell.at(tmp_path / "user")
        shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        for number in range(8):
            field = fields[number % 4]
            value = f"wss://{number}" if field == "router_address" else f"https://{number}"
            shell.file(f"{number}.json", json.dumps({field: value}))
        results = list(
            pool.map(lambda n: shell.osmo(*UPDATE[:-1], f"{n}.json", "-d", f"turn {n}"), range(8))
        )
        stored = json.loads(shell.ok("config", "show", "BACKEND", "gpu-a"))
        history = json.loads(shell.ok("config", "history", "BACKEND", "-t", "json"))["configs"]
    assert {result.code for result in results} <= {0, 6}, results
    successes = [number for number, result in enumerate(results) if result.code == 0]
    assert successes
    # Every success is in the history, and the last of each field is what is stored.
    written = [entry["description"] for entry in history]
    assert {f"turn {number}" for number in successes} <= set(written)
    for field in fields:
        of_field = [int(text[5:]) for text in written if text.startswith("turn ")]
        last = [number for number in of_field if fields[number % 4] == field][-1:]
        assert all(stored[field].endswith(f"//{number}") for number in last)


def test_a_pool_with_what_the_service_works_out_for_it(admin: Shell) -> None:
    pool = {"backend": "gpu-a", "common_pod_template": ["default_user"]}
    admin.file("verbose.json", json.dumps(pool))
    admin.ok("config", "update", "POOL", "verbose", "-f", "verbose.json", "--create")
    brief = json.loads(admin.ok("config", "show", "POOL", "verbose"))
    full = json.loads(admin.ok("config", "show", "pool", "verbose", "-v"))
    assert brief["parsed_pod_template"] == {}
    assert full["parsed_pod_template"]["spec"]["containers"]
    # What it works out is nothing to be stored: the whole of it as a file changes nothing.
    admin.file("verbose.json", json.dumps(full))
    unchanged = admin.osmo("config", "update", "POOL", "verbose", "-f", "verbose.json")
    assert (unchanged.code, unchanged.out) == (0, "No changes were made to the config.\n")
    admin.ok("config", "delete", "POOL", "verbose")
    for what in ("BACKEND", "POOL:1"):
        refused = admin.osmo("config", "show", what, "--verbose")
        assert (refused.code, refused.out) == (2, "")
        assert "--verbose applies to the live POOL only" in refused.err


def test_a_change_of_the_same_description_is_anothers(middle: Between) -> None:
    """A script describes all its changes alike; who undoes another's is told all the same."""
    middle.shell.ok("config", "update", "POOL", "default", "-f", "-", input='{"backend": "gpu-a"}')
    number: list[int] = []

    def meddle(method: str, path: str) -> None:
        if method == "PUT" and path.startswith("/api/configs/pool") and not number:
            number.append(1)
            middle.service.patch(
                "/api/configs/pool/default",
                json={"configs_dict": {"max_exec_timeout": "1h"}, "description": "CI"},
                headers={"x-osmo-user": "admin"},
            ).raise_for_status()

    middle.before = meddle
    words = ("config", "update", "POOL", "default", "-d", "CI", "-f", "-")
    result = middle.shell.osmo(*words, input='{"description": "mine"}')
    assert (result.code, result.out) == (6, "")
    assert "has undone what another changed at the same moment" in result.err
    assert "by admin: CI): " in result.err
    assert "max_exec_timeout" in result.err


def test_a_value_replaced_by_the_same_script_is_a_conflict(middle: Between) -> None:
    def meddle(method: str, path: str, reply: Reply) -> None:
        if method == "POST":
            middle.service.post(
                f"{BACKEND}/gpu-a",
                json={"configs": {"description": "theirs"}, "description": "Set description"},
                headers={"x-osmo-user": "admin"},
            ).raise_for_status()

    middle.fault = meddle
    result = middle.shell.osmo(*UPDATE)
    assert (result.code, result.out) == (6, "")
    assert "the change is not stored: description" in result.err


def test_the_revision_told_is_ones_own(middle: Between) -> None:
    def meddle(method: str, path: str) -> None:
        if method == "PUT":
            middle.service.put(
                "/api/configs/pod_template/theirs",
                json={"configs": {"spec": {}}, "description": "Set spec"},
                headers={"x-osmo-user": "admin"},
            ).raise_for_status()

    middle.before = meddle
    words = ("config", "update", "POD_TEMPLATE", "mine", "--create", "-f", "-")
    result = middle.shell.osmo(*words, input='{"spec": {"a": 1}}')
    assert result.code == 0, result
    history = json.loads(middle.shell.ok("config", "history", "POD_TEMPLATE", "-t", "json"))
    (own,) = (entry["revision"] for entry in history["configs"] if entry["name"] == "mine")
    assert f"stored as revision {own} of POD_TEMPLATE" in result.err


def test_another_clusters_uid_is_warned_of(admin: Shell) -> None:
    admin.file("uid.json", '{"k8s_uid": "another-cluster"}')
    words = ("config", "update", "BACKEND", "gpu-b", "--file", "uid.json", "--dry-run")
    refusal = admin.osmo(*words)
    assert refusal.code == 0
    assert "warning: uid.json:1:13: k8s_uid: another uid locks out the cluster" in refusal.err
    same = json.loads(admin.ok("config", "show", "BACKEND", "gpu-b"))
    admin.file("uid.json", json.dumps(same | {"description": "new"}))
    assert "uid locks" not in admin.osmo(*words).err


DELETABLE = [deletable for deletable in CONFIG_TYPES.values() if deletable.named is not None]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_deleting_what_does_not_exist(dialect: str, tmp_path: Path) -> None:
    with between(tmp_path, dialect) as middle:
        for config_type in DELETABLE:
            if config_type.name not in DIALECTS[dialect].config_types:
                continue
            words = ("config", "delete", config_type.name, "nope", "--description", "teardown")
            done = middle.shell.osmo(*words)
            assert "not found" in done.err
            # The service itself answers so; see test_the_service_answers_a_delete_of_nothing.
            expected = 0 if config_type.deletes_missing else 2
            assert done.code == expected, done
            success = f'Successfully deleted {config_type.name} config "nope"\n'
            assert done.out == (success if expected == 0 else "")
            ignored = middle.shell.osmo(*words, "--ignore-missing")
            assert (ignored.code, ignored.out) == (0, "")
        assert not writes(middle)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_service_answers_a_delete_of_nothing(dialect: str, tmp_path: Path) -> None:
    with between(tmp_path, dialect) as middle:
        headers = {"x-osmo-user": "admin"}
        for config_type in DELETABLE:
            if config_type.name in DIALECTS[dialect].config_types:
                path = f"/api/configs/{config_type.path}/nope"
                answer = middle.service.request("DELETE", path, json={}, headers=headers)
                assert answer.is_success is config_type.deletes_missing
