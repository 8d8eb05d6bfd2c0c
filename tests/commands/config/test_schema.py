"""`osmo config schema` as a user meets it."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from osmo_cli.config.checking.json_schema import forms
from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.processes import Shell

NEWEST = list(DIALECTS)[-1]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_without_a_type_it_is_an_object_of_all(shell: Shell, dialect: str) -> None:
    schemas_shown = json.loads(shell.ok("config", "schema", "--dialect", dialect))
    assert schemas_shown == forms(DIALECTS[dialect])
    assert schemas_shown["workflow"]["$id"] == f"urn:osmo:config:{dialect}:workflow"


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (["workflow"], f"WORKFLOW, all (OSMO {NEWEST})"),
        (["POOL"], f"POOL, all (OSMO {NEWEST})"),
        (["POOL", "--item", "--dialect", "6.0"], "POOL, an item (OSMO 6.0)"),
        (["BACKEND", "--dialect", "seed"], "BACKEND, an item (OSMO seed)"),
    ],
)
def test_a_type_is_its_schema(shell: Shell, words: list[str], title: str) -> None:
    assert json.loads(shell.ok("config", "schema", *words))["title"] == title


def test_into_a_directory_each_form_is_a_file(shell: Shell) -> None:
    result = shell.osmo("config", "schema", "--output-dir", "new/schemas", "--dialect", "6.2")
    files = {path.name: path for path in (shell.home / "new" / "schemas").iterdir()}
    assert (result.code, result.out) == (0, "")
    assert result.err == f"wrote {len(files)} schemas of 6.2 to new/schemas\n"
    assert {name.removesuffix(".schema.json") for name in files} == set(forms(DIALECTS["6.2"]))
    # Again, over what is there.
    shell.ok("config", "schema", "POOL", "--item", "--output-dir", "new/schemas")
    schema = json.loads(files["pool.item.schema.json"].read_text())
    assert Draft202012Validator(schema).is_valid({"$schema": "x", "backend": "gpu-a"})
    assert not Draft202012Validator(schema).is_valid({"bakend": "gpu-a"})


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["POOLS"], 'unknown config type "POOLS"', "did you mean POOL?"),
        (["WORKFLOW", "--item"], "WORKFLOW has no items", "omit --item"),
        (["--item"], "--item requires a type", "osmo config schema TYPE --item"),
        (["POOL", "--dialect", "5"], 'unknown dialect "5"', "one of: seed, 6.0"),
        (
            ["GROUP_TEMPLATE", "--dialect", "6.0"],
            "GROUP_TEMPLATE does not exist in 6.0",
            "it exists in 6.2",
        ),
        (["--output-dir", "file"], "cannot write to file: File exists", ""),
    ],
)
def test_wrong_use(shell: Shell, words: list[str], message: str, hint: str) -> None:
    shell.file("file", "")
    result = shell.osmo("config", "schema", *words)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert hint in result.err
