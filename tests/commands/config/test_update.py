"""`osmo config update`, also on a service that fails or is changed at a chosen moment."""

from __future__ import annotations

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.between import BACKEND, UNKNOWN, UPDATE, Between, writes
from tests.support.faulty import Reply, answering, json_reply
from tests.support.processes import Shell, serving


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


@pytest.mark.thorough
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


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_backend_of_a_pool_is_looked_up_before_it_is_sent(
    dialect: str, shell: Shell, tmp_path: Path
) -> None:
    with serving(tmp_path / "service", dialect=dialect) as service:
        shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        shell.file("pool.json", '{\n  "backend": "gpu-z"\n}')
        words = ("config", "update", "POOL", "research", "--file", "pool.json", "--create")
        refused = shell.osmo(*words)
        assert (refused.code, refused.out) == (2, "")
        assert "pool.json:2:14: backend: BACKEND not found" in refused.err
        assert shell.osmo("config", "show", "POOL", "research").code == 2
        # The service accepts it in the whole type.
        shell.file("pools.json", '{"research": {"backend": "gpu-z"}}')
        done = shell.osmo("config", "update", "POOL", "--file", "pools.json")
        assert done.code == 0
        assert "research.backend: BACKEND not found" in done.err
        # What is stored already is not judged again, and the service's error is explained.
        shell.file("pool.json", '{"backend": "gpu-z", "description": "new"}')
        done = shell.osmo("config", "update", "POOL", "research", "--file", "pool.json")
        assert done.code == 0
        assert "answered with an error, but the change is stored" in done.err
        shell.file("pool.json", '{"backend": "gpu-a"}')
        done = shell.osmo("config", "update", "POOL", "research", "--file", "pool.json")
        assert (done.code, "warning" in done.err) == (0, False)


def test_an_empty_item_is_created(admin: Shell) -> None:
    admin.file("empty.json", "{}")
    words = ("config", "update", "POD_TEMPLATE", "empty", "--file", "empty.json")
    assert admin.ok(*words, "--create") == "Successfully updated POD_TEMPLATE config\n"
    assert json.loads(admin.ok("config", "show", "POD_TEMPLATE", "empty")) == {}
    assert admin.ok(*words) == "No changes were made to the config.\n"
    history = json.loads(admin.ok("config", "history", "POD_TEMPLATE", "-c", "1", "-t", "json"))
    assert history["configs"][0]["description"] == "Create POD_TEMPLATE empty"
