"""The schemas against what a real service of 6.0.0 said about itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from osmo_cli.config.registry.dialects import DIALECTS, SEED, V6_0, V6_2, V6_4, Dialect
from osmo_cli.config.registry.types import BACKEND, CONFIG_TYPES, WORKFLOW, ConfigType
from osmo_cli.config.schemas.base import (
    ConfigModel,
    field_path,
    model_at,
    secret_paths,
)
from osmo_cli.config.secrets import MASK, is_mask

WORKFLOW_SECRETS = {
    "workflow_data.credential.access_key",
    "workflow_log.credential.access_key",
    "workflow_app.credential.access_key",
    "backend_images.credential.auth",
    "workflow_alerts.slack_token",
    "workflow_alerts.smtp_settings.password",
}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_every_secret_is_marked(dialect: Any) -> None:
    paths = {".".join(path) for path in secret_paths(WORKFLOW.schema(dialect))}
    assert paths == WORKFLOW_SECRETS
    assert not list(secret_paths(BACKEND.schema(dialect)))


def first_answer(recordings: Path, path: str) -> Any:
    text = (recordings / "exchanges-6.0.0.json").read_text("utf-8")
    return next(
        exchange["response_json"]
        for exchange in json.loads(text)
        if (exchange["method"], exchange["path"]) == ("GET", path)
    )


def without_masks(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_masks(inner) for key, inner in value.items()}
    return "" if value == MASK else value


def test_the_defaults_of_workflow_are_those_of_a_fresh_service(recordings: Path) -> None:
    recorded = first_answer(recordings, "/api/configs/workflow")
    ours = WORKFLOW.schema(V6_0)().model_dump()
    assert json.dumps(ours) == json.dumps(without_masks(recorded)), "values or their order differ"


def test_the_defaults_of_a_backend_are_those_of_a_fresh_service(recordings: Path) -> None:
    recorded = first_answer(recordings, "/api/configs/backend")["backends"][0]
    ours = BACKEND.schema(V6_0)().model_dump()
    assert list(ours) == list(recorded)
    # What the operator says at registration is no default (docs/service/backend.md).
    by_operator = {"name", "version", "k8s_uid", "k8s_namespace", "last_heartbeat"}
    by_operator |= {"created_date", "online", "node_conditions"}
    for field in recorded.keys() - by_operator:
        assert ours[field] == recorded[field]
    assert list(ours["node_conditions"]) == list(recorded["node_conditions"])


def redacted_states(config_type: ConfigType, answer: Any) -> list[Any]:
    """The objects of a type's schema in what GET of the whole type answers."""
    if config_type.wrapper and config_type.name != "DATASET":
        answer = answer[config_type.wrapper]
    if config_type.whole and config_type.whole.semantics != "upsert":
        return [answer]
    return list(answer.values()) if isinstance(answer, dict) else list(answer)


@pytest.mark.parametrize(
    ("version", "dialect", "config_type"),
    [
        pytest.param(version, dialect, CONFIG_TYPES[name], id=f"{dialect.name}-{name}")
        for version, dialect in (("6.0.0", V6_0), ("6.2.10", V6_2))
        for name in sorted(dialect.config_types)
    ],
)
def test_every_recorded_state_is_valid(
    recordings: Path, version: str, dialect: Dialect, config_type: ConfigType
) -> None:
    text = (recordings / f"exchanges-{version}.json").read_text("utf-8")
    path = f"/api/configs/{config_type.path}"
    states = [
        state
        for exchange in json.loads(text)
        if (exchange["method"], exchange["path"], exchange["status"]) == ("GET", path, 200)
        for state in redacted_states(config_type, exchange["response_json"])
    ]
    assert states
    for state in states:
        config_type.schema(dialect).model_validate(state)


def openapi_schemas(recordings: Path, version: str = "6.0.0") -> dict[str, Any]:
    document = json.loads((recordings / f"openapi-{version}.json").read_text("utf-8"))
    models_described: dict[str, Any] = document["components"]["schemas"]
    return models_described


def reference(schema: dict[str, Any]) -> str | None:
    """The name of the object that a property holds, directly, beside null or as map value."""
    for part in (schema, *schema.get("allOf", []), *schema.get("anyOf", [])):
        if "$ref" in part:
            return str(part["$ref"]).rsplit("/", 1)[1]
    values = schema.get("additionalProperties")
    return reference(values) if isinstance(values, dict) else None


def compare(name: str, model: type[ConfigModel], schemas: dict[str, Any], at: str) -> int:
    """Compare a recorded object schema with ours, and those below it; returns how many."""
    described = schemas[name]
    assert set(model.model_fields) == set(described["properties"]), at
    required = {field for field, info in model.model_fields.items() if info.is_required()}
    if not name.startswith("Backend"):  # theirs is what the service answers, ours what it takes
        assert required == set(described.get("required", [])), at
    count = 1
    for field, schema in described["properties"].items():
        inner = model_at(model, (field,)) or model_at(model, (field, "*"))
        target = reference(schema)
        if target and "properties" in schemas[target]:
            assert inner is not None, f"{at}.{field}"
            count += compare(target, inner, schemas, f"{at}.{field}")
        else:
            assert inner is None, f"{at}.{field}"
    return count


def test_workflow_has_every_field_that_the_service_describes(recordings: Path) -> None:
    model = WORKFLOW.schema(V6_0)
    assert compare("WorkflowConfig", model, openapi_schemas(recordings), "WORKFLOW") >= 15


@pytest.mark.parametrize(
    ("config_type", "described"),
    [
        ("WORKFLOW", "WorkflowConfig"),
        ("SERVICE", "ServiceConfig"),
        ("POOL", "Pool"),
        ("ROLE", "Role"),
    ],
)
def test_types_of_6_4_have_every_field_that_the_service_describes(
    config_type: str, described: str, recordings: Path
) -> None:
    model = CONFIG_TYPES[config_type].schema(V6_4)
    fields = openapi_schemas(recordings, "6.4-dev")[described + "-Input"]["properties"]
    assert set(model.model_fields) == set(fields)


def test_a_backend_has_every_field_that_the_service_describes(recordings: Path) -> None:
    schemas = openapi_schemas(recordings)
    # The service's BackendConfig is what may be sent; the rest is set by it.
    sent = set(schemas["BackendConfig"]["properties"])
    ours = set(BACKEND.schema(V6_0).model_fields)
    assert sent - ours == set()
    assert {(field,) for field in ours - sent} == BACKEND.read_only
    for name, field in (
        ("BackendSchedulerSettings", "scheduler_settings"),
        ("BackendNodeConditions", "node_conditions"),
    ):
        model = model_at(BACKEND.schema(V6_0), (field,))
        assert model is not None
        compare(name, model, schemas, field)


def test_the_choices_are_the_service_s(recordings: Path) -> None:
    schema = BACKEND.schema(V6_0).model_json_schema()
    ours = schema["$defs"]["SchedulerSettings"]["properties"]["scheduler_type"]["enum"]
    assert ours == openapi_schemas(recordings)["BackendSchedulerType"]["enum"]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_a_dialect_s_node_conditions_are_the_schema_s(dialect: Any) -> None:
    model = model_at(BACKEND.schema(dialect), ("node_conditions",))
    assert model is not None
    assert set(model.model_fields) == dialect.node_condition_fields


def test_paths_into_maps_are_patterns() -> None:
    model = WORKFLOW.schema(SEED)
    path = ("plugins_config", "rsync", "allowed_paths", "home", "path")
    assert field_path(model, path) == (*path[:3], "*", "path")
    entry = model_at(model, path[:4])
    assert entry is not None
    assert list(entry.model_fields) == ["path", "writable"]
    assert model_at(model, path[:3]) is None
    assert model_at(model, ("max_num_tasks",)) is None
    assert model_at(model, ("nope", "x")) is None


@pytest.mark.parametrize(
    "endpoint",
    ["s3://b", "s3://b/", "s3://b/c//", "gs://b/c", "tos://b", "azure://a/b", "swift://h/c/d"],
)
def test_storage_endpoints(endpoint: str) -> None:
    credential = {"endpoint": endpoint, "access_key_id": "i", "access_key": "k"}
    model = WORKFLOW.schema(V6_0).model_validate({"workflow_log": {"credential": credential}})
    stored = model.model_dump()["workflow_log"]["credential"]["endpoint"]
    assert stored == endpoint.rstrip("/")


@pytest.mark.parametrize(
    "endpoint",
    ["", "b", "s3:/b", "s3://", "http://b", "s3://a,b", "s3://b;c", "swift://h", "s3://*"],
)
def test_what_is_no_storage_endpoint(endpoint: str) -> None:
    credential = {"endpoint": endpoint, "access_key_id": "i", "access_key": "k"}
    with pytest.raises(ValueError, match="must be a storage endpoint"):
        WORKFLOW.schema(V6_0).model_validate({"workflow_log": {"credential": credential}})


@pytest.mark.parametrize(
    ("value", "mask"),
    [
        (MASK, True),
        ("***", True),
        (MASK + " <secret changed in r5>", True),
        ("**", False),
        ("", False),
        ("a*b", False),
        ("**********x", False),
        (None, False),
        (["***"], False),
    ],
)
def test_what_is_a_mask(value: object, mask: bool) -> None:
    assert is_mask(value) is mask


def test_no_schema_tells_its_input_in_an_error() -> None:
    with pytest.raises(ValueError, match="valid string") as caught:
        WORKFLOW.schema(V6_0).model_validate({"workflow_alerts": {"slack_token": ["s3cret"]}})
    assert "s3cret" not in str(caught.value)
