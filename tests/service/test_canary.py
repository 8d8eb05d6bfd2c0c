"""A secret that is put in everywhere comes out nowhere: no output, log, error or file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS, V6_0
from osmo_cli.config.registry.types import CONFIG_TYPES
from tests.support.faulty import Reply, answering, json_reply
from tests.support.processes import Result, Service, Shell, on_terminal, serving

CANARY = "canary-5f3c9a-Secret"
INPUT = "input.json"
UPDATE = ("config", "update", "WORKFLOW", "--file", INPUT)


def credential(**fields: object) -> str:
    return json.dumps({"backend_images": {"credential": fields}})


INPUTS: dict[str, str] = {
    "where it belongs": credential(auth=CANARY),
    "in a new object": json.dumps(
        {
            "workflow_log": {
                "credential": {"endpoint": "s3://b", "access_key_id": "i", "access_key": CANARY}
            }
        }
    ),
    "in an unknown field": credential(auht=CANARY),
    "in a field of another kind": json.dumps({"max_num_tasks": CANARY}),
    "in an enumeration": json.dumps({"workflow_data": {"download_type": CANARY}}),
    "in a bad endpoint": json.dumps(
        {"workflow_log": {"credential": {"endpoint": f"http://{CANARY}@host"}}}
    ),
    "in a list": credential(auth=[CANARY]),
    "in an object": credential(auth={"value": CANARY}),
    "beside another error": credential(auth=CANARY, registry=5),
    "in broken JSON": f'{{"backend_images": {{"credential": {{"auth": "{CANARY}"}}}},',
    "in an unfinished text": f'{{"auth": "{CANARY}',
    "twice": f'{{"auth": "{CANARY}", "auth": "{CANARY}"}}',
}


# Each holds the canary by reference, in the environment, in a file, and inside a longer text.
REFERENCES = ("${env:CANARY}", "${file:canary}", "with $${x} ${env:CANARY} around it")
REFERRING: dict[str, tuple[tuple[str, ...], object]] = {
    "in a secret field": (("WORKFLOW",), {"backend_images": {"credential": {"auth": "%s"}}}),
    "in a field that is shown": (("BACKEND", "gpu-a"), {"description": "%s"}),
    "in a list": (("WORKFLOW",), {"workflow_info": {"tags": ["a", "%s"]}}),
    "in a new item": (("POD_TEMPLATE", "canary", "--create"), {"spec": {"x": ["%s", {"y": "%s"}]}}),
    "in an action of a role": (
        ("ROLE", "osmo-backend"),
        {
            "name": "osmo-backend",
            "description": "%s",
            "policies": [{"actions": ["http:/%s/*:get", "http:/a/*:*"]}],
        },
    ),
    "in a map that is replaced": (
        ("BACKEND", "gpu-a"),
        {"node_conditions": {"rules": {"^A": "%s"}}},
    ),
    "in an unknown field": (("BACKEND", "gpu-a"), {"descripton": "%s"}),
    "in a number": (("WORKFLOW",), {"max_num_tasks": "%s"}),
    "in an enumeration": (("WORKFLOW",), {"workflow_data": {"download_type": "%s"}}),
    "in a bad endpoint": (
        ("WORKFLOW",),
        {"workflow_log": {"credential": {"endpoint": "http://%s@host"}}},
    ),
    "in a name": (
        ("ROLE", "osmo-backend"),
        {"name": "%s", "description": "", "policies": [{"actions": ["http:/a/*:*"]}]},
    ),
    "in the name of an item of a list": (
        ("ROLE",),
        [{"name": "%s", "description": "", "policies": []}],
    ),
    "twice in a list of names": (("BACKEND", "gpu-a"), {"tests": ["%s", "%s"]}),
    "beside one that is not there": (("BACKEND", "gpu-a"), {"description": "%s ${env:GONE}"}),
}

RIGHT = 6
"""The first of them are stored."""


def assert_clean(shell: Shell, *results: Result) -> None:
    for result in results:
        assert CANARY not in result.out
        assert CANARY not in result.err
        assert "Traceback" not in result.err
    leaks = [
        str(path)
        for path in shell.home.rglob("*")
        if path.is_file()
        and path.name not in (INPUT, "canary")
        and CANARY.encode() in path.read_bytes()
    ]
    assert leaks == []


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", INPUTS)
def test_in_a_file(name: str, admin: Shell) -> None:
    admin.file(INPUT, INPUTS[name])
    admin.env["TMPDIR"] = str(admin.home)
    assert_clean(
        admin,
        admin.osmo("--debug", *UPDATE, "--dry-run"),
        admin.osmo("--debug", *UPDATE, "--dry-run", "--format-type", "json"),
        admin.osmo("--debug", *UPDATE),
        admin.osmo("--debug", *UPDATE, "--format-type", "json"),
        on_terminal(admin, "--debug", *UPDATE),
        admin.osmo("--debug", "config", "show", "WORKFLOW"),
        admin.osmo("config", "show", "WORKFLOW", "-t", "yaml"),
        admin.osmo("config", "show", "WORKFLOW:2"),
    )


def test_in_a_file_for_the_newest_service(tmp_path: Path) -> None:
    """It repeats what is wrong in a request, and takes a registry's secret under two names."""
    newest = list(DIALECTS)[-1]
    with serving(tmp_path / "service", dialect=newest) as service:
        shell = Shell.at(tmp_path / "user", TMPDIR=str(tmp_path))
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        for text in (*INPUTS.values(), credential(password=CANARY), credential(password=[CANARY])):
            shell.file(INPUT, text)
            assert_clean(shell, shell.osmo("--debug", *UPDATE))
        assert_clean(shell, shell.osmo("--debug", "config", "show", "WORKFLOW"))


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", REFERRING)
def test_by_reference(name: str, admin: Shell) -> None:
    target, content = REFERRING[name]
    is_right = list(REFERRING).index(name) < RIGHT
    reference = REFERENCES[list(REFERRING).index(name) % len(REFERENCES)]
    admin.file(INPUT, json.dumps(content).replace("%s", reference))
    admin.file("canary", CANARY + "\n")
    admin.env |= {"TMPDIR": str(admin.home), "CANARY": CANARY}
    update = ("--debug", "config", "update", *target, "--references", "--file", INPUT)
    preview = admin.osmo(*update, "--dry-run")
    assert (preview.code, "(secret, " in preview.out) == ((0, True) if is_right else (2, False))
    assert_clean(
        admin,
        preview,
        admin.osmo(*update, "--dry-run", "--format-type", "json"),
        admin.osmo(*update, "--dry-run", "--format-type", "yaml"),
        on_terminal(admin, *update, "--dry-run"),
        admin.osmo(*update, "--format-type", "json"),
        on_terminal(admin, *update),
        admin.osmo("config", "history"),
    )


@pytest.mark.parametrize(
    "fields", [{"auth": CANARY}, {"auth": "${env:CANARY}"}, {"username": "u-${env:CANARY}"}]
)
def test_a_service_that_repeats_it(shell: Shell, admin: Shell, fields: dict[str, str]) -> None:
    """6.4's 400 for an unknown field repeats the input.

    docs/service/secrets.md#secrets-in-error-messages
    """
    workflow = json.loads(admin.ok("config", "show", "WORKFLOW"))
    openapi = {
        "paths": {
            "/api/auth/access_token/user/{token_name}": {},
            **{f"/api/configs/{CONFIG_TYPES[name].path}": {} for name in V6_0.config_types},
        },
        "components": {
            "schemas": {"BackendNodeConditions": {"properties": {"rules": {}, "prefix": {}}}}
        },
    }

    def answer(method: str, path: str, body: bytes) -> Reply:
        if path == "/api/version":
            return json_reply({"major": "6", "minor": "0", "revision": "0"})
        if path == "/api/openapi.json":
            return json_reply(openapi)
        if path.startswith("/api/configs/history"):
            return json_reply({"configs": []})
        if method == "PATCH":
            text = body.decode()
            message = f"{text}: Extra inputs are not permitted [type=x, input_value={text}"
            return json_reply({"message": message, "error_code": "USAGE"}, 400)
        if path == "/api/configs/workflow":
            return json_reply(workflow)
        return json_reply({"backends": [], "pools": {}})  # nothing of any other type

    shell.file(INPUT, credential(**fields))
    shell.env["CANARY"] = CANARY
    with answering(answer) as faulty:
        shell.ok("login", faulty.url, "--method", "dev", "--username", "admin")
        result = shell.osmo("--debug", *UPDATE, "--references")
        (sent,) = [request for request in faulty.requests if request.method == "PATCH"]
    assert CANARY.encode() in sent.body
    assert result.code == 1
    assert "Extra inputs are not permitted" in result.err
    assert "(secret)" in result.err.splitlines()[-1]
    assert "input_value" not in result.err
    assert_clean(shell, result)


def test_a_token_that_is_refused(shell: Shell, tmp_path: Path) -> None:
    with serving(tmp_path / "service", auth="token") as service:
        shell.env |= {"OSMO_URL": service.url, "OSMO_TOKEN": CANARY}
        results = [
            shell.osmo("--debug", *words)
            for words in (("whoami",), ("token", "list"), ("config", "show", "BACKEND"))
        ]
        del shell.env["OSMO_URL"], shell.env["OSMO_TOKEN"]
        shell.file(INPUT, CANARY)
        for words in (("--token", CANARY), ("--token-file", INPUT)):
            results.append(shell.osmo("--debug", "login", service.url, *words))
        results.append(shell.osmo("login", service.url, "--token-file", "-", input=CANARY))
        results.append(shell.osmo("login", service.url, "--token-file", "-", input=f"{CANARY} x"))
    assert all(result.code in (2, 4) for result in results)
    assert_clean(shell, *results)


def test_user_info_in_an_address(shell: Shell) -> None:
    address = f"https://admin:{CANARY}@osmo.example.com"
    shell.env["OSMO_TOKEN"] = "x" * 64
    result = shell.osmo("config", "show", "BACKEND", env={"OSMO_URL": address})
    del shell.env["OSMO_TOKEN"]
    results = [result, shell.osmo("login", address, "--method", "dev", "--username", "x")]
    assert [result.code for result in results] == [2, 2]
    assert_clean(shell, *results)


def test_a_made_token_is_on_stdout_alone(admin: Shell, service: Service) -> None:
    for flags in ((), ("-t", "json"), ("--no-store",)):
        created = admin.osmo("--debug", "token", "set", "shown-once", *flags)
        token = created.out.split('"')[3] if flags[:1] == ("-t",) else created.out.split()[-1]
        assert len(token) == 64
        assert token not in created.err
        listed = admin.osmo("--debug", "token", "list", "-t", "json")
        deleted = admin.osmo("--debug", "token", "delete", "shown-once")
        assert token not in listed.out + listed.err + deleted.out + deleted.err
        assert [p for p in admin.home.rglob("*") if p.is_file() and token in p.read_text()] == []
