"""Each thing that a user, file, network or service can get wrong: one clear message, the right
exit code, no traceback, nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.faulty import Reply, answering, json_reply
from tests.support.processes import Service, Shell, serving

UPDATE = ("config", "update", "BACKEND", "gpu-a", "--file")
SERVICE_TOKEN = ("token", "set", "agent", "--service", "--roles")

FILES: dict[str, str | bytes] = {
    "good.json": '{"description": "x"}',
    "empty.json": "",
    "binary.json": b'{"description": "\xff\xfe\x00"}',
    "bad.json": '{"description": "x",\n  "grafana_url": }',
    "twice.json": '{"description": "x",\n "description": "y"}',
    "nan.json": '{"scheduler_settings": {"scheduler_timeout": NaN}}',
    "huge.json": b" " * 50_000_000 + b"{}",
    "list.json": "[1]",
    "type.json": '{\n  "scheduler_settings": {\n    "scheduler_timeout": "30"\n  }\n}',
    "field.json": '{\n  "dashbord_url": "https://d.example.com"\n}',
    "enum.json": '{"scheduler_settings": {"scheduler_type": "default-scheduler"}}',
    "null.json": '{"description": null}',
    "form.json": '{"node_conditions": {"additional_node_conditions": ["GpuHealthy"]}}',
    "mask.json": '{"description": "**********"}',
}

# (arguments, exit code, words of the message, words of the way out)
CASES: dict[str, tuple[tuple[str, ...], int, str, str]] = {
    "missing file": ((*UPDATE, "no.json"), 2, "no.json: file not found", ""),
    "directory": ((*UPDATE, "."), 2, ". is a directory", "name a file in it"),
    "empty": ((*UPDATE, "empty.json"), 2, "empty.json:1:1: the input is empty", "write {}"),
    "binary": ((*UPDATE, "binary.json"), 2, "binary.json:1:18: not UTF-8 text", ""),
    "bad JSON": ((*UPDATE, "bad.json"), 2, "bad.json:2:18: not JSON", "write the value"),
    "duplicate key": ((*UPDATE, "twice.json"), 2, "twice.json:2:2: description: duplicate key", ""),
    "NaN": ((*UPDATE, "nan.json"), 2, "nan.json:1:46: not JSON: NaN", ""),
    "50 MB": ((*UPDATE, "huge.json"), 2, "huge.json is larger than 4 MiB", "right file?"),
    "no object": ((*UPDATE, "list.json"), 2, "list.json:1:1: must be an object", "a list"),
    "wrong type": (
        (*UPDATE, "type.json"),
        2,
        "type.json:3:26: scheduler_settings.scheduler_timeout: must be an integer, not a string",
        "without quotes",
    ),
    "unknown field": (
        (*UPDATE, "field.json"),
        2,
        "field.json:2:3: dashbord_url: unknown field",
        'did you mean "dashboard_url"?',
    ),
    "document's scheduler type": (
        (*UPDATE, "enum.json"),
        2,
        'enum.json:1:43: scheduler_settings.scheduler_type: must be "default"',
        'write "default"',
    ),
    "null": ((*UPDATE, "null.json"), 2, "null.json:1:17: description:", 'write "" to empty it'),
    "seed's node conditions": (
        (*UPDATE, "form.json"),
        2,
        "form.json:1:22: node_conditions.additional_node_conditions:",
        '"^GpuHealthy$": "True"',
    ),
    "mask": ((*UPDATE, "mask.json"), 2, "mask.json:1:17: description: this is a mask", "leave"),
    "unknown backend": (
        ("config", "update", "BACKEND", "gpu-z", "-f", "good.json"),
        2,
        '"gpu-z" not found in BACKEND',
        "existing items: gpu-a, gpu-b",
    ),
    "name with a path": (
        ("config", "delete", "BACKEND", "../gpu-a"),
        2,
        "'../gpu-a' cannot be a name",
        "",
    ),
    "unknown type": (
        ("config", "show", "BAKEND"),
        2,
        'unknown config type "BAKEND"',
        "did you mean BACKEND?",
    ),
    "unknown key": (
        ("config", "show", "BACKEND", "gpu-a", "nope"),
        2,
        '"nope" not found in BACKEND gpu-a',
        "existing keys: name",
    ),
    "index out of range": (
        ("config", "show", "BACKEND", "gpu-a", "tests", "0"),
        2,
        '"0" not found in BACKEND gpu-a tests',
        "",
    ),
    "bad revision": (("config", "show", "BACKEND:x"), 2, '"BACKEND:x" is not TYPE:REVISION', ""),
    "unknown revision": (
        ("config", "show", "BACKEND:999"),
        2,
        "revision 999 of BACKEND not found",
        "config history",
    ),
    "whole BACKEND": (
        ("config", "update", "BACKEND", "-f", "good.json"),
        2,
        "BACKEND is updated one item at a time",
        "osmo config update BACKEND NAME",
    ),
    "named WORKFLOW": (
        ("config", "update", "WORKFLOW", "x", "-f", "good.json"),
        2,
        "WORKFLOW has no named items",
        "",
    ),
    "current revision": (("config", "delete", "BACKEND:3"), 2, "current revision 3", ""),
    "no file, no terminal": (
        ("config", "update", "BACKEND", "gpu-a"),
        2,
        "--file is required without a terminal",
        "--file - reads standard input",
    ),
    "bad date": (("token", "set", "t", "-e", "31/12/2026"), 2, "is not a date", "YYYY-MM-DD"),
    "no such day": (("token", "set", "t", "-e", "2027-02-30"), 2, "is not a date", ""),
    "past date": (("token", "set", "t", "-e", "2020-01-01"), 2, "is not in the future", ""),
    "date too far": (("token", "set", "t", "-e", "2999-01-01"), 2, "is too late", "365d"),
    "bad token name": (("token", "set", "1-"), 2, '"1-" cannot be the name of a token', "letter"),
    "bad role": ((*SERVICE_TOKEN, "no-such-role"), 2, "Invalid role: no-such-role", ""),
    "no role": (("token", "set", "t", "--service"), 2, "needs roles", "osmo-backend"),
    "role of one's own": (("token", "set", "t", "-r", "osmo-user"), 2, "--roles is for", ""),
    "no such token": (("token", "delete", "nobody"), 2, "nobody does not exist", ""),
    "keyring without keyring": (("token", "get", "t"), 4, "no keyring can be used", "OSMO_TOKEN"),
    "unknown command": (("config", "shwo"), 2, "Did you mean 'show'?", "osmo config --help"),
    "unknown noun": (("toke", "list"), 2, "Did you mean 'token'?", "osmo --help"),
    "unknown flag": (("config", "show", "BACKEND", "--nope"), 2, "No such option: --nope", ""),
    "unknown profile": (
        ("whoami", "--profile", "nope"),
        4,
        "profile nope not found",
        "osmo login",
    ),
    "login without scheme": (("login", "osmo.example.com"), 2, "osmo.example.com", "https://"),
    "login by http": (("login", "http://osmo.example.com"), 2, "http", "--allow-http"),
    "login, bad method": (("login", "http://127.0.0.1:1", "--method", "magic"), 2, "magic", ""),
    "login, refused": (
        ("login", "http://127.0.0.1:1", "--method", "code"),
        10,
        "cannot connect to http://127.0.0.1:1",
        "is the service running",
    ),
    "login, no name": (
        ("login", "http://127.0.0.1:1", "--method", "dev"),
        2,
        "--username is required",
        "",
    ),
    "existing output file": (
        ("token", "set", "t", "--output-file", "good.json"),
        2,
        "good.json exists already",
        "nothing was overwritten",
    ),
}


def user_files(home: Path) -> dict[str, str]:
    """Files by name with their text; locks are empty, and a cache may come and go."""
    return {
        path.name: path.read_bytes().decode("latin-1")[:1000]
        for path in home.rglob("*")
        if path.is_file() and path.suffix != ".lock" and ".cache" not in path.parts
    }


def check(result_err: str, message: str, way_out: str) -> None:
    """One message in the form of ours, without what a program's failure would show."""
    assert result_err.startswith(("error: ", "{")), result_err
    assert message in result_err
    assert way_out in result_err
    assert "Traceback" not in result_err
    assert "should not" not in result_err


@pytest.mark.sample(12)
@pytest.mark.parametrize("name", CASES)
def test_one_clear_error(name: str, admin: Shell) -> None:
    for file, content in FILES.items():
        if file in str(CASES[name][0]):
            admin.file(file, content)
    arguments, code, message, way_out = CASES[name]
    before = admin.ok("config", "show", "BACKEND:3"), admin.ok("token", "list", "-t", "json")
    files = user_files(admin.home)

    result = admin.osmo(*arguments)

    assert (result.code, result.out) == (code, "")
    check(result.err, message, way_out)
    after = admin.ok("config", "show", "BACKEND:3"), admin.ok("token", "list", "-t", "json")
    assert after == before
    assert user_files(admin.home) == files


def test_the_same_error_as_json_is_one_object(admin: Shell) -> None:
    admin.file("field.json", FILES["field.json"])
    result = admin.osmo(*UPDATE, "field.json", "--format-type", "json")
    error = json.loads(result.err)
    assert (result.code, result.out, error["code"]) == (2, "", 1)
    assert error["problems"] == [
        {
            "file": "field.json",
            "line": 2,
            "column": 3,
            "path": "dashbord_url",
            "message": "unknown field",
            "hint": 'did you mean "dashboard_url"?',
            "severity": "error",
        }
    ]


def test_a_duplicate_token_keeps_the_first(admin: Shell) -> None:
    first = json.loads(admin.ok("token", "set", "twice", "-t", "json"))["token"]
    result = admin.osmo("token", "set", "twice")
    assert (result.code, result.out) == (2, "")
    check(result.err, "twice already exists", "")
    assert first not in result.err
    admin.ok("token", "delete", "twice")


def version(method: str, path: str, body: bytes) -> Reply:
    return json_reply({"major": "6", "minor": "0", "revision": "0", "hash": ""})


FAULTS: dict[str, tuple[Reply, int, str]] = {
    "HTML": (
        Reply(200, b"<html>Sign in</html>", {"content-type": "text/html"}),
        10,
        "answered 200 with text/html, not JSON",
    ),
    "redirect": (
        Reply(302, b"", {"location": "https://sso.example.com/start?state=abc"}),
        10,
        "was redirected to https://sso.example.com/start; redirects are not followed",
    ),
    "500": (
        json_reply({"message": "Internal server error: disk full"}, 500),
        10,
        "Internal server error: disk full",
    ),
    "429": (Reply(429, b"", {"retry-after": "30"}), 75, "try again in 30 seconds"),
    "401": (Reply(401, b"Jwt is missing", {"content-type": "text/plain"}), 4, "Jwt is missing"),
    "403": (json_reply({"message": "Forbidden", "error_code": 403}, 403), 4, "may not do that"),
    "ConfigMap": (
        json_reply({"message": "managed by ConfigMap", "error_code": "USER"}, 409),
        6,
        "managed by ConfigMap",
    ),
    "expired": (
        json_reply({"message": "Access Token has expired", "error_code": "USER"}, 400),
        4,
        "create a new token with `osmo token set",
    ),
    "expired, seed": (
        json_reply({"message": "Token is expired, but no refresh token is present"}, 400),
        4,
        "create a new token with `osmo token set",
    ),
    "broken JSON": (Reply(200, b'{"backends": ['), 10, "not JSON"),
    "something else": (json_reply("hello"), 10, "unexpected answer of the service: BACKEND"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_service_is_explained(name: str, shell: Shell) -> None:
    reply, code, message = FAULTS[name]

    def answer(method: str, path: str, body: bytes) -> Reply:
        return version(method, path, body) if path == "/api/version" else reply

    with answering(answer) as faulty:
        shell.ok("login", faulty.url, "--method", "dev", "--username", "admin")
        result = shell.osmo("config", "show", "BACKEND")
    assert (result.code, result.out) == (code, "")
    check(result.err, message, "")


def test_an_expired_access_token_ends_in_exit_4(shell: Shell, tmp_path: Path) -> None:
    with serving(tmp_path / "service", auth="token") as service:
        env = {"OSMO_URL": service.url, "OSMO_TOKEN": "0" * 64}
        result = shell.osmo("config", "show", "BACKEND", env=env)
    assert (result.code, result.out) == (4, "")
    check(result.err, "does not know this access token", "osmo login URL")
    assert "0" * 64 not in result.err


def test_a_login_without_keyring_writes_nothing(shell: Shell, tmp_path: Path) -> None:
    with serving(tmp_path / "service", auth="token") as service:
        shell.file("token", service.admin_token)
        result = shell.osmo("login", service.url, "--token-file", "token")
    assert (result.code, result.out) == (4, "")
    check(result.err, "no keyring can be used", "--insecure-storage")
    assert user_files(shell.home) == {"token": service.admin_token}


def test_a_home_that_cannot_be_written_is_one_error(tmp_path: Path, service: Service) -> None:
    shell = Shell.at(tmp_path / "home")
    shell.file("file", "")
    env = {"HOME": str(shell.home / "file")}
    result = shell.osmo("login", service.url, "--method", "dev", "--username", "a", env=env)
    assert (result.code, result.out) == (2, "")
    check(result.err, "cannot", "")


@pytest.mark.parametrize(
    "words",
    [
        ("config", "history", "--name"),
        ("config", "tag", "BACKEND", "--set"),
        ("config", "delete", "POOL", "default", "--description"),
        ("token", "set", "odd", "--no-store", "--description"),
    ],
    ids=lambda words: words[1],
)
def test_a_command_line_that_is_no_utf8_is_not_sent(admin: Shell, words: tuple[str, ...]) -> None:
    # As Python itself hands the byte 0xff of a command line on.
    result = admin.osmo(*words, "\udcff")
    assert (result.code, result.out) == (2, "")
    check(result.err, "not valid UTF-8", "nothing was sent")
