"""No check refuses what real services showed or took."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from osmo_cli.config.checking.json_schema import json_schema
from osmo_cli.config.checking.offline import check_document
from osmo_cli.config.problems import InvalidInputError
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.registry.dialects import V6_0, V6_2, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES

REFUSED_HERE = {
    "be-unk.json": "unknown fields, which the service drops",
    "be-wt3.json": "a number for a text, which the service turns into one",
    "bt-1.json": "an unknown field, which the service drops",
    "role-5.json": "another role's name, under which the service stores it",
    "wf-7.json": "an unknown field, which the official client drops",
    "x-dup.json": "a key that stands twice",
    "x-f.json": "a fraction, which the service cuts off",
    "x-g4.json": "no version, which locks every client out",
    "x-n.json": "null, which is no object",
}
"""Inputs that the official client took with exit code 0 (docs/differences.md)."""


def errors(text: str, shape: Shape) -> list[str]:
    try:
        problems = check_document(parse_json("in.json", text), shape, new=False)
    except InvalidInputError as error:
        return [str(error)]
    return [str(problem) for problem in problems if problem.severity == "error"]


def shown(exchange: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    """Config type, item and JSON text of what an answer shows."""
    parts = exchange["path"].strip("/").split("/")
    types = {row.path: row for row in CONFIG_TYPES.values()}
    if (exchange["method"], exchange["status"], parts[:2]) != ("GET", 200, ["api", "configs"]):
        return []
    if len(parts) not in (3, 4) or parts[2] not in types:
        return []
    config_type, body = types[parts[2]], exchange["response_json"]
    if len(parts) == 3 and config_type.whole is None:
        items = config_type.items_in(body)
        return [(config_type.name, name, json.dumps(item)) for name, item in items.items()]
    return [(config_type.name, parts[3] if len(parts) == 4 else None, json.dumps(body))]


@pytest.mark.parametrize(("version", "dialect"), [("6.0.0", V6_0), ("6.2.10", V6_2)])
def test_every_answer_passes(recordings: Path, version: str, dialect: Dialect) -> None:
    exchanges = json.loads((recordings / f"exchanges-{version}.json").read_text("utf-8"))
    documents = {document for exchange in exchanges for document in shown(exchange)}
    assert len(documents) > 50
    assert {kind for kind, _, _ in documents} == set(dialect.config_types)
    schemas = {
        (kind, item): Draft202012Validator(json_schema(CONFIG_TYPES[kind], dialect, item=item))
        for kind, item in {(kind, name is not None) for kind, name, _ in documents}
    }
    for kind, name, text in sorted(documents, key=str):
        assert errors(text, Shape(CONFIG_TYPES[kind], dialect, name)) == [], (kind, name, text)
        # An editor that knows the schema marks nothing in it, either.
        marked = [
            error.message for error in schemas[kind, name is not None].iter_errors(json.loads(text))
        ]
        assert marked == [], (kind, name, text)


def test_every_file_passes_that_the_official_client_took(recordings: Path) -> None:
    invocations = json.loads((recordings / "official-cli-6.0.0.json").read_text("utf-8"))
    taken: dict[str, list[str]] = {}
    for invocation in invocations:
        words = invocation["argv"]
        flag = next((flag for flag in ("--file", "-f") if flag in words), None)
        if words[1:3] != ["config", "update"] or invocation["rc"] or flag is None:
            continue
        file = recordings / "files-6.0.0" / Path(words[words.index(flag) + 1]).name
        name = words[4] if not words[4].startswith("-") else None
        if file.exists():
            shape = Shape(CONFIG_TYPES[words[3]], V6_0, name)
            taken[file.name] = errors(file.read_text("utf-8-sig"), shape)
    assert len(taken) > 40
    assert {name for name, row in taken.items() if row} == set(REFUSED_HERE)
