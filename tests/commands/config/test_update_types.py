"""Every type, every kind of edit: the service ends in exactly the state that was written.

The library below the commands runs against the embedded service in this process, so that
hypothesis can try many edits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from osmo_cli.api.client import Client
from osmo_cli.api.service import Service
from osmo_cli.api.transport import Transport
from osmo_cli.config.changes.merge import Mode, merge_input
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.values import same
from osmo_cli.credentials.credential import Credential, Method
from osmo_cli.credentials.origin import LOCAL
from osmo_cli.errors import UsageError
from osmo_cli.local.admin import add_backend, reset
from osmo_cli.local.transport import in_process_transport
from osmo_cli.plan.apply import Applied, apply_change
from osmo_cli.plan.change import plan_update
from osmo_cli.plan.live_object import live_of, read_live
from tests.support.sampling import examples


class NoMemory:
    """Secrets are always new."""

    def recall(self, key: str, value: str) -> int | None:
        return None

    def latest(self, key: str) -> int | None:
        return None

    def remember(self, key: str, value: str, revision: int) -> None:
        pass


def open_service(db: Path) -> Service:
    def no_idp(url: str) -> Transport:
        raise AssertionError(url)

    client = Client(
        Credential(LOCAL, Method.DEV, "test", username="admin"),
        Transport("http://local", inner=in_process_transport(db)),
        open_idp=no_idp,
        warn=lambda text: None,
        on_secret=lambda secret: None,
    )
    return Service(client)


@pytest.fixture(scope="module", params=list(DIALECTS))
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A client of a service with a backend, and one item of each type."""
    db = tmp_path_factory.mktemp("types") / "local.db"
    reset(db, request.param)
    add_backend(db, "gpu-a")
    with open_service(db) as opened:
        for kind, (name, item) in ITEMS.items():
            if kind in DIALECTS[request.param].config_types:
                update(opened, kind, name, fitting(opened, item), create=True)
        yield opened


def fitting(service: Service, value: Any) -> Any:
    """`value` in the form of the client's service: from 6.2 on, roles and credentials differ."""
    if not service.dialect.semantic_roles:
        return value
    if isinstance(value, list):
        return [fitting(service, element) for element in value]
    if not isinstance(value, dict):
        return value
    fitted = {key: fitting(service, element) for key, element in value.items()}
    if "access_key" in value:
        fitted["endpoint"] = "s3://team"
    if "policies" in value:
        fitted |= {"sync_mode": "force", "external_roles": ["ops", "ops-of-idp"]}
    if "actions" in value:
        actions = ["workflow:Read" for _ in value["actions"]]
        fitted |= {"effect": "Deny", "actions": actions, "resources": ["pool/a"]}
    return fitted


def update(
    service: Service,
    kind: str,
    name: str | None,
    value: Any,
    *,
    mode: Mode = Mode.MERGE,
    create: bool = False,
) -> Applied:
    target = read_live(service, CONFIG_TYPES[kind], name, create=create)
    change = plan_update(
        service, target, parse_json("in", json.dumps(value)), NoMemory(), mode=mode
    )
    return apply_change(service, change, NoMemory(), description=None, tags=None)


def lacks(service: Service, kind: str, name: str | None, value: Any) -> bool:
    """Whether the service has no such type; it is then said, before anything is sent."""
    if kind in service.dialect.config_types:
        return False
    with pytest.raises(UsageError, match=f"this service has no {kind}"):
        update(service, kind, name, value)
    with pytest.raises(UsageError, match=f"this service has no {kind}"):
        service.configs.read(CONFIG_TYPES[kind])
    return True


def state(service: Service, kind: str, name: str | None) -> Any:
    """What can be edited of what is stored."""
    target = read_live(service, CONFIG_TYPES[kind], name)
    snapshot = service.configs.read(CONFIG_TYPES[kind])
    return target.shape.editable(live_of(target.shape, snapshot))


ASSERTION = {"operator": "LE", "left_operand": "a", "right_operand": "1", "assert_message": "m"}
OTHER = ASSERTION | {"operator": "GT", "assert_message": "n"}
ACTION = {"base": "http", "path": "/api/workflow/*", "method": "Get"}
ITEMS: dict[str, tuple[str, Any]] = {
    "POD_TEMPLATE": ("sel", {"spec": {"nodeSelector": {"arch": "amd64"}, "containers": []}}),
    "RESOURCE_VALIDATION": ("max", [ASSERTION]),
    "BACKEND_TEST": (
        "nccl",
        {
            "name": "nccl",
            "description": "d",
            "cron_schedule": "0 * * * *",
            "common_pod_template": ["sel"],
            "node_conditions": ["a", "b"],
        },
    ),
    "POOL": (
        "pool-a",
        {
            "description": "A",
            "backend": "gpu-a",
            "default_platform": "h100",
            "platforms": {"h100": {"description": "H100"}, "l40": {}},
            "common_pod_template": ["sel"],
            "default_exit_actions": {"1": "RESCHEDULE"},
        },
    ),
    "DATASET": ("team", {"dataset_path": "s3://team/d", "description": "t"}),
    "ROLE": ("ops", {"name": "ops", "description": "o", "policies": [{"actions": [ACTION]}]}),
}

# (type, name, input of a file): what a file mentions is stored, the rest stays.
FILES: list[tuple[str, str | None, Any]] = [
    ("BACKEND", "gpu-a", {"description": "scalar"}),
    ("BACKEND", "gpu-a", {"scheduler_settings": {"scheduler_timeout": 7}}),
    ("BACKEND", "gpu-a", {"tests": ["nccl"]}),
    ("BACKEND", "gpu-a", {"tests": []}),
    ("WORKFLOW", None, {"max_num_tasks": 21, "workflow_info": {"max_name_length": 65}}),
    ("WORKFLOW", None, {"user_workflow_limits": {"max_num_workflows": 3}}),
    ("WORKFLOW", None, {"user_workflow_limits": {"max_num_workflows": None}}),
    ("WORKFLOW", None, {"workflow_info": {"tags": ["a", "b"]}}),
    ("WORKFLOW", None, {"workflow_info": {"tags": ["b"]}}),
    ("WORKFLOW", None, {"workflow_info": {"tags": []}}),
    ("WORKFLOW", None, {"plugins_config": {"rsync": {"allowed_paths": {"x": {"path": "/x"}}}}}),
    ("WORKFLOW", None, {"credential_config": {}}),
    ("SERVICE", None, {"service_base_url": "https://osmo.example.com"}),
    ("SERVICE", None, {"service_auth": {"user_roles": ["osmo-user", "osmo-ctrl"]}}),
    ("SERVICE", None, {"cli_config": {"min_supported_version": None}}),
    ("DATASET", None, {"default_bucket": "team"}),
    ("DATASET", None, {"buckets": {"two": {"dataset_path": "s3://two/d"}}}),
    ("DATASET", "team", {"mode": "read-only", "description": ""}),
    ("DATASET", "team", {"default_credential": {"access_key_id": "i", "access_key": "secret"}}),
    ("DATASET", "team", {"default_credential": None}),
    ("POOL", "pool-a", {"description": "scalar", "enable_maintenance": True}),
    ("POOL", "pool-a", {"platforms": {"h100": {"description": "nested"}}}),
    ("POOL", "pool-a", {"common_pod_template": []}),
    ("POOL", "pool-a", {"resources": {"gpu": {"maximum": 8}}}),
    ("POOL", "pool-a", {"resources": {"gpu": None}}),
    ("POOL", None, {"pool-a": {"description": "by map"}}),
    ("POOL", None, {"pools": {"pool-b": {"backend": "gpu-a"}}}),
    ("BACKEND_TEST", "nccl", {"test_timeout": "600s", "node_conditions": ["c"]}),
    ("BACKEND_TEST", None, {"nccl": {"description": "by map"}}),
]

# (type, name, the whole object): types whose file is the whole item.
WHOLES: list[tuple[str, str | None, Any]] = [
    ("POD_TEMPLATE", "sel", {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}),
    ("POD_TEMPLATE", "sel", {"spec": {"containers": [{"name": "b"}, {"name": "a"}]}}),
    ("POD_TEMPLATE", "sel", {"spec": {"containers": [], "x": None}}),
    ("POD_TEMPLATE", "sel", {}),
    ("RESOURCE_VALIDATION", "max", [OTHER, ASSERTION]),
    ("RESOURCE_VALIDATION", "max", [ASSERTION, OTHER]),
    ("RESOURCE_VALIDATION", "max", [OTHER]),
    ("RESOURCE_VALIDATION", "max", []),
    (
        "ROLE",
        "ops",
        {"name": "ops", "description": "", "policies": [{"actions": [ACTION, ACTION]}]},
    ),
    ("ROLE", "ops", {"name": "ops", "description": "x", "policies": []}),
]


@pytest.mark.sample(10)
@pytest.mark.parametrize(("kind", "name", "part"), FILES, ids=str)
def test_a_file_is_laid_over(service: Service, kind: str, name: str | None, part: Any) -> None:
    if lacks(service, kind, name, part):
        return
    part = fitting(service, part)
    before = state(service, kind, name)
    update(service, kind, name, part)
    after = state(service, kind, name)
    bare = part.get("pools", part) if kind == "POOL" and name is None else part
    wanted = without_secrets(merge_input(before, bare))
    for key in before:
        assert same(without_defaults(after[key], wanted[key]), wanted[key]), key
    again = update(service, kind, name, without_new_secrets(part))
    assert again.revision is None


@pytest.mark.parametrize(("kind", "name", "value"), WHOLES, ids=str)
def test_a_whole_item_is_stored_as_it_is(
    service: Service, kind: str, name: str, value: Any
) -> None:
    value = fitting(service, value)
    update(service, kind, name, value)
    assert same(state(service, kind, name), value)
    assert update(service, kind, name, value).revision is None


def without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: "*" * 10 if key == "access_key" else without_secrets(inner)
            for key, inner in value.items()
        }
    return value


def without_new_secrets(value: Any) -> Any:
    """The same file without its secrets: whether those changed cannot be known here."""
    if isinstance(value, dict):
        return {k: without_new_secrets(v) for k, v in value.items() if k != "access_key"}
    return value


def without_defaults(shown: Any, wanted: Any) -> Any:
    """`shown` without the fields of new objects that the service filled in."""
    if isinstance(shown, dict) and isinstance(wanted, dict):
        return {key: without_defaults(shown[key], wanted[key]) for key in wanted if key in shown}
    return shown


REMOVALS: list[tuple[str, str | None, tuple[str, ...], Any]] = [
    ("BACKEND", "gpu-a", ("description",), ""),
    ("BACKEND", "gpu-a", ("scheduler_settings", "scheduler_timeout"), 30),
    ("WORKFLOW", None, ("max_num_tasks",), 20),
    ("WORKFLOW", None, ("workflow_info", "tags"), []),
    ("WORKFLOW", None, ("plugins_config", "rsync", "allowed_paths", "x"), None),
    ("POOL", "pool-a", ("description",), ""),
    ("POOL", "pool-a", ("platforms", "l40"), None),
    ("BACKEND_TEST", "nccl", ("test_timeout",), "300s"),
    ("DATASET", None, ("default_bucket",), ""),
]


@pytest.mark.parametrize(("kind", "name", "path", "default"), REMOVALS, ids=str)
def test_what_is_removed_in_the_editor_goes(
    service: Service, kind: str, name: str | None, path: tuple[str, ...], default: Any
) -> None:
    if lacks(service, kind, name, {}):
        return
    buffer = deepcopy(state(service, kind, name))
    parent = buffer
    for step in path[:-1]:
        parent = parent[step]
    parent.pop(path[-1], None)
    update(service, kind, name, unmasked(buffer), mode=Mode.EDIT)
    stored_value = state(service, kind, name)
    for step in path:
        stored_value = stored_value.get(step)
    assert same(stored_value, default)


def unmasked(value: Any) -> Any:
    """A buffer never shows secrets."""
    if isinstance(value, dict):
        return {k: unmasked(v) for k, v in value.items() if v != "*" * 10}
    return value


TAGS = st.lists(st.text(alphabet="abcé", min_size=1, max_size=3), max_size=4)
TEMPLATES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(alphabet="ab$", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(alphabet="ab$", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)
MANY = settings(
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)


@MANY
@given(tags=TAGS, names=TAGS)
def test_lists_of_texts_are_replaced(service: Service, tags: list[str], names: list[str]) -> None:
    part = {
        "workflow_info": {"tags": tags},
        "credential_config": {"disable_data_validation": names},
    }
    update(service, "WORKFLOW", None, part)
    after = state(service, "WORKFLOW", None)
    assert after["workflow_info"]["tags"] == tags
    assert after["credential_config"]["disable_data_validation"] == names


@MANY
@given(paths=st.dictionaries(st.text(alphabet="ab", max_size=2), st.booleans(), max_size=3))
def test_maps_of_objects_become_what_was_edited(service: Service, paths: dict[str, bool]) -> None:
    allowed = {name: {"path": f"/{name}", "writable": flag} for name, flag in paths.items()}
    buffer = unmasked(state(service, "WORKFLOW", None))
    buffer["plugins_config"]["rsync"]["allowed_paths"] = allowed
    update(service, "WORKFLOW", None, buffer, mode=Mode.EDIT)
    after = state(service, "WORKFLOW", None)
    assert same(after["plugins_config"]["rsync"]["allowed_paths"], allowed)


@MANY
@given(template=st.dictionaries(st.text(alphabet="ab$", max_size=2), TEMPLATES, max_size=4))
def test_any_template_is_stored_as_it_is(service: Service, template: dict[str, Any]) -> None:
    update(service, "POD_TEMPLATE", "sel", template)
    assert same(state(service, "POD_TEMPLATE", "sel"), template)


LABELS = st.lists(
    st.fixed_dictionaries(
        {"key": st.sampled_from(["team", "a.example.com/b", "cost", "z"])},
        optional={
            "enforcement": st.sampled_from(["off", "warn"]),
            "allow_list": st.lists(st.sampled_from(["x", "y"]), max_size=2),
        },
    ),
    max_size=4,
    unique_by=lambda label: label["key"],
)


@MANY
@given(policies=st.lists(LABELS, min_size=1, max_size=3))
def test_lists_of_objects_become_what_was_written(
    service: Service, policies: list[list[dict[str, Any]]]
) -> None:
    """Longer, shorter, reordered and emptied; a PATCH of such a list would only append."""
    if "labels_config" not in state(service, "WORKFLOW", None):
        # A field of another version is not sent.
        done = update(service, "WORKFLOW", None, {"labels_config": {"policy": []}})
        assert done.revision is None
        return
    default = {"allow_list": [], "enforcement": "off", "assert_message": ""}
    for policy in policies:
        update(service, "WORKFLOW", None, {"labels_config": {"policy": policy}})
        stored = state(service, "WORKFLOW", None)["labels_config"]["policy"]
        assert same(stored, [default | label for label in policy])


def test_a_credential_comes_without_keys_gets_some_and_goes(service: Service) -> None:
    key = {"access_key_id": "i", "access_key": "secret-of-the-store"}

    def stored() -> Any:
        return state(service, "WORKFLOW", None)["workflow_app"]["credential"]

    def put(credential: Any) -> None:
        update(service, "WORKFLOW", None, {"workflow_app": {"credential": credential}})

    put(None)
    if not service.dialect.keyless_credentials:
        with pytest.raises(UsageError, match="access_key: this field is required"):
            put({"endpoint": "s3://b"})
        return
    put({"endpoint": "s3://b/"})
    assert stored().keys() == {"endpoint", "region", "override_url", "addressing_style"}
    with pytest.raises(UsageError, match="access_key: this field is required"):
        put({"access_key_id": "i"})
    put(key | {"addressing_style": "path"})
    assert (stored()["access_key"], stored()["addressing_style"]) == ("*" * 10, "path")
    put({"region": "eu-1"})
    assert (stored()["access_key_id"], stored()["region"]) == ("i", "eu-1")
    put(None)
    assert stored() is None


GROUP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": "1"}}


def test_group_templates_are_there_from_6_2_on(service: Service) -> None:
    if lacks(service, "GROUP_TEMPLATE", "m", GROUP):
        return
    update(service, "GROUP_TEMPLATE", "m", GROUP, create=True)
    assert same(state(service, "GROUP_TEMPLATE", "m"), GROUP)
    assert update(service, "GROUP_TEMPLATE", "m", GROUP).revision is None
    update(service, "POOL", "pool-a", {"common_group_templates": ["m"]})
    assert state(service, "POOL", "pool-a")["common_group_templates"] == ["m"]
    update(service, "POOL", "pool-a", {"common_group_templates": []})


def test_a_role_keeps_its_names_at_the_identity_provider(service: Service) -> None:
    if not service.dialect.semantic_roles:
        stored = service.configs.read(CONFIG_TYPES["ROLE"]).items()
        assert not any("external_roles" in role for role in stored.values())
        return
    role = {"name": "kept", "description": "", "policies": [{"actions": ["*:*"]}]}
    update(service, "ROLE", "kept", role, create=True)
    assert state(service, "ROLE", "kept")["external_roles"] == ["kept"]
    assert update(service, "ROLE", "kept", role).revision is None
    update(service, "ROLE", "kept", role | {"external_roles": ["a", "b"]})
    update(service, "ROLE", "kept", role | {"description": "d"})
    assert state(service, "ROLE", "kept")["external_roles"] == ["a", "b"]
    update(service, "ROLE", "kept", role | {"external_roles": []})
    assert state(service, "ROLE", "kept")["external_roles"] == []
