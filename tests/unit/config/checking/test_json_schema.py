"""JSON Schema of the config types: valid itself, complete, and of one mind with our own checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from osmo_cli.config.checking.json_schema import forms, has_form, json_schema
from osmo_cli.config.checking.offline import check_document
from osmo_cli.config.problems import Path
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.reading.references import References, resolve
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType
from osmo_cli.config.schemas.base import bare, secret_paths
from osmo_cli.config.schemas.storage import CREDENTIAL_DESCRIPTIONS
from osmo_cli.errors import UsageError
from tests.support.sampling import some
from tests.unit.config.fields import ITEM, cases, replaced

EVERY_FORM = [
    pytest.param(dialect, config_type, item, id=f"{dialect.name}-{config_type.path}-{item}")
    for dialect in DIALECTS.values()
    for config_type in CONFIG_TYPES.values()
    for item in (False, True)
    if config_type.name in dialect.config_types and has_form(config_type, item=item)
]
every_form = pytest.mark.parametrize(("dialect", "config_type", "item"), EVERY_FORM)
_ROLE = '{"name": "r", "description": "d", "policies": [{"actions": [%s]}]}'
_VALIDATION = '{"operator": "%s", "left_operand": "1", "right_operand": "2", "assert_message": ""}'
_KEY = '"access_key_id": "id", "access_key": "key"'


def properties(schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every field of a schema with its path."""
    if not isinstance(schema, dict):
        return
    for name, field in schema.get("properties", {}).items():
        if isinstance(field, dict) and name != "$schema":
            yield (*path, name), field
        yield from properties(field, (*path, name))
    inner = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
    for member in inner:
        yield from properties(member, (*path, "*"))
    for member in (schema.get("items"), *schema.get("anyOf", ())):
        yield from properties(member, path)


@every_form
def test_a_schema_is_one_that_every_validator_and_editor_can_read(
    dialect: Dialect, config_type: ConfigType, item: bool
) -> None:
    schema = json_schema(config_type, dialect, item=item)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].startswith(f"urn:osmo:config:{dialect.name}:{config_type.path}")
    assert config_type.name in schema["title"]
    text = json.dumps(schema)
    assert "?P<" not in text, "JavaScript has no such groups"
    assert "$ref" not in text


def test_every_schema_has_an_id_of_its_own() -> None:
    ids = [schema["$id"] for member in DIALECTS.values() for schema in forms(member).values()]
    assert len(ids) == len(set(ids)) == len(EVERY_FORM)


@every_form
def test_every_field_is_described_in_a_sentence(
    dialect: Dialect, config_type: ConfigType, item: bool
) -> None:
    schema = json_schema(config_type, dialect, item=item)
    wrong = [
        path for path, field in properties(schema) if not field.get("description", "").endswith(".")
    ]
    assert not wrong


def fields(annotation: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = bare(annotation)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        for name, field in inner.model_fields.items():
            yield (*path, name), field
            yield from fields(field.annotation, (*path, name))
    elif get_origin(inner) is dict:
        yield from fields(get_args(inner)[1], (*path, "*"))
    elif get_origin(inner) is list:
        yield from fields(get_args(inner)[0], path)


@pytest.mark.parametrize("config_type", CONFIG_TYPES.values(), ids=lambda row: row.name)
def test_every_field_is_described_and_no_description_is_unused(config_type: ConfigType) -> None:
    definition = config_type.definition
    used: set[str] = set()
    for dialect in DIALECTS.values():
        if config_type.name not in dialect.config_types:
            continue
        for path, field in fields(config_type.schema(dialect)):
            ends = [".".join(path[start:]) for start in range(len(path))]
            entry = next((end for end in ends if end in definition.descriptions), None)
            assert entry, path
            assert not field.description, path
            used |= {entry, *(end for end in ends if end in definition.keywords)}
    # Shared by the types that have storage credentials; and an alias is not a field of a model.
    others = {*CREDENTIAL_DESCRIPTIONS, "password", ""}
    assert not (definition.descriptions.keys() | definition.keywords.keys()) - used - others


@every_form
def test_what_is_secret_or_set_by_the_service_is_marked(
    dialect: Dialect, config_type: ConfigType, item: bool
) -> None:
    shape = Shape(config_type, dialect, "x" if item else None)
    listed = list(properties(json_schema(config_type, dialect, item=item)))
    read_only = {path[-1] for path, field in listed if field.get("readOnly")}
    there = {path[-1] for path, _ in listed}
    assert read_only == {path[-1] for path in config_type.read_only} & there
    secret = {path[-1] for path, field in listed if field.get("writeOnly")}
    assert secret == {path[-1] for path in secret_paths(shape.model())}


@every_form
def test_a_file_may_say_where_its_schema_is(
    dialect: Dialect, config_type: ConfigType, item: bool
) -> None:
    schema = json_schema(config_type, dialect, item=item)
    accepted = [member for member in schema.get("anyOf", [schema]) if member["type"] == "object"]
    assert all(member["properties"]["$schema"]["type"] == "string" for member in accepted)
    # A list has no place for it.
    assert accepted or schema["type"] == "array"


# (type, item, file, dialects) that both take, and that both refuse.
RIGHT: list[tuple[str, str | None, str, str]] = [
    ("BACKEND", "a", '{"description": "x", "dashboard_url": "https://d.example.com"}', "all"),
    ("BACKEND", "a", '{"scheduler_settings": {"scheduler_timeout": 60}}', "all"),
    ("BACKEND", "a", '{"node_conditions": {"rules": {"^Ready$": "True"}}}', "6.0"),
    ("BACKEND", "a", '{"node_conditions": {"rules": null}}', "6.2"),
    ("BACKEND", "a", '{"node_conditions": {"ignore_node_conditions": ["A*"]}}', "seed"),
    ("BACKEND", "a", '{"online": true, "name": "a"}', "all"),
    ("WORKFLOW", None, "{}", "all"),
    ("WORKFLOW", None, '{"workflow_data": {"credential": null}}', "all"),
    ("WORKFLOW", None, '{"workflow_log": {"credential": {"region": "eu"}}}', "all"),
    ("WORKFLOW", None, '{"backend_images": {"credential": {"auth": "${env:KEY}"}}}', "all"),
    ("WORKFLOW", None, '{"user_workflow_limits": {"max_num_tasks": null}}', "all"),
    ("WORKFLOW", None, '{"backend_images": {"credential": {"password": "x"}}}', "6.3"),
    ("WORKFLOW", None, '{"workflow_log": {"credential": {"endpoint": "s3://b"}}}', "6.3"),
    ("WORKFLOW", None, '{"labels_config": {"policy": [{"key": "team"}]}}', "6.4"),
    ("SERVICE", None, '{"service_auth": {"max_token_duration": "P30D"}}', "6.3"),
    ("SERVICE", None, '{"service_auth": {"max_token_duration": "30d"}}', "all"),
    ("SERVICE", None, '{"cli_config": {"min_supported_version": "6.2.0"}}', "all"),
    ("DATASET", None, '{"buckets": {"b": {"dataset_path": "s3://b/x"}}}', "all"),
    ("DATASET", "b", '{"mode": "read-only"}', "all"),
    ("POOL", "p", '{"backend": "a", "platforms": {"h100": {"allowed_mounts": ["/x"]}}}', "all"),
    ("POOL", None, '{"p": {"backend": "a"}}', "all"),
    ("POOL", None, '{"pools": {"p": {"backend": "a"}}}', "all"),
    ("POOL", "p", '{"topology_keys": [{"key": "rack", "label": "example.com/rack"}]}', "6.2"),
    ("POOL", "p", '{"action_permissions": {"cancel": "POOL"}}', "6.0"),
    ("POD_TEMPLATE", "t", '{"spec": {"nodeSelector": {"gpu": "h100"}}}', "all"),
    ("POD_TEMPLATE", None, '{"t": {"spec": {}}}', "all"),
    (
        "GROUP_TEMPLATE",
        "t",
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}}',
        "6.2",
    ),
    ("RESOURCE_VALIDATION", "v", f"[{_VALIDATION % 'LE'}]", "all"),
    # A value from elsewhere stands where a text of some form is wanted.
    ("DATASET", "b", '{"dataset_path": "${env:BUCKET}"}', "all"),
    ("WORKFLOW", None, '{"workflow_log": {"credential": {"endpoint": "${file:/e}"}}}', "all"),
    ("WORKFLOW", None, '{"max_exec_timeout": "${env:LONGEST}"}', "all"),
    ("POOL", "p", '{"max_exec_timeout": "", "default_exec_timeout": "12h"}', "all"),
    ("SERVICE", None, '{"cli_config": {"min_supported_version": null}}', "all"),
    ("SERVICE", None, '{"cli_config": {"min_supported_version": "6.2.10.abc"}}', "all"),
    ("ROLE", "r", _ROLE % '"http:/api/pool/*:Get"', "6.0"),
    ("ROLE", "r", _ROLE % '{"base": "http", "path": "*", "method": "*"}', "6.0"),
    ("ROLE", None, f"[{_ROLE}]" % '"http:/api/pool/*:Get"', "seed"),
    ("ROLE", "r", _ROLE % '"workflow:Create"', "6.2"),
    (
        "BACKEND_TEST",
        "t",
        '{"name": "t", "description": "", "cron_schedule": "0 3 * * 1-5", "test_timeout": "1h30m", '
        '"common_pod_template": ["t"], "node_conditions": ["example.com/gpu"]}',
        "all",
    ),
]
WRONG: list[tuple[str, str | None, str, str]] = [
    ("BACKEND", "a", '{"descripton": "x"}', "all"),
    ("BACKEND", "a", '{"description": null}', "all"),
    ("BACKEND", "a", '{"scheduler_settings": {"scheduler_timeout": "60"}}', "all"),
    ("BACKEND", "a", '{"scheduler_settings": {"scheduler_timeout": 20.7}}', "all"),
    ("BACKEND", "a", '{"scheduler_settings": {"scheduler_type": "default-scheduler"}}', "all"),
    ("BACKEND", "a", '{"scheduler_settings": {"coscheduling": true}}', "6.2"),
    ("BACKEND", "a", '{"node_conditions": {"rules": {}}}', "seed"),
    ("BACKEND", "a", '{"node_conditions": {"ignore_node_conditions": []}}', "6.2"),
    ("BACKEND", "a", '{"tests": ["x", "x"]}', "all"),
    ("BACKEND", "a", "[]", "all"),
    ("WORKFLOW", None, '{"max_num_tasks": "20"}', "all"),
    ("WORKFLOW", None, '{"user_workflow_limits": {"max_num_tasks": 0}}', "all"),
    ("WORKFLOW", None, '{"plugins_config": {"rsync": {"read_bandwidth_limit": -1}}}', "all"),
    ("WORKFLOW", None, '{"workflow_log": {"credential": {"endpoint": "http://x"}}}', "all"),
    ("WORKFLOW", None, '{"backend_images": {"credential": {"auth": 1}}}', "all"),
    ("SERVICE", None, '{"service_auth": {"max_token_duration": "30 days"}}', "all"),
    ("WORKFLOW", None, '{"backend_images": {"credential": {"password": "x"}}}', "6.2"),
    ("WORKFLOW", None, '{"labels_config": {"policy": [{"enforcement": "no"}]}}', "6.4"),
    ("WORKFLOW", None, '{"labels_config": {}}', "6.3"),
    ("SERVICE", None, '{"cli_config": {"client_install_url": "x"}}', "6.0"),
    ("DATASET", None, '{"buckets": {"b": {"dataset_path": "/x"}}}', "all"),
    ("DATASET", None, '{"buckets": {"b": {"mode": "rw"}}}', "all"),
    ("DATASET", "b", '{"check_key": true}', "6.2"),
    ("POOL", "p", '{"platforms": {"h100": {"allowed_mounts": "/x"}}}', "all"),
    ("POOL", "p", '{"topology_keys": [{"key": "rack"}]}', "6.2"),
    ("POOL", "p", '{"topology_keys": []}', "6.0"),
    ("POOL", None, '{"1p": {"backend": "a"}}', "all"),
    ("POD_TEMPLATE", "t", "[]", "all"),
    ("GROUP_TEMPLATE", "t", '{"kind": "ConfigMap", "metadata": {"name": "m"}}', "6.2"),
    (
        "GROUP_TEMPLATE",
        "t",
        '{"apiVersion": "v1", "kind": "K", "metadata": {"name": "m", "namespace": "n"}}',
        "6.2",
    ),
    ("RESOURCE_VALIDATION", "v", f"[{_VALIDATION % 'NE'}]", "all"),
    ("RESOURCE_VALIDATION", "v", '[{"operator": "GT"}]', "all"),
    ("ROLE", "r", '{"name": "r"}', "all"),
    ("ROLE", "r", _ROLE % '"GET /api/pool"', "6.0"),
    ("ROLE", "r", _ROLE % "1", "6.2"),
    ("ROLE", "r", _ROLE % '"http:/api/pool/*:Get"', "6.2"),
    ("BACKEND_TEST", "t", '{"cron_schedule": "0 3 * *"}', "all"),
    ("BACKEND_TEST", "t", '{"cron_schedule": "0 3 * * MON"}', "all"),
    ("WORKFLOW", None, '{"force_cleanup_delay": "1 hour"}', "all"),
    ("POOL", "p", '{"max_exec_timeout": "1w"}', "all"),
    ("SERVICE", None, '{"cli_config": {"min_supported_version": "6.2"}}', "all"),
    ("BACKEND_TEST", "t", '{"test_timeout": "5 minutes"}', "all"),
    ("BACKEND_TEST", "t", '{"common_pod_template": []}', "all"),
]


def _unknown(_: str, name: str) -> str:
    raise UsageError(f"{name} is not set")


def judged(
    samples: list[tuple[str, str | None, str, str]],
) -> Iterator[tuple[str, list[str], list[str]]]:
    """For each sample and dialect: what it is, the schema's objections, and ours."""
    for type_name, name, text, where in samples:
        config_type = CONFIG_TYPES[type_name]
        for dialect in DIALECTS.values():
            if where not in ("all", dialect.name) or type_name not in dialect.config_types:
                continue
            schema = json_schema(config_type, dialect, item=name is not None)
            listed = Draft202012Validator(schema).iter_errors(json.loads(text))
            shape = Shape(config_type, dialect, name)
            references = References(_unknown, everywhere=True, lenient=True)
            document = resolve(parse_json("f.json", text), shape, references)
            problems = check_document(document, shape, new=False)
            # A field of another version is left out with a warning; an editor marks it, too.
            ours = [
                str(problem)
                for problem in problems
                if problem.severity == "error" or problem.message.startswith("not sent: ")
            ]
            yield (
                f"{type_name} {dialect.name} {text}",
                [error.message for error in listed],
                ours,
            )


def test_a_right_file_is_right_for_both() -> None:
    judgements = list(judged(RIGHT))
    assert len(judgements) > len(RIGHT)
    assert not [member for member in judgements if member[1] or member[2]]


def test_a_wrong_file_is_wrong_for_both() -> None:
    judgements = list(judged(WRONG))
    assert len(judgements) > len(WRONG)
    assert not [member for member in judgements if not member[1] or not member[2]]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda member: member.name)
def test_null_removes_a_key_of_a_map(dialect: Dialect) -> None:
    validator = Draft202012Validator(json_schema(CONFIG_TYPES["POOL"], dialect, item=True))
    for field in ("platforms", "common_default_variables", "default_exit_actions"):
        assert validator.is_valid({field: {"gone": None}}), field
    assert not validator.is_valid({"description": None})
    backend = Draft202012Validator(json_schema(CONFIG_TYPES["BACKEND"], dialect, item=True))
    if "rules" in dialect.node_condition_fields:
        # A map that a file gives as a whole has no keys to remove.
        assert not backend.is_valid({"node_conditions": {"rules": {"^Gpu$": None}}})


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda member: member.name)
def test_the_defaults_that_a_schema_names_fit_it(dialect: Dialect) -> None:
    for schema in forms(dialect).values():
        for path, field in properties(schema):
            for value in [field["default"]] if "default" in field else []:
                assert Draft202012Validator(field).is_valid(value), path
            for value in field.get("examples", []):
                assert Draft202012Validator(field).is_valid(value), path


def places(value: Any, at: Path = ()) -> Iterator[Path]:
    """The paths of all values inside a value."""
    inside = value.items() if isinstance(value, dict) else ()
    for step, inner in enumerate(value) if isinstance(value, list) else inside:
        yield (*at, step)
        yield from places(inner, (*at, step))


def edits(document: Any) -> Iterator[Any]:
    """A document with each of its keys removed, and with the items of each list edited."""
    for path in places(document):
        if not isinstance(path[-1], int):
            yield replaced(document, path, {"$action": "delete"})
        elif isinstance(item := value_at(document, path), dict):
            for edit in ({"$index": 1} | item, {"$index": 0, "$action": "delete"}, {"$index": 2}):
                yield replaced(document, path, edit)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda member: member.name)
def test_a_schema_takes_what_our_checks_take(dialect: Dialect) -> None:
    """Also what removes a key or edits a list (docs/config/update.md)."""
    taken, refused = 0, []
    for name in sorted(dialect.config_types):
        config_type = CONFIG_TYPES[name]
        item = not has_form(config_type, item=False) or Shape(config_type, dialect).is_map
        shape = Shape(config_type, dialect, ITEM if item else None)
        validator = Draft202012Validator(json_schema(config_type, dialect, item=item))
        documents = {
            json.dumps(document)
            for case in some(cases(config_type, dialect), 30)
            for document in (case.document, *edits(case.document))
        }
        for text in sorted(documents):
            problems = check_document(parse_json("f.json", text), shape, new=False)
            if not any(problem.severity == "error" for problem in problems):
                taken += 1
                if not validator.is_valid(json.loads(text)):
                    refused.append(f"{name}: {text}")
    assert not refused
    assert taken > 200


NUMBERS = {int: "number", float: "number"}


def kind(value: Any) -> Any:
    """The JSON type of a value."""
    return NUMBERS.get(type(value), type(value))


def value_at(document: Any, path: Any) -> Any:
    for step in path:
        document = document[step]
    return document


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda member: member.name)
def test_each_field_takes_its_right_value_and_none_of_another_type(dialect: Dialect) -> None:
    refused = 0
    for name in sorted(dialect.config_types):
        config_type = CONFIG_TYPES[name]
        item = not has_form(config_type, item=False) or Shape(config_type, dialect).is_map
        shape = Shape(config_type, dialect, ITEM if item else None)
        validator = Draft202012Validator(json_schema(config_type, dialect, item=item))
        for case in cases(config_type, dialect):
            assert validator.is_valid(case.document), case
            right = value_at(case.document, case.path)
            # What the service sets is left out of what is sent, whatever its value.
            is_checked = right is not None and not shape.is_read_only(case.path)
            if is_checked and kind(case.wrong) != kind(right):
                wrong = replaced(case.document, case.path, case.wrong)
                assert not validator.is_valid(wrong), case
                refused += 1
    assert refused > 60
