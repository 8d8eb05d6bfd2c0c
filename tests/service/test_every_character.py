"""What is shown for machines reads back as it is stored: every character, and every name."""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from osmo_cli.config.reading.yaml_text import write_yaml
from tests.support.processes import Shell

# The database of a service cannot hold U+0000 (docs/service/errors.md#error-bodies).
POINTS = [point for point in range(1, sys.maxunicode + 1) if not 0xD800 <= point <= 0xDFFF]
INVISIBLE = "".join(
    f"a{character}"
    for character in map(chr, POINTS)
    if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")
)
TEXTS = {
    "invisible characters": INVISIBLE,
    "joined signs": "\U0001f468\u200d\U0001f469\u200d\U0001f467, \U0001f3f3\ufe0f\u200d\U0001f308",
    "a soft hyphen": "Donau\u00addampf",
    "a bidirectional override": "user\u202egnp.exe\u2066",
    "marks at the ends": "\ufeffa\u200b",
    "lines": "one\r\ntwo\u2028three\u2029four\x85five\n",
    "escapes": "\\u200d \\x1b %E2%80%8D &zwj; \x1b[31m",
    "noncharacters": "\ufffe\uffff\U0001fffe\U0010ffff",
}


@pytest.fixture
def local(tmp_path: Path) -> Shell:
    shell = Shell.at(tmp_path, OSMO_URL="local")
    shell.ok("local", "reset", "--dialect", "6.2")
    shell.ok("local", "add-backend", "gpu-a")
    return shell


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", TEXTS)
def test_every_character_reads_back(name: str, local: Shell) -> None:
    text = TEXTS[name]
    local.file("new.json", json.dumps({"description": text}))
    local.ok("config", "update", "BACKEND", "gpu-a", "--file", "new.json")
    shown = local.ok("config", "show", "BACKEND", "gpu-a", "-t", "json")
    in_yaml = local.ok("config", "show", "BACKEND", "gpu-a", "-t", "yaml")
    for output in (shown, in_yaml):
        assert output.replace("\n", "").isprintable()
    assert json.loads(shown)["description"] == text
    assert yaml.safe_load(in_yaml)["description"] == text
    written = [("again.yaml", in_yaml)]
    for form in ("json", "yaml"):
        local.ok("config", "export", form, "--type", "BACKEND", "--format", form)
        (file,) = (local.home / form).rglob("*gpu-a*")
        exported = file.read_text("utf-8")
        signs = set(exported) - {"\n"}
        assert not {unicodedata.category(sign) for sign in signs} & {"Cc", "Cf", "Zl", "Zp"}
        read = json.loads(exported) if form == "json" else yaml.safe_load(exported)
        assert read["description"] == text
        written.append((f"exported.{form}", exported))
    for file_name, content in written:
        local.file(file_name, content)
        again = local.osmo("config", "update", "BACKEND", "gpu-a", "--file", file_name)
        assert (again.code, "No changes" in again.out) == (0, True), again


def test_code_points_read_back() -> None:
    """All of the basic plane, and beyond it those that are invisible and a part of the others."""
    points = [
        point
        for point in POINTS
        if point <= 0xFFFF or point % 499 == 0 or unicodedata.category(chr(point)) == "Cf"
    ]
    lines = ["".join(map(chr, points[start : start + 512])) for start in range(0, len(points), 512)]
    value = {lines[0]: lines}
    assert yaml.safe_load(write_yaml(value)) == value
    few = {lines[0]: lines[:4]}
    text = write_yaml(few, ascii_only=True)
    assert text.isascii()
    assert yaml.safe_load(text) == few


WORDS = {
    "TEAM": "gpu-cluster",
    "ADDRESS": "https://osmo.example.com",
    "REGION": "us-west-2",
    "WORD": "description",
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("variable", WORDS)
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_referenced_word_is_replaced_in_its_field_only(
    form: str, variable: str, local: Shell
) -> None:
    word = WORDS[variable]
    content: dict[str, Any] = {
        "description": f"${{env:{variable}}}",
        "router_address": f"wss://{word.rpartition('/')[2]}.example.com",
        "node_conditions": {"rules": {f"^{word}$": "^True$"}},
    }
    local.file("new.json", json.dumps(content))
    local.env[variable] = word
    update = ("config", "update", "BACKEND", "gpu-a", "--references", "--file", "new.json")
    preview = local.ok(*update, "--dry-run", "--format-type", form)
    read: dict[str, Any] = json.loads(preview) if form == "json" else yaml.safe_load(preview)
    body = read["request"]["body"]["configs"]
    assert body["description"] in ("(secret, changed)", "(secret)")
    assert body["router_address"] == content["router_address"]
    assert body["node_conditions"]["rules"] == content["node_conditions"]["rules"]
    # A secret field refers to the same word.
    secret = {"backend_images": {"credential": {"auth": f"${{env:{variable}}}"}}}
    local.file("secret.json", json.dumps(secret | {"workflow_info": {"tags": [word]}}))
    update = (
        "config",
        "update",
        "WORKFLOW",
        "--file",
        "secret.json",
        "--dry-run",
        "--format-type",
        form,
    )
    preview = local.ok(*update)
    read = json.loads(preview) if form == "json" else yaml.safe_load(preview)
    body = read["request"]["body"]["configs_dict"]
    assert body["backend_images"]["credential"]["auth"].startswith("(secret")
    assert body["workflow_info"]["tags"] == [word]
