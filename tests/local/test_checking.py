"""What the embedded service of 6.3 and 6.4 takes, refuses and answers, unlike older ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from osmo_cli.config.registry.dialects import DIALECTS, Dialect

CONFIGS = "/api/configs"
BACKEND = CONFIGS + "/backend/gpu-a"
HISTORY = CONFIGS + "/history"
NEW = [dialect for dialect in DIALECTS.values() if dialect.pydantic == 2]


@pytest.fixture(params=NEW, ids=lambda dialect: dialect.name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    row: Dialect = request.param
    return row


def entry(kind: str, loc: list[Any], msg: str, value: Any, **context: Any) -> dict[str, Any]:
    expected_error = {"type": kind, "loc": loc, "msg": msg, "input": value}
    return expected_error | ({"ctx": context} if context else {})


_AT = ["body", "configs"]
_OBJECT = "Input should be a valid dictionary or object to extract fields from"
BODIES = [
    ({}, [entry("missing", _AT, "Field required", {})]),
    ([1], [entry("model_attributes_type", ["body"], _OBJECT, [1])]),
    ({"configs": "x"}, [entry("model_attributes_type", _AT, _OBJECT, "x")]),
    (
        {"configs": {"description": 5, "tests": "x"}},
        [
            entry("string_type", [*_AT, "description"], "Input should be a valid string", 5),
            entry("list_type", [*_AT, "tests"], "Input should be a valid list", "x"),
        ],
    ),
    (
        {"configs": {"scheduler_settings": {"scheduler_type": "volcano"}}},
        [
            entry(
                *("enum", [*_AT, "scheduler_settings", "scheduler_type"]),
                *("Input should be 'kai'", "volcano"),
                expected="'kai'",
            )
        ],
    ),
    (
        {"configs": {"scheduler_settings": {"scheduler_timeout": "soon"}}},
        [
            entry(
                *("int_parsing", [*_AT, "scheduler_settings", "scheduler_timeout"]),
                "Input should be a valid integer, unable to parse string as an integer",
                "soon",
            )
        ],
    ),
    (
        {"configs": {"scheduler_settings": {"scheduler_timeout": 20.7}}},
        [
            entry(
                *("int_from_float", [*_AT, "scheduler_settings", "scheduler_timeout"]),
                "Input should be a valid integer, got a number with a fractional part",
                20.7,
            )
        ],
    ),
    (
        {"configs": {"node_conditions": {"rules": {"Ready": True}}}},
        [
            entry(
                *("string_type", [*_AT, "node_conditions", "rules", "Ready"]),
                *("Input should be a valid string", True),
            )
        ],
    ),
]


@pytest.mark.parametrize(("body", "entries"), BODIES, ids=lambda case: str(case)[:50])
def test_a_body_that_is_wrong(body: Any, entries: list[Any], client: httpx.Client) -> None:
    before = client.get(BACKEND).json()
    answer = client.post(BACKEND, json=body)
    assert (answer.status_code, answer.json()) == (422, {"detail": entries})
    assert client.get(BACKEND).json()["description"] == before["description"]


def test_a_body_that_is_not_there_or_no_json(client: httpx.Client) -> None:
    missing = entry("missing", ["body"], "Field required", None)
    assert client.request("DELETE", BACKEND).json() == {"detail": [missing]}
    broken = client.post(BACKEND, content="{bad", headers={"content-type": "application/json"})
    [expected_error] = broken.json()["detail"]
    assert (expected_error["type"], expected_error["loc"], expected_error["input"]) == (
        "json_invalid",
        ["body", 1],
        {},
    )


_ORDER = "Input should be 'ASC' or 'DESC'"
_BELOW = "Input should be less than or equal to 1000"
_WHOLE = "Input should be a valid integer, unable to parse string as an integer"


@pytest.mark.parametrize(
    ("name", "value", "kind", "msg", "context"),
    [
        ("limit", "0", "greater_than", "Input should be greater than 0", {"gt": 0}),
        ("limit", "1001", "less_than_equal", _BELOW, {"le": 1000}),
        ("limit", "x", "int_parsing", _WHOLE, {}),
        ("order", "UP", "enum", _ORDER, {"expected": "'ASC' or 'DESC'"}),
    ],
)
def test_a_parameter_that_is_wrong(
    name: str, value: str, kind: str, msg: str, context: Any, client: httpx.Client
) -> None:
    answer = client.get(HISTORY, params={name: value})
    expected = entry(kind, ["query", name], msg, value, **context)
    assert (answer.status_code, answer.json()) == (422, {"detail": [expected]})


def test_times_of_the_history(client: httpx.Client) -> None:
    everything = client.get(HISTORY, params={"created_after": "2020-01-01"}).json()["configs"]
    assert everything
    assert not client.get(HISTORY, params={"created_before": "2020-01-01"}).json()["configs"]
    [expected_error] = client.get(HISTORY, params={"created_after": "soon"}).json()["detail"]
    assert expected_error["type"] == "datetime_from_date_parsing"
    assert expected_error["msg"].startswith("Input should be a valid datetime or date, ")
    both = {"at_timestamp": "2026-01-01T00:00:00", "created_after": "2026-01-01T00:00:00"}
    [expected_error] = client.get(HISTORY, params=both).json()["detail"]
    assert expected_error["msg"].startswith(
        "Value error, at_timestamp cannot be used together with "
    )


def test_a_rule_of_the_services_own_is_a_value_error(client: httpx.Client) -> None:
    answer = client.post(f"{HISTORY}/BACKEND/revision/1/tags", json={})
    message = "Value error, At least one of set_tags or delete_tags must be provided"
    expected = entry("value_error", ["body"], message, {}, error={})
    assert (answer.status_code, answer.json()) == (422, {"detail": [expected]})


def test_unknown_fields(client: httpx.Client) -> None:
    path = CONFIGS + "/workflow"
    body = {"configs": {"workflow_info": {"more": "x"}, "workflow_alerts": {"more": 1}}}
    answer = client.put(path, json=body)
    expected = entry(
        *("extra_forbidden", ["body", "configs", "workflow_info", "more"]),
        *("Extra inputs are not permitted", "x"),
    )
    assert (answer.status_code, answer.json()) == (422, {"detail": [expected]})

    # The report repeats the value (docs/service/secrets.md#secrets-in-error-messages).
    answer = client.patch(path, json={"configs_dict": {"workflow_info": {"more": "s" * 99}}})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "USAGE")
    assert answer.json()["message"] == (
        "1 validation error for WorkflowConfig\n"
        "workflow_info.more\n"
        "  Extra inputs are not permitted [type=extra_forbidden, "
        f"input_value='{'s' * 24}...{'s' * 23}', input_type=str]\n"
        "    For further information visit https://errors.pydantic.dev/2.12/v/extra_forbidden"
    )
    # What is not of the strict family drops them.
    assert client.patch(path, json={"configs_dict": {"workflow_alerts": {"x": 1}}}).is_success
    assert client.post(BACKEND, json={"configs": {"more": 1}}).is_success
    pool = {"backend": "gpu-a", "more": 1}
    assert client.put(CONFIGS + "/pool/p", json={"configs": pool}).is_success
    assert "more" not in client.get(CONFIGS + "/pool/p").json()


def test_credentials_with_and_without_keys(client: httpx.Client) -> None:
    path = CONFIGS + "/workflow"

    def put(**credential: Any) -> httpx.Response:
        body = {"configs": {"workflow_log": {"credential": credential}}}
        return client.put(path, json=body)

    bare = {"region": None, "override_url": None, "addressing_style": None}
    assert put(endpoint="s3://b/").is_success
    stored = client.get(path).json()["workflow_log"]["credential"]
    assert stored == {"endpoint": "s3://b"} | bare
    assert put(endpoint="s3://b", access_key_id="i", access_key="k").is_success
    stored = client.get(path).json()["workflow_log"]["credential"]
    assert stored == {"endpoint": "s3://b", "access_key_id": "i", "access_key": "*" * 10} | bare

    answer = put(endpoint="s3://b", access_key_id="i")
    at = ["body", "configs", "workflow_log", "credential"]
    assert [(problem["loc"], problem["type"]) for problem in answer.json()["detail"]] == [
        ([*at, "StaticDataCredential", "access_key"], "missing"),
        ([*at, "DefaultDataCredential", "access_key_id"], "extra_forbidden"),
    ]
    answer = put(endpoint="nowhere")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "USER")
    assert answer.json()["message"].startswith("Invalid endpoint: nowhere. ")


def test_the_other_name_of_a_registry_s_secret(client: httpx.Client) -> None:
    path = CONFIGS + "/workflow"
    body = {"configs": {"backend_images": {"credential": {"password": "word"}}}}
    assert client.put(path, json=body).json()["backend_images"]["credential"]["auth"] == "word"
    assert "word" not in client.get(path).text.replace("password", "")


@pytest.mark.parametrize("name", ["latest_version", "min_supported_version"])
def test_client_versions_are_versions(name: str, client: httpx.Client) -> None:
    path = CONFIGS + "/service"
    for version, right in (("6.4.0", True), ("6.4.0.abc", True), ("", True), ("6.4", False)):
        changes = {"cli_config": {name: version}}
        patched = client.patch(path, json={"configs_dict": changes})
        put = client.put(path, json={"configs": changes})
        assert (patched.is_success, put.is_success) == (right, right)
    message = f'Invalid {name} "6.4": must be of the format major.minor.revision'
    assert patched.json() == {"message": message, "error_code": "USER", "workflow_id": None}
    assert put.json() == patched.json()


@pytest.mark.parametrize("duration", ["PT10S", "P30D", "30d"])
def test_durations(duration: str, client: httpx.Client) -> None:
    changes = {"service_auth": {"max_token_duration": duration}}
    answer = client.patch(CONFIGS + "/service", json={"configs_dict": changes})
    assert answer.json()["service_auth"]["max_token_duration"] == duration


def test_configurations_are_compact(client: httpx.Client) -> None:
    for path in ("/backend", "/workflow", "/pool", "/role", "/pod_template"):
        assert "\n" not in client.get(CONFIGS + path).text


def test_a_token_s_answer_has_no_empty_keys(client: httpx.Client) -> None:
    assert client.post("/api/auth/user", json={"id": "u", "roles": ["osmo-user"]}).is_success
    last = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    made = client.post("/api/auth/user/u/access_token/t", params={"expires_at": last})
    answer = client.post("/api/auth/jwt/access_token", json={"token": made.json()})
    assert answer.json().keys() == {"token", "expires_at"}


def test_the_labels_of_workflows(client: httpx.Client, dialect: Dialect) -> None:
    path = CONFIGS + "/workflow"
    body = {"configs": {"labels_config": {"policy": [{"key": "a b"}]}}}
    [expected_error] = client.put(path, json=body).json()["detail"]
    at = ["body", "configs", "labels_config"]
    if "labels_config" not in client.get(path).json():
        assert (expected_error["type"], expected_error["loc"]) == ("extra_forbidden", at)
        return
    assert (expected_error["type"], expected_error["loc"]) == (
        "value_error",
        [*at, "policy", 0, "key"],
    )
    assert expected_error["msg"].startswith("Value error, must be the key of a Kubernetes label")
    body = {"configs": {"labels_config": {"policy": [{"key": "team", "enforcement": "warn"}]}}}
    [label] = client.put(path, json=body).json()["labels_config"]["policy"]
    assert label == {
        "key": "team",
        "allow_list": [],
        "enforcement": "warn",
        "assert_message": "",
    }


def test_users_may_make_tokens(client: httpx.Client, dialect: Dialect) -> None:
    roles = {role["name"]: role for role in client.get(CONFIGS + "/role").json()}
    policies = roles["osmo-user"]["policies"]
    assert any("auth:Token" in policy["actions"] for policy in policies)
    has_buckets = any("dataset:*" in policy["actions"] for policy in policies)
    assert has_buckets is ("DATASET" in dialect.config_types)


def test_a_verbose_pool_has_nothing_for_accounting(client: httpx.Client) -> None:
    shown = client.get(CONFIGS + "/pool/default", params={"verbose": "true"}).json()
    field = "parsed_pod_template_for_accounting"
    for level in (shown, shown["platforms"]["default"]):
        assert level[field] == {} != level["parsed_pod_template"]


def test_computed_fields_of_pools_are_shown_to_those_who_ask(client: httpx.Client) -> None:
    computed = {"last_heartbeat", "parsed_pod_template", "parsed_resource_validations"}
    plain = client.get(CONFIGS + "/pool").json()["pools"]["default"]
    for pool in (plain, client.get(CONFIGS + "/pool/default").json()):
        assert not computed & pool.keys()
        assert not {"labels", "tolerations", "default_mounts"} & pool["platforms"]["default"].keys()
