"""Every field of every type in every dialect: a right value passes, a wrong one is found; and the
fields are those that the services describe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from osmo_cli.config.problems import Problem
from osmo_cli.config.registry.dialects import DIALECTS, SEED, V6_0, V6_2, V6_3, V6_4, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType
from osmo_cli.config.schemas.base import bare, secret_paths
from osmo_cli.config.secrets import MASK
from tests.unit.config.field_values import FREE_FORM
from tests.unit.config.fields import ITEM, FieldCase, cases, replaced
from tests.unit.config.inputs import found_in

OF_ITEMS = {name for name, row in CONFIG_TYPES.items() if row.is_by_item}
ALL = [
    pytest.param(CONFIG_TYPES[name], dialect, id=f"{dialect.name}-{name}")
    for dialect in DIALECTS.values()
    for name in sorted(dialect.config_types)
]
EXPECTED = {"seed": 203, "6.0": 193, "6.2": 203, "6.3": 209, "6.4": 203}
"""The number of fields since each version, so that none is lost unnoticed."""


def problems(case: FieldCase, document: Any) -> list[Problem]:
    """What is said of a document, but for the fields that it may leave out."""
    name = ITEM if case.config_type.name in OF_ITEMS else None
    reported = found_in(case.config_type.name, document, case.dialect, name=name)
    return [problem for problem in reported if problem.message != "this field is missing"]


def is_set_by_the_service(case: FieldCase) -> bool:
    name = ITEM if case.config_type.name in OF_ITEMS else None
    return Shape(case.config_type, case.dialect, name).is_read_only(case.path)


@pytest.mark.parametrize(("config_type", "dialect"), ALL)
def test_a_right_and_a_wrong_value_of_each_field(config_type: ConfigType, dialect: Dialect) -> None:
    for case in cases(config_type, dialect):
        right = problems(case, case.document)
        if is_set_by_the_service(case):
            # It is not sent, whatever it is.
            wrong = problems(case, replaced(case.document, case.path, {"any": ["thing"]}))
            assert {problem.severity for problem in (*right, *wrong)} <= {"warning"}, case.name
            assert all("set by the service" in problem.message for problem in wrong), case.name
            continue
        assert [str(problem) for problem in right] == [], (case.name, case.document)
        wrong = problems(case, replaced(case.document, case.path, case.wrong))
        at = [problem for problem in wrong if problem.path[: len(case.path)] == case.path]
        assert at, (case.name, case.wrong, [str(problem) for problem in wrong])
        assert all(problem.line == 1 and problem.column for problem in at)


@pytest.mark.parametrize(("config_type", "dialect"), ALL)
def test_a_mask_and_a_misspelt_name_of_each_field(
    config_type: ConfigType, dialect: Dialect
) -> None:
    secret = set(secret_paths(config_type.schema(dialect)))
    for case in cases(config_type, dialect):
        if is_set_by_the_service(case):
            continue
        reported = problems(case, replaced(case.document, case.path, MASK))
        masks = [problem for problem in reported if " mask" in problem.message]
        is_secret = tuple(case.name.split(".")) in secret
        expected = [(case.path, "warning" if is_secret else "error")]
        assert [(problem.path, problem.severity) for problem in masks] == expected, case.name
        *parent, name = case.path
        other = (*parent, f"{name}x")
        reported = problems(case, replaced(case.document, other, 1))
        unknown = [problem for problem in reported if problem.message == "unknown field"]
        assert [problem.path for problem in unknown] == [other]
        assert unknown[0].hint == f'did you mean "{name}"?'


@pytest.mark.parametrize(
    ("kind", "dialect"),
    [
        pytest.param(kind, dialect, id=f"{dialect.name}-{kind}")
        for kind in FREE_FORM
        for dialect in DIALECTS.values()
        if kind in dialect.config_types
    ],
)
def test_fields_of_free_objects(kind: str, dialect: Dialect) -> None:
    fields = [(tuple(name.split(".")), *values) for name, *values in FREE_FORM[kind]]
    right: Any = {}
    for path, value, _ in fields:
        if value is not None:
            right = replaced_in(right, path, value)
    assert found_in(kind, right, dialect, name=ITEM) == []
    for path, _, wrong in fields:
        reported = found_in(kind, replaced_in(right, path, wrong), dialect, name=ITEM)
        assert [problem.severity for problem in reported] == ["error"], (path, reported)


def replaced_in(document: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    inner = document.get(path[0], {})
    rest = replaced_in(inner, path[1:], value) if len(path) > 1 else value
    return document | {path[0]: rest}


def names(dialect: Dialect) -> set[str]:
    return {
        f"{name} {case.name}"
        for name in dialect.config_types
        for case in cases(CONFIG_TYPES[name], dialect)
    } | {
        f"{kind} {field}"
        for kind, fields in FREE_FORM.items()
        if kind in dialect.config_types
        for field, *_ in fields
    }


def test_the_number_of_fields(figures: list[str]) -> None:
    counts = {name: len(names(dialect)) for name, dialect in DIALECTS.items()}
    together = len(set[str]().union(*map(names, DIALECTS.values())))
    listed = ", ".join(f"{count} in {name}" for name, count in counts.items())
    figures.append(f"fields covered: {sum(counts.values())} ({listed}; {together} different ones)")
    assert counts == {name: dialect.newest(EXPECTED) for name, dialect in DIALECTS.items()}


DESCRIBED = {
    "BACKEND": "BackendConfig",
    "BACKEND_TEST": "BackendTests",
    "DATASET": "DatasetConfig",
    "POOL": "Pool",
    "RESOURCE_VALIDATION": "ResourceAssertion",
    "ROLE": "Role",
    "SERVICE": "ServiceConfig",
    "WORKFLOW": "WorkflowConfig",
}
"""The services' names of what a type's requests hold; templates have none: any object is one."""


def described(schemas: dict[str, Any], schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """Paths of the fields of a schema of an OpenAPI document."""
    for part in (schema, *schema.get("allOf", []), *schema.get("anyOf", [])):
        if "$ref" in part:
            yield from described(schemas, schemas[part["$ref"].rsplit("/", 1)[1]], at)
            continue
        for field, inner in part.get("properties", {}).items():
            path = f"{at}.{field}" if at else field
            yield path
            yield from described(schemas, inner, path)
        for entries in ("items", "additionalProperties"):
            if isinstance(part.get(entries), dict):
                yield from described(schemas, part[entries], f"{at}.*")


@pytest.mark.parametrize(
    ("version", "dialect"), [("6.0.0", V6_0), ("6.2.10", V6_2), ("6.4-dev", V6_4)]
)
def test_the_fields_are_those_that_the_service_describes(
    recordings: Path, version: str, dialect: Dialect, figures: list[str]
) -> None:
    document = json.loads((recordings / f"openapi-{version}.json").read_text("utf-8"))
    schemas = document["components"]["schemas"]
    assert dialect.config_types - DESCRIBED.keys() <= FREE_FORM.keys()
    total = 0
    for kind in sorted(dialect.config_types & DESCRIBED.keys()):
        name = DESCRIBED[kind]
        theirs = set(described(schemas, schemas.get(f"{name}-Input") or schemas[name]))
        if kind == "RESOURCE_VALIDATION":  # the schema of one of a list
            theirs = {f"*.{field}" for field in theirs}
        config_type = CONFIG_TYPES[kind]
        shape = Shape(config_type, dialect, ITEM)
        computed = {field for field in theirs if shape.is_read_only(tuple(field.split(".")))}
        ours = {case.name for case in cases(config_type, dialect)}
        # Inside of what the service computes there is nothing to check; and what it sets itself
        # is in the answers about a backend, not in the requests.
        assert theirs - ours <= computed, kind
        set_by_it = {".".join(map(str, path)) for path in config_type.read_only}
        assert ours - theirs <= (set_by_it if kind == "BACKEND" else set()), kind
        total += len(theirs & ours)
    figures.append(f"fields that {version} describes, all of them covered: {total}")


SHOWN = {"SERVICE", "WORKFLOW", "BACKEND", "POOL", "ROLE"}


def as_shown(model: Any, shown: Any) -> Iterator[str]:
    """Paths at which a model and an object of a service differ in their fields."""
    for key, value in shown.items() if isinstance(shown, dict) else ():
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        field = model.model_fields.get(key)
        if field is None:
            yield key
            continue
        yield from (f"{key}.{path}" for path in as_shown(bare(field.annotation), value))
    if isinstance(shown, dict) and isinstance(model, type) and issubclass(model, BaseModel):
        yield from model.model_fields.keys() - shown.keys()


@pytest.mark.parametrize(
    ("version", "dialect"),
    [("seed", SEED), ("6.0.0", V6_0), ("6.2.10", V6_2), ("6.3.1", V6_3), ("6.4-dev", V6_4)],
)
def test_the_fields_are_those_that_the_service_shows(
    recordings: Path, version: str, dialect: Dialect
) -> None:
    """The first GET of each type; the seed generation describes itself in no recording."""
    exchanges = json.loads((recordings / f"exchanges-{version}.json").read_text("utf-8"))
    seen = set()
    for exchange in exchanges:
        kind = exchange["step"].removeprefix("show.")
        if exchange["step"] != f"show.{kind}" or kind not in SHOWN:
            continue
        seen.add(kind)
        row = CONFIG_TYPES[kind]
        data = exchange["response_json"]
        objects = list(row.items_in(data).values()) if row.is_by_item else [data]
        model = row.item_schema(dialect)
        for shown in objects:
            model.model_validate(shown)
            missing = {path for path in as_shown(model, shown) if path not in NOT_SHOWN}
            assert not missing, (kind, missing)
    assert seen == SHOWN


NOT_SHOWN = {
    "parsed_pod_template",
    "parsed_resource_validations",
    "parsed_group_templates",
    "parsed_pod_template_for_accounting",
    "last_heartbeat",
}
"""What the service computes, and shows only in detailed answers."""
