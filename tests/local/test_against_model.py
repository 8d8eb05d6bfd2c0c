"""Random sequences of writes, rollbacks, deletes and renames: the embedded service stores what
the model of the real service says (tests/support/service_model.py), in every dialect."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.local.admin import add_backend
from osmo_cli.local.database import open_database
from osmo_cli.local.transport import in_process_transport
from tests.support.databases import new_database
from tests.support.service_model import BY_NAME, PATHS, READERS, TYPES, Entry, Model

CONFIGS = "/api/configs/"
OLD = ("seed", "6.0")
"""The generations whose PATCH cannot empty a list."""
NAMES = ("alpha", "beta", "gamma")
BACKENDS = ("gpu-a", "gpu-b")
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "4"))
"""Sequences for each dialect and group."""
GROUPS = (
    ("POOL", "WORKFLOW"),
    ("POOL", "POD_TEMPLATE", "RESOURCE_VALIDATION", "GROUP_TEMPLATE"),
    ("BACKEND", "BACKEND_TEST", "POD_TEMPLATE"),
    ("ROLE",),
    ("SERVICE", "WORKFLOW", "DATASET"),
)
"""Types whose writes meet each other."""


@dataclass(frozen=True)
class Write:
    """A request that changes something."""

    method: str
    path: str
    body: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path} {json.dumps(self.body)}"

    @property
    def kind(self) -> str:
        """The config type that it is about."""
        first, *rest = self.path.split("/")
        if first != "history":
            return TYPES[first]
        return str(self.body["config_type"]) if rest == ["rollback"] else rest[0]


# -- what is sent

_name = st.sampled_from(NAMES)
_names = st.lists(_name, max_size=2, unique=True)
_any_name = st.sampled_from((*NAMES, *NAMES, "1st"))
_text = st.sampled_from(("", "x", "y"))
_number = st.integers(1, 3)
_about = st.fixed_dictionaries(
    {}, optional={"description": st.sampled_from(("why", "")), "tags": st.just(["t"])}
)


def _write(method: str, path: Any, key: str | None = None, content: Any = None) -> Any:
    """Requests with a body of `key`: `content`, and perhaps a description and tags."""

    def build(path: str, content: Any, details: dict[str, Any]) -> Write:
        return Write(method, path, details if key is None else details | {key: content})

    path = st.just(path) if isinstance(path, str) else path
    return st.builds(build, path, st.none() if content is None else content, _about)


def _some(**fields: Any) -> Any:
    return st.fixed_dictionaries({}, optional=fields)


_WORKFLOW = _some(
    max_num_tasks=st.one_of(_number, st.none()),
    force_cleanup_delay=st.sampled_from(("1h", "2h")),
    default_exec_timeout=st.sampled_from(("1d", "2d")),
    workflow_info=_some(tags=st.lists(_text, max_size=2), max_name_length=_number),
    user_workflow_limits=_some(
        max_num_workflows=st.one_of(_number, st.none(), st.just({"$action": "delete"})),
        jinja_sandbox_workers=_number,
    ),
    credential_config=_some(disable_data_validation=st.lists(_text, max_size=1)),
)
_WORKFLOW_PUT = _some(
    max_num_tasks=_number,
    force_cleanup_delay=st.sampled_from(("1h", "2h")),
    workflow_info=_some(tags=st.lists(_text, max_size=2), max_name_length=_number),
    user_workflow_limits=_some(max_num_workflows=_number, jinja_sandbox_workers=_number),
)
_SERVICE = _some(agent_queue_size=_number, max_pod_restart_limit=st.sampled_from(("1m", "2m")))
_BUCKET = st.fixed_dictionaries(
    {"dataset_path": st.sampled_from(("s3://a/x", "s3://b/y"))},
    optional={"description": _text, "region": st.just("eu")},
)
_DATASET = _some(default_bucket=_name, buckets=st.dictionaries(_name, _BUCKET, max_size=2))
_TEMPLATE = st.sampled_from(
    ({}, {"spec": {"a": "1"}}, {"spec": {"b": None, "containers": [{"name": "x"}]}}, {"a": []})
)
_GROUP = st.sampled_from(
    (
        {"apiVersion": "v1", "kind": "K", "metadata": {"name": "g"}},
        {"apiVersion": "v2", "kind": "K", "metadata": {"name": "g"}, "spec": {}},
        {"kind": "K"},
    )
)
_ASSERTION = {
    "operator": "LE",
    "left_operand": "{{USER_CPU}}",
    "right_operand": "1",
    "assert_message": "m",
}
_VALIDATION = st.sampled_from(([], [_ASSERTION], [_ASSERTION, _ASSERTION], [{"operator": "LE"}]))
_TEST = st.fixed_dictionaries(
    {
        "name": _name,
        "description": _text,
        "cron_schedule": st.sampled_from(("0 0 * * *", "0 0 * * *", "never")),
        "node_conditions": st.sampled_from((["a"], ["b", "a", "b"])),
        "common_pod_template": st.lists(_name, min_size=1, max_size=2, unique=True),
    },
    optional={"test_timeout": st.just("60s")},
)
_TEST_PATCH = _some(
    description=_text,
    test_timeout=st.just("90s"),
    node_conditions=st.just(["c"]),
    common_pod_template=st.lists(_name, min_size=1, max_size=1),
)
_PLATFORM = _some(
    description=_text, override_pod_template=_names, resource_validations=_names,
    allowed_mounts=st.just(["/m"]),
)  # fmt: skip
_POOL_FIELDS = {
    "description": _text,
    "default_platform": st.one_of(st.none(), _name),
    "max_exec_timeout": st.sampled_from(("", "3d")),
    "enable_maintenance": st.booleans(),
    "common_pod_template": _names,
    "common_resource_validations": _names,
    "common_default_variables": st.just({"A": 1}),
    "platforms": st.dictionaries(_name, _PLATFORM, max_size=2),
}
_BACKEND_OF_POOL = st.sampled_from((*BACKENDS, "nowhere"))
_POOL = st.fixed_dictionaries({"backend": _BACKEND_OF_POOL}, optional=_POOL_FIELDS)
_POOL_PATCH = st.fixed_dictionaries({}, optional={"backend": _BACKEND_OF_POOL, **_POOL_FIELDS})
_BACKEND = _some(
    description=st.one_of(_text, st.none()),
    scheduler_settings=_some(scheduler_timeout=_number),
    node_conditions=st.sampled_from(({}, {"prefix": "p/"})),
    tests=st.lists(_name, max_size=2),
)


def _role(actions: tuple[str, ...], external: bool) -> Any:
    optional: dict[str, Any] = {}
    if external:
        lists = st.lists(st.sampled_from(("p", "q", "r")), max_size=2)
        optional = {"external_roles": st.one_of(st.none(), lists)}
        optional |= {"sync_mode": st.sampled_from(("import", "ignore"))}
    policy = st.fixed_dictionaries(
        {"actions": st.lists(st.sampled_from(actions), min_size=1, max_size=2, unique=True)}
    )
    return st.fixed_dictionaries(
        {"name": _name, "description": _text, "policies": st.lists(policy, max_size=2)},
        optional=optional,
    )


def _role_of(semantic_roles: bool) -> Any:
    actions = ("workflow:List", "*:*") if semantic_roles else ("http:/api/x/*:Get", "http:/api/y:*")
    return _role(actions, semantic_roles)


def writes(kind: str, semantic_roles: bool) -> Any:
    """One request about a config type; every third is about its history."""
    requests = [*_OWN_WRITES.get(kind, ())]
    if kind in BY_NAME:
        requests += _writes_of_items(kind, _role_of(semantic_roles))
    revision = st.integers(1, 8)
    rollback = st.builds(
        lambda number, details: Write(
            "POST", "history/rollback", details | {"config_type": kind, "revision": number}
        ),
        revision,
        _about,
    )
    of_revision = revision.map(lambda number: f"history/{kind}/revision/{number}")
    of_history = st.one_of(
        rollback,
        rollback,
        st.builds(lambda path: Write("DELETE", path, None), of_revision),
        _write("POST", of_revision.map(lambda path: path + "/tags"), "set_tags", st.just(["n"])),
    )
    return st.one_of(st.one_of(*requests), st.one_of(*requests), of_history)


def _writes_of_items(kind: str, role: Any) -> list[Any]:
    contents = {**_CONTENTS, "ROLE": role}
    path, key = BY_NAME[kind], "configs"
    whole = st.dictionaries(_any_name, contents[kind], max_size=3)
    if kind == "ROLE":
        whole = st.lists(role, max_size=3, unique_by=lambda role_of: role_of["name"])
    elif kind == "RESOURCE_VALIDATION":
        key = "configs_dict"
    return [
        _write("PUT", path, key, whole),
        _write("PUT", _at(path), "configs", contents[kind]),
        _write("DELETE", _at(path)),
    ]


def _at(path: str, rest: str = "") -> Any:
    return st.builds(lambda name: f"{path}/{name}{rest}", _any_name)


_PLATFORM_PATH = st.builds(lambda pool, name: f"pool/{pool}/platform/{name}", _name, _any_name)
_CONTENTS = {
    "POD_TEMPLATE": _TEMPLATE,
    "GROUP_TEMPLATE": _GROUP,
    "RESOURCE_VALIDATION": _VALIDATION,
    "BACKEND_TEST": _TEST,
    "POOL": _POOL,
}
_OWN_WRITES: dict[str, list[Any]] = {
    "WORKFLOW": [
        _write("PATCH", "workflow", "configs_dict", _WORKFLOW),
        _write("PUT", "workflow", "configs", _WORKFLOW_PUT),
    ],
    "SERVICE": [
        _write("PATCH", "service", "configs_dict", _SERVICE),
        _write("PUT", "service", "configs", _SERVICE),
    ],
    "DATASET": [
        _write("PATCH", "dataset", "configs_dict", _DATASET),
        _write("PUT", "dataset", "configs", _DATASET),
        _write("PATCH", _at("dataset"), "configs_dict", _BUCKET),
        _write("DELETE", _at("dataset")),
    ],
    "BACKEND": [
        _write("POST", st.sampled_from(("backend/gpu-a", "backend/gpu-b")), "configs", _BACKEND),
        _write("POST", "backend/gpu-a", "configs", _BACKEND),
        _write("POST", "backend/x", "configs", _BACKEND),
        _write("DELETE", st.sampled_from(("backend/gpu-b", "backend/x"))),
    ],
    "BACKEND_TEST": [_write("PATCH", _at("backend_test"), "configs_dict", _TEST_PATCH)],
    "POOL": [
        _write("PATCH", _at("pool"), "configs_dict", _POOL_PATCH),
        _write("PUT", _at("pool", "/rename"), "new_name", _any_name),
        _write("PUT", _PLATFORM_PATH, "configs", _PLATFORM),
        _write("PUT", _PLATFORM_PATH.map(lambda path: path + "/rename"), "new_name", _any_name),
    ],
}
"""Requests that only one type has."""


FIRST_ITEMS: dict[str, Any] = {
    "pod_template/alpha": {"spec": {"a": "1"}},
    "pod_template/beta": {"spec": {"a": "2"}},
    "resource_validation/alpha": [_ASSERTION],
    "resource_validation/beta": [],
    "group_template/alpha": {"apiVersion": "v1", "kind": "K", "metadata": {"name": "g"}},
    "backend_test/alpha": {
        "name": "alpha",
        "description": "first",
        "cron_schedule": "0 0 * * *",
        "node_conditions": ["a"],
        "common_pod_template": ["alpha"],
    },
    "pool/alpha": {"backend": "gpu-a", "common_pod_template": ["alpha"]},
    "pool/beta": {"backend": "gpu-b", "platforms": {"alpha": {}}, "default_platform": "alpha"},
}
"""What is stored first, so that a sequence finds something to refer to."""

# -- what is compared


class Service:
    """The embedded service on a fresh database."""

    def __init__(self, db: Path) -> None:
        transport = in_process_transport(db)
        self.client = httpx.Client(transport=transport, base_url="http://local")
        headers = {"x-osmo-user": "admin"}
        self.client.headers.update(headers)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.client.get(CONFIGS + path, params=query)

    def state(self, kinds: Iterable[str] = tuple(PATHS)) -> dict[str, Any]:
        """What is stored, by type; without those that this service does not have."""
        answers = {kind: self.get(PATHS[kind]) for kind in kinds}
        return {
            kind: READERS[kind](answer.json())
            for kind, answer in answers.items()
            if answer.status_code == 200
        }

    def history(self, kinds: Iterable[str]) -> dict[str, list[Entry]]:
        """Revisions that can be seen, by type."""
        entries_by_type: dict[str, list[Entry]] = {}
        query = {"limit": 1000, "config_types": list(kinds)}
        for entry in self.get("history", **query).json()["configs"]:
            kind = entry["config_type"]
            tags = None if entry["tags"] is None else sorted(entry["tags"])
            data = READERS[kind](entry["data"])
            entries_by_type.setdefault(kind, []).append(
                Entry(entry["revision"], entry["name"], entry["description"], tags, data)
            )
        return entries_by_type

    def send(self, write: Write) -> int:
        return self.client.request(write.method, CONFIGS + write.path, json=write.body).status_code


@pytest.fixture(scope="module", params=list(DIALECTS))
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new service with two backends and the items of the first two names."""
    db = tmp_path_factory.mktemp(request.param) / "local.db"
    new_database(db, request.param)
    for name in BACKENDS:
        add_backend(db, name)
    service = Service(db)
    with service.client:
        for path, content in FIRST_ITEMS.items():
            service.client.put(CONFIGS + path, json={"configs": content})
        body = {"configs": {"tests": ["alpha"]}}
        service.client.post(CONFIGS + "backend/gpu-a", json=body)
    return db


def _dialect(db: Path) -> str:
    with open_database(db) as store:
        return store.dialect.name


def _with_deleted(seen: list[Entry], known: list[Entry]) -> list[Entry]:
    """The revisions that the service shows, and those that it hides."""
    hidden = [entry for entry in known if entry.deleted]
    return deepcopy(sorted([*seen, *hidden], key=lambda entry: entry.number))


def _compare(service: Service, model: Model, kinds: Iterable[str], done: list[str]) -> None:
    said = "\n".join(done)
    state = service.state(kinds)
    history = service.history(state)
    for kind in state:
        if kind in model.undecided:
            model.state[kind] = deepcopy(state[kind])
            model.history[kind] = _with_deleted(history[kind], model.history[kind])
        assert state[kind] == model.state[kind], f"{kind} after\n{said}"
        seen = [entry for entry in model.history[kind] if not entry.deleted]
        assert history[kind] == seen, f"history of {kind} after\n{said}"


@pytest.mark.sample(2)
@pytest.mark.parametrize("group", GROUPS, ids="-".join)
@settings(
    max_examples=EXAMPLES,
    # A failure names the first request that ends otherwise; to shorten the rest takes minutes.
    phases=[Phase.explicit, Phase.generate],
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_it_stores_what_the_model_stores(
    database: Path, group: tuple[str, ...], data: st.DataObject
) -> None:
    dialect = _dialect(database)
    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder) / "local.db"
        shutil.copy(database, db)
        service = Service(db)
        with service.client:
            state = service.state()
            roles = next(iter(state["ROLE"].values()))
            model = Model(state, service.history(state), dialect in OLD)
            kinds = [kind for kind in group if kind in state]
            one_write = st.one_of(*(writes(kind, "external_roles" in roles) for kind in kinds))
            sequence = data.draw(st.lists(one_write, min_size=8, max_size=20))
            done = []
            for write in sequence:
                expected = model.request(write.method, write.path, deepcopy(write.body))
                done.append(f"{write} -> {expected}")
                assert service.send(write) == expected or expected is None, "\n".join(done)
                _compare(service, model, [write.kind], done)
            _compare(service, model, PATHS, done)
