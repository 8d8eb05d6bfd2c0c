"""A whole object in place of what is stored (--replace): defaults, secrets, read-only fields."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osmo_cli.config.changes.merge import Mode
from osmo_cli.config.checking.validate import Checked, check_input
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.registry.dialects import DIALECTS, V6_0, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.secrets import MASK
from tests.unit.config.changes.test_directives import (
    live_dataset,
    live_pool,
    live_rsync,
    live_service,
    request,
)
from tests.unit.config.inputs import live_backend, live_workflow


def replace(kind: str, dialect: Dialect, live: Any, given: Any, name: str | None = None) -> Checked:
    shape = Shape(CONFIG_TYPES[kind], dialect, name)
    document = parse_json("in.json", json.dumps(given))
    checked = check_input(document, shape, live, mode=Mode.REPLACE)
    assert [problem for problem in checked.problems if problem.severity == "error"] == []
    again = check_input(document, shape, checked.wanted, mode=Mode.REPLACE)
    assert request(shape, checked.wanted, again.wanted) is None, "a second time changes something"
    return checked


def warnings(checked: Checked) -> list[str]:
    return [problem.message for problem in checked.problems]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_fields_that_are_left_out_go_back_to_their_defaults(dialect: Dialect) -> None:
    live = live_pool(dialect) | {"status": "ONLINE"}
    wanted = replace("POOL", dialect, live, {"backend": "gpu-b"}, "p").wanted
    default = CONFIG_TYPES["POOL"].schema(dialect)(backend="gpu-b").model_dump()
    assert wanted == default | {"name": "p", "status": "ONLINE"}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_items_that_a_whole_type_leaves_out_stay(dialect: Dialect) -> None:
    live = {"p": live_pool(dialect), "q": live_pool(dialect) | {"name": "q"}}
    wanted = replace("POOL", dialect, live, {"pools": {"q": {"backend": "gpu-b"}}}).wanted
    assert wanted["p"] == live["p"]
    assert wanted["q"]["platforms"] == {}
    assert wanted["q"]["backend"] == "gpu-b"


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_backend_keeps_what_its_operator_reports(dialect: Dialect) -> None:
    live = live_backend(dialect) | {"description": "old", "dashboard_url": "https://d"}
    wanted = replace("BACKEND", dialect, live, {"description": "new"}, "gpu-a").wanted
    assert (wanted["description"], wanted["dashboard_url"]) == ("new", "")
    for field in ("k8s_uid", "version", "k8s_namespace", "last_heartbeat", "online", "name"):
        assert wanted[field] == live[field]
    assert set(wanted) == set(live)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_stored_secrets_stay_with_what_they_belong_to(dialect: Dialect) -> None:
    live = live_workflow(dialect) | {"max_num_tasks": 50}
    checked = replace("WORKFLOW", dialect, live, {"max_num_ports_per_task": 5})
    assert checked.wanted["max_num_tasks"] == 20
    assert checked.wanted["workflow_log"] == live["workflow_log"]
    assert checked.wanted["workflow_alerts"] == live["workflow_alerts"]
    # A default that has a place for the secret needs no warning.
    assert warnings(checked) == [
        "workflow_log.credential is not in the file and stays: it holds a secret"
    ]
    # Given without its secret, it keeps the secret; null removes it.
    shown = {"endpoint": "s3://logs", "access_key_id": "other"}
    checked = replace("WORKFLOW", dialect, live, {"workflow_log": {"credential": shown}})
    assert checked.wanted["workflow_log"]["credential"]["access_key"] == MASK
    checked = replace("WORKFLOW", dialect, live, {"workflow_log": {"credential": None}})
    assert checked.wanted["workflow_log"]["credential"] is None
    assert warnings(checked)[0] == (
        "workflow_log.credential.access_key: the stored secret is removed"
    )


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_the_signing_keys_of_a_service_stay(dialect: Dialect) -> None:
    live = live_service(dialect) | {"max_pod_restart_limit": "5m"}
    checked = replace("SERVICE", dialect, live, {"agent_queue_size": 5})
    assert warnings(checked) == []
    wanted = checked.wanted
    assert wanted["service_auth"] == live["service_auth"]
    assert wanted["max_pod_restart_limit"] == "30m"
    auth = {key: value for key, value in live["service_auth"].items() if key != "keys"}
    assert (
        replace("SERVICE", dialect, live, {"service_auth": auth}).wanted["service_auth"]
        == (live["service_auth"])
    )
    rotated = auth | {"keys": {"new": {"public_key": "{}"}}}
    wanted = replace("SERVICE", dialect, live, {"service_auth": rotated}).wanted
    assert wanted["service_auth"]["keys"] == {"new": live["service_auth"]["keys"]["new"]}


def test_a_map_that_is_given_is_the_whole_map() -> None:
    live = live_rsync(V6_0)
    paths = {"b": {"path": "/b"}}
    given = {"plugins_config": {"rsync": {"allowed_paths": paths}}}
    wanted = replace("WORKFLOW", V6_0, live, given).wanted
    assert list(wanted["plugins_config"]["rsync"]["allowed_paths"]) == ["b"]
    live = live_dataset(V6_0)
    live["buckets"]["a"]["default_credential"] = {"access_key_id": "i", "access_key": MASK}
    given = {"buckets": {"b": {"dataset_path": "s3://b/d"}}}
    checked = replace("DATASET", V6_0, live, given)
    assert list(checked.wanted["buckets"]) == ["b"]
    removed = "buckets.a.default_credential.access_key: the stored secret is removed"
    assert removed in warnings(checked)


def test_external_roles_are_wanted_as_the_service_stores_them() -> None:
    """A list in another order is no change, and none that the read-back would report."""
    live = {
        "name": "r",
        "description": "d",
        "policies": [{"effect": "Allow", "actions": ["pool:List"], "resources": []}],
        "immutable": False,
        "sync_mode": "import",
        "external_roles": ["a", "b"],
    }
    document = parse_json("in.json", json.dumps(live | {"external_roles": ["b", "a", "b"]}))
    shape = Shape(CONFIG_TYPES["ROLE"], DIALECTS["6.2"], "r")
    checked = check_input(document, shape, live)
    assert checked.problems == []
    assert checked.wanted == live
