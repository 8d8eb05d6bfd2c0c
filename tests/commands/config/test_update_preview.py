"""`osmo config update --dry-run`: the diff of the stored object, and the request."""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.faulty import Reply, answering
from tests.support.processes import Result, Service, Shell, on_terminal, serving

CREDENTIAL = '{"backend_images": {"credential": {"auth": "%s"}}}'


@pytest.fixture
def service(tmp_path: Path) -> Any:
    with serving(tmp_path / "service") as running:
        Shell.at(tmp_path / "operator").ok("local", "add-backend", "gpu-a", "--db", str(running.db))
        yield running


def dry_run(
    shell: Shell, text: str, *words: str, to: tuple[str, ...] = ("BACKEND", "gpu-a")
) -> Result:
    return shell.osmo("config", "update", *to, "--file", "-", "--dry-run", *words, input=text)


def test_the_diff_is_that_of_what_show_prints_before_and_after(admin: Shell) -> None:
    text = '{"description": "new", "node_conditions": {"rules": {"^Gpu": "True"}}, "tests": []}'

    def now() -> str:
        """What is stored; its operator is heard of all the time."""
        shown = admin.ok("config", "show", "BACKEND", "gpu-a")
        return re.sub(r'(?<="last_heartbeat": )"[^"]*"', "TIME", shown)

    before = now()
    preview = dry_run(admin, text)
    assert preview.code == 0
    assert now() == before
    admin.ok("config", "update", "BACKEND", "gpu-a", "--file", "-", input=text)
    after = now()
    names = "BACKEND gpu-a (revision 2)", "BACKEND gpu-a (after)"
    expected = difflib.unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="")
    assert preview.out.splitlines() == list(expected)


def test_the_request_is_the_one_that_is_sent(admin: Shell, service: Service) -> None:
    sent: list[tuple[str, str, Any]] = []
    with httpx.Client(base_url=service.url, headers={"x-osmo-user": "admin"}) as client:

        def watch(method: str, path: str, body: bytes) -> Reply:
            if method != "GET":
                sent.append((method, path, json.loads(body)))
            headers = {"content-type": "application/json"}
            answer = client.request(method, path, content=body, headers=headers)
            return Reply(answer.status_code, answer.content, headers)

        inputs = {
            ("BACKEND", "gpu-a"): '{"scheduler_settings": {"scheduler_timeout": 9}, "tests": []}',
            ("WORKFLOW",): '{"max_num_tasks": 31, "workflow_info": {"tags": ["a"]}}',
            ("POD_TEMPLATE", "h100", "--create"): '{"spec": {"x": 1}}',
            ("POOL",): '{"default": {"description": "everybody\'s", "backend": "gpu-a"}}',
        }
        with answering(watch) as server:
            admin.ok("login", server.url, "--method", "dev", "--username", "admin")
            for to, text in inputs.items():
                sent.clear()
                words = ("--description", "why", "--tags", "a", "b", "--format-type", "json")
                previewed = json.loads(dry_run(admin, text, *words, to=to).out)
                assert (previewed["changed"], sent) == (True, [])
                words = ("--file", "-", "--description", "why", "--tags", "a", "b")
                admin.ok("config", "update", *to, *words, input=text)
                assert sent == [tuple(previewed["request"].values())]


def test_the_diff_is_alone_on_stdout(admin: Shell) -> None:
    preview = dry_run(admin, '{"description": "new"}')
    assert preview.out.startswith("--- BACKEND gpu-a (revision 2)\n+++ BACKEND gpu-a (after)\n@@ ")
    assert preview.err.splitlines()[0] == "the request would be: POST /api/configs/backend/gpu-a"
    assert preview.err.splitlines()[-1] == "dry run: nothing was sent"
    body = json.loads("\n".join(preview.err.splitlines()[1:-1]))
    assert body == {"configs": {"description": "new"}, "description": "Set description"}


def test_a_new_item_is_all_new(admin: Shell) -> None:
    preview = dry_run(admin, '{"spec": {}}', "--create", to=("POD_TEMPLATE", "h100"))
    assert preview.out.splitlines() == [
        "--- POD_TEMPLATE h100 (does not exist)",
        "+++ POD_TEMPLATE h100 (after)",
        "@@ -0,0 +1,3 @@",
        "+{",
        '+  "spec": {}',
        "+}",
    ]


def test_what_can_be_known_of_a_secret(admin: Shell, service: Service) -> None:
    def outcome(secret: str) -> str:
        preview = dry_run(admin, CREDENTIAL % secret, to=("WORKFLOW",))
        assert "secret-" not in preview.out + preview.err
        return preview.out + preview.err

    # The service shows a mask for an empty secret too, so this cannot be known.
    assert '+      "auth": "(secret, sent)"' in outcome("secret-one")
    text = CREDENTIAL % "secret-one"
    admin.ok("config", "update", "WORKFLOW", "--file", "-", input=text)
    assert outcome("secret-one") == "No changes were made to the config.\n"
    assert '+      "auth": "(secret, changed)"' in outcome("secret-two")
    both = text[:-1] + ', "max_num_tasks": 7}'
    preview = dry_run(admin, both, "--format-type", "json", to=("WORKFLOW",))
    previewed = json.loads(preview.out)
    assert previewed["request"]["body"]["configs_dict"] == {"max_num_tasks": 7}
    assert [difference["path"] for difference in previewed["differences"]] == ["max_num_tasks"]

    other = Shell.at(admin.home / "other")
    other.ok("login", service.url, "--method", "dev", "--username", "other")
    theirs = CREDENTIAL % "secret-three"
    other.ok("config", "update", "WORKFLOW", "--file", "-", input=theirs)
    # Another has stored one since: whether it is this one nobody says.
    assert '+      "auth": "(secret, sent)"' in outcome("secret-two")


def test_a_secret_where_none_is_stored_is_a_change(admin: Shell) -> None:
    new = {"endpoint": "s3://b", "access_key_id": "i", "access_key": "k-secret"}
    text = json.dumps({"workflow_log": {"credential": new}})
    preview = dry_run(admin, text, to=("WORKFLOW",))
    assert '"access_key": "(secret, changed)"' in preview.out
    assert '"access_key": "(secret, changed)"' in preview.err
    assert "k-secret" not in preview.out + preview.err


def test_the_exit_code_tells_whether_there_is_a_change(admin: Shell) -> None:
    text = '{"description": "new"}'
    assert dry_run(admin, text, "--exit-code").code == 5
    assert dry_run(admin, text, "--exit-code", "--format-type", "json").code == 5
    assert dry_run(admin, '{"description": 5}', "--exit-code").code == 2
    admin.ok("config", "update", "BACKEND", "gpu-a", "--file", "-", input=text)
    same = dry_run(admin, text, "--exit-code")
    assert (same.code, same.out) == (0, "No changes were made to the config.\n")
    as_data = dry_run(admin, text, "--exit-code", "--format-type", "json")
    assert as_data.code == 0
    none = {"changed": False, "diff": "", "differences": [], "request": None, "requests": []}
    assert json.loads(as_data.out) == none
    alone = admin.osmo("config", "update", "BACKEND", "gpu-a", "--file", "-", "--exit-code")
    assert (alone.code, alone.out) == (2, "")
    assert "--exit-code requires --dry-run" in alone.err


def test_a_terminal_has_colours_and_a_pipe_has_none(admin: Shell) -> None:
    admin.file("new.json", '{"description": "new"}')
    words = ("config", "update", "BACKEND", "gpu-a", "--file", "new.json", "--dry-run")
    seen = on_terminal(admin, *words).out
    assert '\x1b[32m+  "description": "new",\x1b[0m' in seen
    assert '\x1b[31m-  "description": "",\x1b[0m' in seen
    assert "\x1b" not in on_terminal(admin, *words, env={"NO_COLOR": "1"}).out
    assert "\x1b" not in admin.ok(*words)
    assert re.sub(r"\x1b\[\d*m", "", seen).startswith("--- BACKEND gpu-a (revision 2)\n")


def test_a_new_item_is_shown_without_what_the_service_sets(admin: Shell) -> None:
    admin.file("pool.json", '{"backend": "gpu-a", "description": "new"}')
    words = ("config", "update", "POOL", "new", "--create", "--file", "pool.json", "--dry-run")
    previewed = json.loads(admin.ok(*words, "-t", "json"))
    paths = {difference["path"] for difference in previewed["differences"]}
    assert {"backend", "description", "platforms"} <= paths
    assert not {"status", "parsed_pod_template", "last_heartbeat", "name"} & paths
    [request] = previewed["requests"]
    assert request["body"]["description"] == "Create POOL new"
