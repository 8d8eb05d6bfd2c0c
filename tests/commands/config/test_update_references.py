"""`osmo config update` with values from the environment and from files, as a user runs it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.processes import Shell, serving
from tests.support.worlds import world

UPDATE = ("config", "update", "BACKEND", "gpu-a", "--references", "--file")
AS_WRITTEN = tuple(word for word in UPDATE if word != "--references")
CREDENTIAL = """{
  "backend_images": {
    "credential": {
      "registry": "nvcr.io",
      "username": "$oauthtoken",
      "auth": "${env:NGC_API_KEY}"
    }
  }
}
"""


def description(shell: Shell) -> object:
    return json.loads(shell.ok("config", "show", "BACKEND", "gpu-a", "description"))


def test_the_image_credential_of_register_backend(tmp_path: Path) -> None:
    """The page's sample without its shell quoting; `$oauthtoken` is no reference."""
    with serving(tmp_path / "service", dialect="seed") as service:
        shell = Shell.at(tmp_path / "home", NGC_API_KEY="nvapi-the-key")
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        shell.file("workflow_config.json", CREDENTIAL)
        update = ("config", "update", "WORKFLOW", "--file", "workflow_config.json")
        first = shell.osmo("--debug", *update)
        second = shell.osmo("--debug", *update)
        shell.env["NGC_API_KEY"] = "nvapi-another-key"
        third = shell.osmo(*update)
        shown = json.loads(shell.ok("config", "show", "WORKFLOW", "backend_images", "credential"))
        history = shell.ok("config", "history", "WORKFLOW")

    assert first.out == "Successfully updated WORKFLOW config\n"
    assert "backend_images.credential.auth: (secret) -> (secret, sent)" in first.err
    # Its fingerprint is kept, as that of a secret in the file is.
    assert second.out == "No changes were made to the config.\n"
    assert set(re.findall(r"debug: ([A-Z]+) ", second.err)) == {"GET"}
    assert "backend_images.credential.auth: (secret) -> (secret, changed)" in third.err
    assert shown["username"] == "$oauthtoken"
    assert "nvapi" not in "".join((first.out, first.err, second.err, third.err, history))
    kept = [path for path in shell.home.rglob("*") if path.is_file()]
    assert not [path for path in kept if "nvapi-" in path.read_text()]


def test_paths_are_relative_to_the_file_that_names_them(admin: Shell) -> None:
    folder = admin.home / "configs"
    (folder / "keys").mkdir(parents=True)
    (folder / "keys" / "a").write_text("from a file\n")
    (folder / "backend.yaml").write_text("description: ${file:keys/a}, ${env:WHO}\n")
    admin.env["WHO"] = "me"
    admin.ok(*UPDATE, "configs/backend.yaml")
    assert description(admin) == "from a file, me"
    admin.file("here", "beside")
    admin.ok(*UPDATE, "-", input='{"description": "${file:here} $${env:WHO} ${WHO} {{x}}"}')
    assert description(admin) == "beside ${env:WHO} ${WHO} {{x}}"


def test_what_is_not_there_is_told_at_once_and_nothing_is_sent(admin: Shell) -> None:
    admin.file("empty", "")
    admin.file(
        "backend.json",
        '{\n  "description": "${env:GONE}",\n  "dashboard_url": "${file:gone}",\n'
        '  "grafana_url": "https://${file:empty}/${file:.}${vault:x}"\n}',
    )
    done = admin.osmo("--debug", *UPDATE, "backend.json")
    assert (done.code, done.out) == (2, "")
    problems = [line[7:] for line in done.err.splitlines() if "backend.json:" in line]
    assert problems == [
        "backend.json:2:18: description: the environment variable GONE is not set (export GONE)",
        "backend.json:3:20: dashboard_url: gone: file not found",
        "backend.json:4:18: grafana_url: empty is empty (it should hold one secret)",
        "backend.json:4:18: grafana_url: . is a directory (name a file in it)",
        'backend.json:4:18: grafana_url: unknown source "vault" in a reference (sources: env, '
        "file, keyring; write $${ for a literal ${)",
    ]
    assert "debug: POST" not in done.err


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux's /proc")
def test_a_file_that_cannot_be_read(admin: Shell) -> None:
    done = admin.osmo(*UPDATE, "-", input='{"description": "${file:/proc/self/mem}"}')
    assert done.code == 2
    # Its first page belongs to nobody.
    assert "cannot read /proc/self/mem: Input/output error" in done.err


def test_a_value_with_a_fault_is_not_in_the_message(admin: Shell) -> None:
    admin.env["VALUE"] = "short"
    text = (
        '{"tests": ["${env:VALUE}", "${env:VALUE}"],\n'
        '"scheduler_settings": {"scheduler_type": "${env:VALUE}",\n'
        '"scheduler_timeout": "${env:VALUE}"}}'
    )
    done = admin.osmo(*UPDATE, "-", input=text)
    assert done.code == 2
    hint = "(the value comes from a reference, and is a string)"
    assert f"<stdin>:1:28: tests[1]: duplicate value {hint}" in done.err
    assert "<stdin>:2:42: scheduler_settings.scheduler_type: must be " in done.err
    message = f"scheduler_settings.scheduler_timeout: must be an integer, not a string {hint}"
    assert f"<stdin>:3:22: {message}" in done.err
    assert "short" not in done.err


def test_what_show_printed_can_be_given_back(admin: Shell) -> None:
    admin.ok(*AS_WRITTEN, "-", input='{"description": "${file:/etc/hostname}"}')
    admin.file("copy.json", admin.ok("config", "show", "BACKEND", "gpu-a"))
    done = admin.osmo(*AS_WRITTEN, "copy.json")
    assert (done.code, done.out) == (0, "No changes were made to the config.\n")
    assert done.err == ""
    assert description(admin) == "${file:/etc/hostname}"


def test_a_value_that_the_service_shows_is_compared(admin: Shell) -> None:
    admin.env["WHO"] = "team"
    text = '{"description": "${env:WHO}"}'
    first = admin.osmo(*UPDATE, "-", input=text)
    assert re.search(r"description: .* -> \(secret, changed\)", first.err)
    assert "team" not in first.err
    assert admin.ok(*UPDATE, "-", input=text) == "No changes were made to the config.\n"
    admin.env["WHO"] = "crew"
    second = admin.osmo(*UPDATE, "-", input=text)
    assert "description: (secret) -> (secret, changed)" in second.err
    assert "team" not in second.err


def test_helm_values_do_not_hold_it(tmp_path: Path) -> None:
    with world("6.4 ConfigMap", tmp_path) as place:
        place.shell.env["WHO"] = "who?"
        text = '{"description": "${env:WHO}", "grafana_url": "https://g.example.com"}'
        done = place.shell.osmo(*UPDATE, "-", input=text)
        assert done.code == 6
        assert "https://g.example.com" in done.out
        assert 'description: "(secret, changed)"' in done.out
        assert (
            "gpu-a.description: a value that comes from a reference is not shown; write it here"
            in done.err
        )
        new = {"endpoint": "s3://b", "access_key_id": "i", "access_key": "${env:WHO}"}
        text = json.dumps({"workflow_log": {"credential": new}})
        masked = place.shell.osmo("config", "update", "WORKFLOW", "--file", "-", input=text)
        assert masked.code == 6
        assert "secretName" in masked.out
        assert "write it there" not in masked.err
        assert "who?" not in done.out + done.err + masked.out + masked.err


def test_only_the_keyring_loads_the_keyring_library(admin: Shell) -> None:
    admin.env["WHO"] = "team"
    admin.file("new.json", '{"description": "${env:WHO} light"}')
    code = (
        "import sys, osmo_cli.main as m\n"
        "code = m.run(['config', 'update', 'BACKEND', 'gpu-a', '--file', 'new.json'])\n"
        "print(code, 'keyring' in sys.modules, 'yaml' in sys.modules)"
    )
    done = admin.run("python", "-c", code)
    assert done.out.splitlines()[-1] == "0 False False", done.err
