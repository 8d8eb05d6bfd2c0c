"""`osmo config update` from YAML, as a user runs it."""

from __future__ import annotations

import json

import pytest

from tests.support.processes import Shell

UPDATE = ("config", "update", "BACKEND", "gpu-a", "--file")


def stored(shell: Shell, *words: str) -> object:
    return json.loads(shell.ok("config", "show", *words, "-t", "json"))


def test_a_yaml_file_is_stored_as_json_would_be(admin: Shell) -> None:
    admin.file(
        "backend.yaml",
        "# what the backend is\n"
        "$schema: https://example.com/backend.json\n"
        "description: on\n"
        "node_conditions:\n"
        "  rules:\n"
        '    "^Ready$": "True"\n'
        "    GpuHealthy: 'True'\n",
    )
    done = admin.osmo(*UPDATE, "backend.yaml")
    assert (done.code, done.out) == (0, "Successfully updated BACKEND config\n")
    backend = stored(admin, "BACKEND", "gpu-a")
    assert isinstance(backend, dict)
    assert backend["description"] == "on"
    assert backend["node_conditions"]["rules"] == {"^Ready$": "True", "GpuHealthy": "True"}
    assert admin.ok(*UPDATE, "backend.yaml") == "No changes were made to the config.\n"


def test_yaml_on_stdin_is_asked_for(admin: Shell) -> None:
    text = "description: from stdin\n"
    refused = admin.osmo(*UPDATE, "-", input=text)
    assert (refused.code, refused.out) == (2, "")
    assert "<stdin>:1:1: not JSON: this is YAML" in refused.err
    assert "--format yaml" in refused.err
    admin.ok(*UPDATE, "-", "--format", "yaml", input=text)
    assert stored(admin, "BACKEND", "gpu-a", "description") == "from stdin"


def test_what_show_prints_as_yaml_is_no_change(admin: Shell) -> None:
    admin.file("odd.json", json.dumps({"description": "0o17", "dashboard_url": "https://x/~"}))
    admin.ok(*UPDATE, "odd.json")
    admin.file("same.yml", admin.ok("config", "show", "BACKEND", "gpu-a", "-t", "yaml"))
    assert admin.ok(*UPDATE, "same.yml") == "No changes were made to the config.\n"


@pytest.mark.parametrize("name", ["template.json", "template.yaml"])
def test_schema_is_not_stored_in_an_item_that_takes_any_field(admin: Shell, name: str) -> None:
    text = {"$schema": "https://example.com/x.json", "spec": {"priority": 5}}
    admin.file(name, json.dumps(text))
    item = name.replace(".", "-")
    admin.ok("config", "update", "POD_TEMPLATE", item, "--file", name, "--create")
    admin.file("all.json", json.dumps({"$schema": "x", f"{item}-2": {"spec": {}}}))
    admin.ok("config", "update", "POD_TEMPLATE", "--file", "all.json")
    stored_now = stored(admin, "POD_TEMPLATE")
    assert isinstance(stored_now, dict)
    assert stored_now[item] == {"spec": {"priority": 5}}
    assert stored_now[f"{item}-2"] == {"spec": {}}
    assert "$schema" not in stored_now


def test_problems_have_their_places_in_yaml(admin: Shell) -> None:
    admin.file("wrong.yaml", "descripton: x\nscheduler_settings:\n  scheduler_timeout: '60'\n")
    done = admin.osmo(*UPDATE, "wrong.yaml")
    assert done.code == 2
    assert 'wrong.yaml:1:1: descripton: unknown field (did you mean "description"?)' in done.err
    assert "wrong.yaml:3:22: scheduler_settings.scheduler_timeout: must be an integer" in done.err


def test_several_documents_send_nothing(admin: Shell) -> None:
    admin.file("two.yaml", "description: one\n---\ndescription: two\n")
    done = admin.osmo("--debug", *UPDATE, "two.yaml")
    assert done.code == 2
    assert "two.yaml:2:1: a second document begins here (put each config" in done.err
    assert "debug:" not in done.err


def test_how_flags_that_begin_alike_are_told_apart(admin: Shell) -> None:
    admin.file("new.yaml", "description: alike\n")
    update = (*UPDATE, "new.yaml", "--dry-run")
    # A flag that is this program's own has no short form (docs/config.md, Flags).
    assert admin.ok(*update, "--form", "json").startswith("{")
    assert not admin.ok(*update, "--format", "yaml").startswith("{")
    as_json = admin.osmo(*update, "--format=json")
    assert (as_json.code, "new.yaml:1:1: not JSON" in as_json.err) == (2, True)
    assert admin.osmo(*update, "--format", "toml").code == 2
    alone = admin.osmo("config", "update", "BACKEND", "gpu-a", "--format", "yaml")
    assert alone.code == 2


def test_only_yaml_loads_the_yaml_library(admin: Shell) -> None:
    admin.file("new.json", '{"description": "no yaml"}')
    admin.file("new.yaml", "description: yaml\n")
    for name, loads in (("new.json", False), ("new.yaml", True)):
        code = (
            "import sys, osmo_cli.main as m\n"
            f"code = m.run(['config', 'update', 'BACKEND', 'gpu-a', '--file', '{name}'])\n"
            "print(code, 'yaml' in sys.modules)"
        )
        done = admin.run("python", "-c", code)
        assert done.out.splitlines()[-1] == f"0 {loads}", done.err
