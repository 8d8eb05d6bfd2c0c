"""A file checked without a service: what depends on the rest is a warning."""

from __future__ import annotations

import json

import pytest

from osmo_cli.config.registry.dialects import V6_2, Dialect
from osmo_cli.config.secrets import MASK
from tests.unit.config.inputs import EVERYWHERE, said


@pytest.mark.parametrize("dialect", EVERYWHERE, ids=lambda dialect: dialect.name)
def test_a_part_of_an_object_is_no_problem(dialect: Dialect) -> None:
    assert said("BACKEND", {"description": "x"}, dialect, name="gpu-a") == []
    assert said("WORKFLOW", {"workflow_info": {"tags": ["a"]}}, dialect) == []
    assert said("SERVICE", {"service_auth": {"issuer": "x"}}, dialect) == []
    assert said("SERVICE", {}, dialect) == []


def test_a_required_field_that_is_missing() -> None:
    text = '{"description": "x"}'
    assert said("POOL", text, name="a") == [
        "warning: in.json:1:1: backend: this field is missing (required for a new item)"
    ]
    assert said("POOL", text, name="a", new=True) == [
        "in.json:1:1: backend: this field is required"
    ]
    assert said("POOL", '{"a": {}}') == [
        "warning: in.json:1:7: a.backend: this field is missing (required for a new item)"
    ]


def test_a_required_field_inside_an_object() -> None:
    text = '{"workflow_log": {"credential": {"endpoint": "s3://b", "access_key": "k"}}}'
    assert said("WORKFLOW", text) == [
        "warning: in.json:1:33: workflow_log.credential.access_key_id: this field is missing "
        "(required if the service has none yet)"
    ]


def test_what_is_stored_as_a_whole_has_to_be_whole() -> None:
    assert said("ROLE", '{"name": "r", "policies": []}', name="r") == [
        "in.json:1:1: description: this field is required"
    ]
    assert said("RESOURCE_VALIDATION", '[{"operator": "GT"}]', name="v") == [
        f"in.json:1:2: [0].{field}: this field is required"
        for field in ("left_operand", "right_operand", "assert_message")
    ]


def test_a_mask_of_a_secret_and_elsewhere() -> None:
    text = json.dumps({"workflow_alerts": {"slack_token": MASK}})
    assert said("WORKFLOW", text) == [
        "warning: in.json:1:37: workflow_alerts.slack_token: the mask is not sent: the service "
        "must have the secret already (write the secret, or leave the field out)"
    ]
    expected = "this is a mask, not the secret (write the secret, or leave the field out)"
    assert said("WORKFLOW", text, new=True) == [
        "in.json:1:37: workflow_alerts.slack_token: " + expected
    ]
    assert said("BACKEND", {"description": MASK}, name="a") == [
        "in.json:1:17: description: " + expected
    ]


def test_what_the_service_sets_is_not_sent() -> None:
    text = '{"name": "gpu-a", "version": "6.0.0", "online": true}'
    assert said("BACKEND", text, name="gpu-a") == [
        "warning: in.json:1:19: version: is set by the service; this value is not sent"
    ]
    assert said("BACKEND", '{"name": "other"}', name="gpu-a") == [
        "warning: in.json:1:2: name: is set by the service; this value is not sent"
    ]


def test_what_depends_on_the_rest_of_the_object() -> None:
    assert said("BACKEND", '{"scheduler_settings": {"coscheduling": true}}', name="a") == [
        "warning: in.json:1:41: scheduler_settings.coscheduling: cannot be true with "
        'scheduler_type "default", which starts pods one by one '
        "(unless the stored scheduler_type is compatible)"
    ]
    assert said("POOL", '{"backend": "b", "default_platform": "p"}', name="a") == [
        "warning: in.json:1:38: default_platform: is not one of platforms "
        "(unless the stored platforms is compatible)"
    ]
    assert said("POOL", '{"backend": "b", "default_platform": "p"}', name="a", new=True) == [
        "in.json:1:38: default_platform: is not one of platforms"
    ]


def test_names() -> None:
    assert said("POD_TEMPLATE", "{}", name="1x") == [
        'in.json:1:1: invalid name "1x" (use ASCII letters, digits, -, _ and .; '
        "start with a letter, end with a letter or digit)"
    ]
    assert said("POD_TEMPLATE", '{"1x": {}}') == [
        'in.json:1:2: ["1x"]: invalid name (use ASCII letters, digits, -, _ and .; '
        "start with a letter, end with a letter or digit)"
    ]


def test_the_form_of_osmo_config_show() -> None:
    assert said("POOL", {"pools": {"a": {"backend": "b"}}}) == []
    assert said("ROLE", [{"name": "r", "description": "", "policies": []}], V6_2) == []


@pytest.mark.parametrize(
    ("kind", "text", "name", "words"),
    [
        ("RESOURCE_VALIDATION", "{}", "v", "a list, not an object"),
        ("POOL", "[1]", "p", "an object, not a list"),
        ("WORKFLOW", "null", None, "an object, not null"),
    ],
)
def test_the_wrong_shape(kind: str, text: str, name: str | None, words: str) -> None:
    assert said(kind, text, name=name) == ["in.json:1:1: must be " + words]
