"""Changes as values of the service's Helm chart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osmo_cli.config.changes.helm_values import HelmValues, helm_values
from osmo_cli.config.changes.merge import ABSENT
from osmo_cli.config.problems import Path
from osmo_cli.config.registry.dialects import DIALECTS, V6_3
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import find_type

MASK = "*" * 10


def values(kind: str, name: str | None, before: Any, after: Any, *secrets: Path) -> HelmValues:
    found = helm_values(Shape(find_type(kind), V6_3, name), before, after, secrets)
    assert found is not None
    return found


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
    found = values("BACKEND", "gpu-a", before, after)
    assert found.values == {
        "services": {
            "configs": {"backends": {"gpu-a": {"scheduler_settings": {"scheduler_timeout": 60}}}}
        }
    }
    assert found.key == "services.configs.backends.gpu-a.scheduler_settings.scheduler_timeout"
    assert found.notes == []
    both = values("BACKEND", "gpu-a", before, after | {"description": "H100"})
    assert both.key == "services.configs.backends.gpu-a"
    assert both.values["services"]["configs"]["backends"]["gpu-a"]["description"] == "H100"


def test_a_list_is_given_whole_and_a_map_by_what_changes_in_it() -> None:
    tests = values("BACKEND", "a", {"tests": ["one"]}, {"tests": ["two", "one"]})
    assert tests.values["services"]["configs"]["backends"]["a"] == {"tests": ["two", "one"]}
    # Helm merges maps, so that a template without the old key would keep it.
    before = {"spec": {"nodeSelector": {"a": "1"}, "priority": 1}}
    after = {"spec": {"priority": 2}}
    template = values("POD_TEMPLATE", "user", before, after)
    assert template.values["services"]["configs"]["podTemplates"] == {
        "user": {"spec": {"nodeSelector": None, "priority": 2}}
    }
    assert "delete the key" in template.notes[0]


def test_what_goes_away_is_null_with_a_word_about_your_own_values() -> None:
    gone = values("POOL", "old", {"backend": "gpu-a"}, ABSENT)
    assert gone.values == {"services": {"configs": {"pools": {"old": None}}}}
    assert "delete the key" in gone.notes[0]


def test_a_whole_type_is_written_item_by_item() -> None:
    before = {"pools": {"a": {"backend": "x", "status": "ONLINE"}, "b": {"backend": "x"}}}
    after = {"pools": {"a": {"backend": "y", "status": "OFFLINE"}, "c": {"backend": "z"}}}
    found = values("POOL", None, before, after)
    assert found.values["services"]["configs"]["pools"] == {
        "a": {"backend": "y"},
        "b": None,
        "c": {"backend": "z"},
    }
    assert found.key == "services.configs.pools"


def test_a_role_has_its_name_as_the_key_only() -> None:
    role = {"name": "ops", "description": "Ops", "policies": [], "sync_mode": "import"}
    found = values("ROLE", "ops", {}, role | {"external_roles": None})
    assert found.notes == []
    assert found.values["services"]["configs"]["roles"] == {
        "ops": {"description": "Ops", "policies": []}
    }


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


def test_a_secret_is_named_and_never_shown() -> None:
    path = ("workflow_log", "credential", "access_key")
    before = {"workflow_log": {"credential": {"access_key_id": "old", "access_key": MASK}}}
    after = {"workflow_log": {"credential": {"access_key_id": "AK", "access_key": "CANARY"}}}
    found = values("WORKFLOW", None, before, after, path)
    assert found.values["services"]["configs"]["workflow"]["workflow_log"]["credential"] == {
        "access_key_id": "AK",
        "secretName": "osmo-workflow-log-credential",
    }
    assert "secretRefs" in found.notes[0]
    new = values("WORKFLOW", None, {"workflow_log": {"credential": None}}, after, path)
    for shown in (found, new):
        assert "CANARY" not in json.dumps([shown.values, shown.notes, shown.key])
    assert new.values["services"]["configs"]["workflow"]["workflow_log"]["credential"] == {
        "access_key_id": "AK",
        "secretName": "osmo-workflow-log-credential",
    }
    # A mask is no value either: a revision that is rolled back to shows it for its secrets.
    masked = {"workflow_log": {"credential": {"access_key_id": "AK", "access_key": MASK}}}
    shown = values("WORKFLOW", None, {"workflow_log": {"credential": None}}, masked)
    assert "*" not in json.dumps(shown.values)


def test_what_the_service_keeps_itself_is_told_apart() -> None:
    found = values(
        "SERVICE", None, {"service_auth": {"issuer": "a"}}, {"service_auth": {"issuer": "b"}}
    )
    assert found.values == {}
    assert found.notes == [
        "services.configs.service.service_auth.issuer: the service keeps this itself"
    ]


def test_services_that_are_always_in_the_database_have_no_values() -> None:
    for dialect in DIALECTS.values():
        found = helm_values(Shape(find_type("POOL"), dialect, "a"), {}, {"backend": "b"})
        assert (found is None) == (dialect.helm_root is None)
