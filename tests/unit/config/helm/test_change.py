"""Changes as values of the service's Helm chart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osmo_cli.config.helm.change import HelmValues, helm_values
from osmo_cli.config.problems import Path
from osmo_cli.config.registry.dialects import DIALECTS, V6_3, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import find_type
from osmo_cli.config.values import ABSENT

MASK = "*" * 10


def values(kind: str, name: str | None, before: Any, after: Any, *secrets: Path) -> HelmValues:
    change = helm_values(Shape(find_type(kind), V6_3, name), before, after, secrets)
    assert change is not None
    return change


def test_only_what_changes_is_a_value_and_its_key_is_named() -> None:
    before = {
        "name": "gpu-a",
        "description": "",
        "scheduler_settings": {"scheduler_timeout": 30, "scheduler_name": "kai-scheduler"},
        "online": True,
    }
    after = {
        **before,
        "scheduler_settings": {"scheduler_timeout": 60, "scheduler_name": "kai-scheduler"},
        "online": False,
    }
    change = values("BACKEND", "gpu-a", before, after)
    assert change.values == {
        "services": {
            "configs": {"backends": {"gpu-a": {"scheduler_settings": {"scheduler_timeout": 60}}}}
        }
    }
    assert change.key == "services.configs.backends.gpu-a.scheduler_settings.scheduler_timeout"
    assert change.notes == []
    both = values("BACKEND", "gpu-a", before, after | {"description": "H100"})
    assert both.key == "services.configs.backends.gpu-a"
    assert both.values["services"]["configs"]["backends"]["gpu-a"]["description"] == "H100"


def test_a_list_is_given_whole_and_a_map_by_what_changes_in_it() -> None:
    tests = values("BACKEND", "a", {"tests": ["one"]}, {"tests": ["two", "one"]})
    assert tests.values["services"]["configs"]["backends"]["a"] == {"tests": ["two", "one"]}
    before = {"spec": {"nodeSelector": {"a": "1"}, "priority": 1}}
    after = {"spec": {"priority": 2}}
    template = values("POD_TEMPLATE", "user", before, after)
    assert template.values["services"]["configs"]["podTemplates"] == {
        "user": {"spec": {"priority": 2}}
    }
    # Helm merges maps, so that the old key would stay.
    assert template.notes == [
        "services.configs.podTemplates.user.spec.nodeSelector: "
        "delete this key from your values; the chart has no default here"
    ]


REMOVED: list[tuple[str, str, Any, Any, Any]] = [
    ("POOL", "default", {"backend": "default"}, ABSENT, {"pools": {"default": None}}),
    ("POOL", "old", {"backend": "default"}, ABSENT, None),
    ("ROLE", "osmo-user", {"name": "osmo-user"}, ABSENT, {"roles": {"osmo-user": None}}),
    ("RESOURCE_VALIDATION", "default_gpu", [{}], ABSENT,
     {"resourceValidations": {"default_gpu": None}}),
    ("RESOURCE_VALIDATION", "mine", [{}], ABSENT, None),
    ("POD_TEMPLATE", "default_user", {"spec": {"containers": []}, "x": 1}, {"x": 1},
     {"podTemplates": {"default_user": {"spec": None}}}),
    ("POOL", "default", {"platforms": {"default": {}, "a100": {}}}, {"platforms": {}},
     {"pools": {"default": {"platforms": {"default": None}}}}),
    ("BACKEND", "gpu-a", {"name": "gpu-a"}, ABSENT, None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "before", "after", "expected"), REMOVED)
def test_null_removes_only_what_the_chart_has(
    kind: str, name: str, before: Any, after: Any, expected: Any
) -> None:
    # A null for any other name makes the service fail for the whole type.
    gone = values(kind, name, before, after)
    assert gone.values == ({"services": {"configs": expected}} if expected else {})
    assert ("null removes a default of the chart" in gone.notes) == bool(expected)
    needs_deletion = expected is None or "a100" in str(before)
    assert any("delete this key from your values" in note for note in gone.notes) == needs_deletion


def test_a_whole_type_is_written_item_by_item() -> None:
    before = {"pools": {"a": {"backend": "x", "status": "ONLINE"}, "b": {"backend": "x"}}}
    after = {"pools": {"a": {"backend": "y", "status": "OFFLINE"}, "c": {"backend": "z"}}}
    change = values("POOL", None, before, after)
    assert change.values["services"]["configs"]["pools"] == {
        "a": {"backend": "y"},
        "c": {"backend": "z"},
    }
    assert change.key == "services.configs.pools"
    assert change.notes[0].startswith("services.configs.pools.b: delete this key")


def test_a_role_has_its_name_as_the_key_only_and_its_sync_mode() -> None:
    role = {"name": "ops", "description": "Ops", "policies": [], "sync_mode": "import"}
    change = values("ROLE", "ops", {}, role | {"external_roles": ["ops"]})
    assert change.notes == []
    assert change.values["services"]["configs"]["roles"] == {
        "ops": {"description": "Ops", "policies": []}
    }
    # The file is read for both, and an empty list means the role's own name there.
    other = values("ROLE", "ops", role, role | {"sync_mode": "ignore", "external_roles": []})
    assert other.values["services"]["configs"]["roles"] == {
        "ops": {"sync_mode": "ignore", "external_roles": []}
    }
    assert other.notes == [
        "services.configs.roles.ops.external_roles: an empty list maps the role to its own name"
    ]


def test_a_test_has_its_name_inside() -> None:
    test = {
        "name": "nccl",
        "description": "d",
        "cron_schedule": "0 0 * * *",
        "node_conditions": ["a"],
        "common_pod_template": ["t"],
        "test_timeout": "300s",
    }
    new = values("BACKEND_TEST", "nccl", {}, test)
    shown = new.values["services"]["configs"]["backendTests"]["nccl"]
    assert (shown["name"], "test_timeout" in shown) == ("nccl", False)


def test_nulls_in_a_new_template_are_left_out_and_said() -> None:
    change = values("POD_TEMPLATE", "t", {}, {"spec": {"a": None, "b": [None], "c": {"d": None}}})
    shown = change.values["services"]["configs"]["podTemplates"]["t"]
    assert shown == {"spec": {"b": [None], "c": {}}}
    assert change.notes == ["nulls in the template are left out: they have no effect"]


@pytest.mark.parametrize("dialect", [d for d in DIALECTS.values() if d.helm_root])
@pytest.mark.parametrize("given", ["", "ns-of-operator"])
def test_a_new_backend_has_its_namespace(dialect: Dialect, given: str) -> None:
    new = {"name": "b", "description": "B", "k8s_namespace": given, "online": False}
    change = helm_values(Shape(find_type("BACKEND"), dialect, "b"), {}, new)
    assert change is not None
    assert dialect.helm_root
    shown = change.values
    for step in (*dialect.helm_root.split("."), "backends", "b"):
        shown = shown[step]
    needed = "k8s_namespace" in dialect.configmap_backend_fields
    assert shown.get("k8s_namespace") == (given or ("osmo-workflows" if needed else None))
    assert shown["description"] == "B"
    assert any("operator can register" in note for note in change.notes)
    guessed = any("backendNamespace" in note for note in change.notes)
    assert guessed == (needed and not given)


@pytest.mark.parametrize(
    ("name", "before", "after", "at"),
    [
        (None, {"default_bucket": ""}, {"default_bucket": "a"}, ["default_bucket"]),
        ("a", {"description": ""}, {"description": "x"}, ["buckets", "a", "description"]),
    ],
    ids=["the whole", "a bucket"],
)
def test_datasets_stand_below_their_section(
    name: str | None, before: Any, after: Any, at: list[str]
) -> None:
    assert values("DATASET", name, before, after).key == ".".join(["services.configs.dataset", *at])


def test_a_secret_of_a_credential_is_a_reference_beside_its_fields() -> None:
    path = ("workflow_log", "credential", "access_key")
    before = {"workflow_log": {"credential": {"access_key_id": "old", "access_key": MASK}}}
    after = {"workflow_log": {"credential": {"access_key_id": "AK", "access_key": "CANARY"}}}
    change = values("WORKFLOW", None, before, after, path)
    new = values("WORKFLOW", None, {"workflow_log": {"credential": None}}, after, path)
    for shown in (change, new):
        assert shown.values["services"]["configs"]["workflow"]["workflow_log"]["credential"] == {
            "access_key_id": "AK",
            "secretName": "osmo-workflow-log-credential",
            "secretKey": "cred.yaml",
        }
        assert "CANARY" not in json.dumps([shown.values, shown.notes, shown.key])
        assert "services.configs.secretRefs" in shown.notes[0]
    assert any("change that one instead" in note for note in change.notes)
    assert not any("change that one instead" in note for note in new.notes)
    # A mask is no value either: a revision that is rolled back to shows it for its secrets.
    masked = {"workflow_log": {"credential": {"access_key_id": "AK", "access_key": MASK}}}
    shown = values("WORKFLOW", None, {"workflow_log": {"credential": None}}, masked)
    assert "*" not in json.dumps(shown.values)


def test_a_secret_elsewhere_is_replaced_by_a_reference_of_its_own() -> None:
    # Below an object that has a reference, another one is never read.
    before = {"workflow_alerts": {"slack_token": "", "smtp_settings": {"password": "", "host": ""}}}
    after = {
        "workflow_alerts": {"slack_token": "S", "smtp_settings": {"password": "P", "host": "h"}}
    }
    paths = (("workflow_alerts", "slack_token"), ("workflow_alerts", "smtp_settings", "password"))
    change = values("WORKFLOW", None, before, after, *paths)
    assert change.values["services"]["configs"]["workflow"]["workflow_alerts"] == {
        "slack_token": {
            "secretName": "osmo-workflow-alerts-slack-token",
            "secretKey": "value.yaml",
        },
        "smtp_settings": {
            "host": "h",
            "password": {"secretName": "osmo-smtp-settings-password", "secretKey": "value.yaml"},
        },
    }
    assert all("only `value`" in note for note in change.notes)


def test_a_mask_of_history_is_no_secret_where_none_is_set() -> None:
    before = {"workflow_alerts": {"slack_token": ""}, "max_num_tasks": 20}
    after = {"workflow_alerts": {"slack_token": MASK}, "max_num_tasks": 30}
    change = values("WORKFLOW", None, before, after)
    assert change.values == {"services": {"configs": {"workflow": {"max_num_tasks": 30}}}}
    assert "does not show whether" in change.notes[0]


@pytest.mark.parametrize(
    ("kind", "before", "after", "words"),
    [
        ("SERVICE", {"service_base_url": ""}, {"service_base_url": "https://x"}, "externalUrl"),
        ("WORKFLOW", {"workflow_data": {"base_url": ""}}, {"workflow_data": {"base_url": "x"}},
         "externalDependencies.objectStorage"),
        ("WORKFLOW", {"max_num_tasks": 1}, {"max_num_tasks": 2}, None),
    ],
)  # fmt: skip
def test_what_the_unified_chart_derives_is_said(
    kind: str, before: Any, after: Any, words: str | None
) -> None:
    for dialect in DIALECTS.values():
        if dialect.helm_root is None:
            continue
        change = helm_values(Shape(find_type(kind), dialect), before, after)
        assert change is not None
        is_osmo = dialect.helm_root == "configuration"
        assert any(words in note for note in change.notes if words) == (is_osmo and bool(words))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("=", "without quotes"),
        ("<<", "without quotes"),
        ("a\u2028b", "U+2028"),
        ("\x85", "U+0085"),
        (2**53 + 1, "2^53"),
        (1e-5, "as text"),
        (1e21, "as text"),
    ],
)
def test_what_helm_does_not_keep_is_warned_of(value: Any, reason: str) -> None:
    change = values("POD_TEMPLATE", "t", {"x": 1}, {"x": value})
    [warning] = change.warnings
    assert warning.startswith("services.configs.podTemplates.t.x: ")
    assert reason in warning


def test_what_the_service_keeps_itself_is_told_apart() -> None:
    change = values(
        "SERVICE", None, {"service_auth": {"issuer": "a"}}, {"service_auth": {"issuer": "b"}}
    )
    assert change.values == {}
    assert change.notes == [
        "services.configs.service.service_auth.issuer: the service keeps this itself"
    ]


def test_services_that_are_always_in_the_database_have_no_values() -> None:
    for dialect in DIALECTS.values():
        change = helm_values(Shape(find_type("POOL"), dialect, "a"), {}, {"backend": "b"})
        assert (change is None) == (dialect.helm_root is None)
