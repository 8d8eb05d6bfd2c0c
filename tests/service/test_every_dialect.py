"""One story for every generation of the service, and for those that are run from Helm values.

What a user wants is the same everywhere; only how it gets there differs (`World.change`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from osmo_cli.config.registry.types import CONFIG_TYPES
from tests.support.worlds import WORLDS, World, world


@pytest.fixture(scope="module", params=WORLDS)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with world(request.param, tmp_path_factory.mktemp("world")) as opened:
        yield opened


ASSERTION = {"operator": "LE", "left_operand": "a", "right_operand": "1", "assert_message": "m"}
PATH_ROLE = [{"actions": [{"base": "http", "path": "/api/pool/*", "method": "Get"}]}]
SEMANTIC_ROLE = [{"effect": "Allow", "actions": ["pool:List"], "resources": ["pool/*"]}]
# Type, item, what is made, the edit, and what it makes of the fields that it is about.
EDITS: list[tuple[str, str | None, Any, Any, Any]] = [
    (
        "BACKEND",
        "gpu-a",
        {"description": "H100", "scheduler_settings": {"scheduler_name": "mine"}},
        {"scheduler_settings": {"scheduler_timeout": 60}},
        {"description": "H100"},
    ),
    (
        "WORKFLOW",
        None,
        {"max_num_tasks": 30, "workflow_info": {"tags": ["a", "b"]}},
        {"workflow_info": {"tags": []}},
        {"max_num_tasks": 30},
    ),
    ("SERVICE", None, {"agent_queue_size": 2048}, {"max_pod_restart_limit": "1h"}, {}),
    (
        "POD_TEMPLATE",
        "sel",
        {"spec": {"nodeSelector": {"arch": "amd64"}, "containers": []}},
        {"spec": {"containers": []}},
        {},
    ),
    (
        "GROUP_TEMPLATE",
        "domain",
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": {"a": "b"}}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "y"}},
        {},
    ),
    ("RESOURCE_VALIDATION", "max", [ASSERTION, ASSERTION], [ASSERTION], [ASSERTION]),
    (
        "BACKEND_TEST",
        "nccl",
        {
            "name": "nccl",
            "description": "d",
            "cron_schedule": "0 * * * *",
            "common_pod_template": ["sel"],
            "node_conditions": ["a", "b"],
        },
        {"node_conditions": ["b"]},
        {"cron_schedule": "0 * * * *"},
    ),
    (
        "POOL",
        "pool-a",
        {
            "backend": "gpu-a",
            "default_platform": "h100",
            "platforms": {"h100": {"description": "H100"}},
            "common_pod_template": ["sel"],
        },
        {"description": "A", "platforms": {"l40": {}}},
        {"default_platform": "h100", "common_pod_template": ["sel"]},
    ),
    (
        "DATASET",
        "team",
        {"dataset_path": "s3://team/data", "description": "ours"},
        {"description": ""},
        {"dataset_path": "s3://team/data"},
    ),
    (
        "ROLE",
        "ops",
        {"name": "ops", "description": "Ops"},
        {"name": "ops", "description": "Operators"},
        {"description": "Operators"},
    ),
]


def file_for(place: World, kind: str, value: Any) -> str:
    """The file of an edit; a role's policies are those of the service's generation."""
    if kind == "ROLE":
        policies = SEMANTIC_ROLE if place.dialect.semantic_roles else PATH_ROLE
        value = value | {"policies": policies}
    return place.shell.file("edit.json", json.dumps(value))


def holds(shown: Any, wanted: Any) -> bool:
    """Whether what is shown has what the file says, whatever else there is in it."""
    if isinstance(shown, dict) and isinstance(wanted, dict):
        return all(key in shown and holds(shown[key], wanted[key]) for key in wanted)
    return bool(shown == wanted)


def apply(place: World, kind: str, name: str | None, value: Any) -> Any:
    """Update, and what is shown then; a second run has nothing to do."""
    words = ["config", "update", kind, *([name] if name else [])]
    file = file_for(place, kind, value)
    create = ["--create"] if name and CONFIG_TYPES[kind].create else []
    at = [kind, *([name] if name else [])]

    def is_there() -> bool:
        shown = place.shown(*at)
        return shown is not None and holds(shown, value)

    place.change(*words, "--file", file, *create, until=is_there)
    assert is_there(), place.shown(*at)
    again = place.shell.osmo(*words, "--file", file)
    assert (again.code, again.out) == (0, "No changes were made to the config.\n"), again
    assert place.writes(*words, "--file", file) == 0
    return place.shown(*at)


@pytest.mark.parametrize(
    ("kind", "name", "first", "second", "kept"), EDITS, ids=lambda v: str(v)[:20]
)
def test_what_a_file_says_is_what_is_served(
    place: World, kind: str, name: str | None, first: Any, second: Any, kept: Any
) -> None:
    if kind not in place.dialect.config_types:
        refused = place.shell.osmo("config", "show", kind)
        assert (refused.code, refused.out) == (2, "")
        assert f"no {kind}" in refused.err
        return
    apply(place, kind, name, first)
    shown = apply(place, kind, name, second)
    assert holds(shown, kept)


def test_what_is_wrong_is_refused_before_anything_is_sent(place: World) -> None:
    before = place.shown("BACKEND", "gpu-a")
    place.shell.file(
        "wrong.json", '{"descripton": "x", "scheduler_settings": {"scheduler_timeout": "9"}}'
    )
    words = ("config", "update", "BACKEND", "gpu-a", "--file", "wrong.json")
    refused = place.shell.osmo(*words)
    assert (refused.code, refused.out) == (2, "")
    assert "wrong.json:1:2: descripton: unknown field" in refused.err
    assert "scheduler_timeout: must be an integer" in refused.err
    assert place.writes(*words) == 0
    after = place.shown("BACKEND", "gpu-a")
    assert {**after, "last_heartbeat": None} == {**before, "last_heartbeat": None}


def test_a_pool_is_made_renamed_and_deleted(place: World) -> None:
    apply(place, "POOL", "spare", {"backend": "gpu-a"})

    def pools() -> set[str]:
        return set(place.shown("POOL")["pools"])

    place.change("config", "rename", "POOL", "spare", "other", until=lambda: "other" in pools())
    assert "spare" not in pools()
    place.change("config", "delete", "POOL", "other", until=lambda: "other" not in pools())
    assert not {"spare", "other"} & pools()


def test_a_secret_is_stored_or_named_and_never_shown(place: World) -> None:
    canary = "CANARY-0123456789"
    credential = {"endpoint": "s3://logs", "access_key_id": "AKIA", "access_key": canary}
    place.shell.file("log.json", json.dumps({"workflow_log": {"credential": credential}}))
    words = ("config", "update", "WORKFLOW", "--file", "log.json", "--debug")
    done = place.shell.osmo(*words)
    assert done.code == (0 if place.configmap is None else 6), done
    assert canary not in done.out + done.err
    shown = json.dumps(place.shown("WORKFLOW", "workflow_log"))
    if place.configmap is None:
        assert '"access_key": "**********"' in shown
    else:
        assert "secretName: osmo-workflow-log-credential" in done.out
        assert "access_key:" not in done.out


def test_what_is_known_of_the_service_is_told(place: World) -> None:
    place.shell.osmo("config", "delete", "POOL", "default")
    described = json.loads(place.shell.ok("version", "-t", "json"))
    assert described["dialect"] == place.dialect.name
    assert described["service"] == place.dialect.version
    assert described.get("configmap", False) is (place.configmap is not None)
    place.shell.file("preview.json", '{"description": "previewed"}')
    words = ("config", "update", "BACKEND", "gpu-a", "-f", "preview.json", "--dry-run")
    preview = place.shell.osmo(*words)
    assert (preview.code, "previewed" in preview.out) == (0, True)
    assert ("configured by Helm values" in preview.err) is (place.configmap is not None)
    listed = place.shell.osmo("config", "history")
    assert ("Helm values" in listed.err) is (place.configmap is not None)


def test_the_history_tells_what_was_done_through_the_service(place: World) -> None:
    entries = json.loads(place.shell.ok("config", "history", "BACKEND", "-t", "json"))["configs"]
    assert entries[0]["revision"] == 1
    tagged = place.shell.ok("config", "tag", "BACKEND:1", "--set", "first")
    assert tagged == "Successfully updated tags for BACKEND:1\n"
    assert "BACKEND" in place.shell.ok("config", "list")
    rolled = place.shell.osmo("config", "rollback", "WORKFLOW:1")
    assert rolled.code == (0 if place.configmap is None else 6), rolled


def test_a_token_is_made_listed_used_and_deleted(place: World) -> None:
    own = ("token", "set", "mine", "-t", "json")
    if place.dialect.token_routes.users:
        place.shell.ok("user", "create", "admin", "--roles", "osmo-user")
    text = json.loads(place.shell.ok(*own))["token"]
    assert "mine" in place.shell.ok("token", "list")
    other = {"OSMO_URL": place.url, "OSMO_TOKEN": text}
    described = place.shell.osmo("whoami", env=other)
    assert "admin" in described.out, described
    assert text not in described.out + described.err
    assert place.shell.ok("token", "delete", "mine").startswith("Access token mine deleted")
    assert "mine" not in place.shell.ok("token", "list")
