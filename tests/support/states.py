"""Configurations that services of a version accept, for hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from osmo_cli.config.registry.dialects import Dialect

State = dict[tuple[str, str], Any]
"""Objects by config type and name; the name of a whole type is empty."""

SECRET = "the-secret-value"
BACKENDS = ("default", "gpu-a")
# Text that a reader of YAML, of references or of templates could take for something else.
_TEXTS = (
    *(
        "",
        "x",
        "yes",
        "y",
        "1e3",
        "08",
        "0x1F",
        "0o17",
        "12:30",
        "1.10",
        "~",
        "null",
        "-",
        "=",
        "<<",
    ),
    *(
        "${env:HOME}",
        "$${env:HOME}",
        "${x}",
        "a: b",
        "#",
        " lead",
        "x\ny\n",
        "a\u2028b",
        "é",
        "'\"",
    ),
    *("{{USER_CPU}}", "2026-01-31", "*", "&a", "!t", "\t", "x" * 300),
)
_text = st.sampled_from(_TEXTS)
_name = st.sampled_from(("a", "A", "b-1", "n.o", "yes", "con", "x_y"))
_number = st.integers(1, 3)
_value = st.recursive(
    st.one_of(_text, st.integers(-3, 3), st.booleans(), st.none(), st.just(0.5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(("a", "y", "1")), inner)
    ),
    max_leaves=4,
)


def _some(**fields: Any) -> Any:
    return st.fixed_dictionaries({}, optional=fields)


_CREDENTIAL = {
    "endpoint": "s3://b/d",
    "access_key_id": "id",
    "access_key": SECRET,
    "region": "us-east-1",
}
_WORKFLOW = _some(
    max_num_tasks=_number,
    default_exec_timeout=st.sampled_from(("60d", "1d")),
    workflow_info=_some(tags=st.lists(_text, max_size=2), max_name_length=_number),
    user_workflow_limits=_some(max_num_workflows=st.one_of(_number, st.none())),
    workflow_data=_some(credential=st.just(_CREDENTIAL), base_url=st.just("https://x.example")),
    workflow_alerts=_some(
        slack_token=st.just(SECRET),
        smtp_settings=st.just({"host": "h", "sender": "s", "password": SECRET}),
    ),
    plugins_config=st.just({"rsync": {"enabled": True, "allowed_paths": {"y": {"path": "/y"}}}}),
)
_SERVICE = _some(
    agent_queue_size=_number,
    service_base_url=st.just("https://osmo.example.com"),
    max_pod_restart_limit=st.sampled_from(("30m", "2m")),
)
_BUCKET = st.fixed_dictionaries(
    {"dataset_path": st.just("s3://b/d")}, optional={"description": _text}
)
_DATASET = st.dictionaries(_name, _BUCKET, max_size=2).map(lambda buckets: {"buckets": buckets})
_TEMPLATE = _some(
    metadata=_some(annotations=st.dictionaries(st.sampled_from(("a", "y", "on", "1")), _text)),
    spec=_some(
        nodeSelector=st.dictionaries(st.sampled_from(("a", "n")), st.sampled_from(("yes", "1e3"))),
        priority=_number,
        containers=st.lists(st.just({"name": "c", "args": ["08", ""], "env": []}), max_size=1),
    ),
)
_GROUP = st.builds(
    lambda more: {
        "apiVersion": "v1",
        "kind": "K",
        "metadata": {"name": "g-{{WF_GROUP_UUID}}"},
        "spec": more,
    },
    st.dictionaries(st.sampled_from(("data", "y", "1")), _value, max_size=2),
)
_VALIDATION = st.lists(
    st.builds(
        lambda message: {
            "operator": "LE",
            "left_operand": "{{USER_CPU}}",
            "right_operand": "1",
            "assert_message": message,
        },
        _text,
    ),
    max_size=2,
)
_PLATFORM = _some(description=_text, allowed_mounts=st.lists(st.just("/m"), max_size=1))
_POOL = st.fixed_dictionaries(
    {"backend": st.sampled_from(BACKENDS)},
    optional={
        "description": _text,
        "max_exec_timeout": st.sampled_from(("", "3d")),
        "enable_maintenance": st.booleans(),
        "common_pod_template": st.sampled_from(
            ([], ["default_user"], ["default_ctrl", "default_user"])
        ),
        "common_default_variables": st.dictionaries(st.just("A"), _value, max_size=1),
        "platforms": st.dictionaries(_name, _PLATFORM, max_size=2),
        "resources": st.sampled_from(({"gpu": None}, {"gpu": {}}, {"gpu": {"weight": 2}})),
    },
)
_BACKEND = _some(
    description=_text,
    dashboard_url=st.just("https://d.example"),
    scheduler_settings=_some(scheduler_timeout=_number),
)


def _role(dialect: Dialect) -> Any:
    actions = ("workflow:List", "*:*") if dialect.semantic_roles else ("http:/api/x/*:Get",)
    policy = st.fixed_dictionaries(
        {"actions": st.lists(st.sampled_from(actions), min_size=1, max_size=2, unique=True)}
    )
    optional: dict[str, Any] = {}
    if dialect.external_roles:
        optional = {
            "external_roles": st.lists(st.sampled_from(("p", "q")), max_size=2, unique=True),
            "sync_mode": st.sampled_from(("import", "ignore")),
        }
    return st.fixed_dictionaries(
        {"description": _text, "policies": st.lists(policy, max_size=2)}, optional=optional
    )


def _test(name: str) -> Any:
    return st.fixed_dictionaries(
        {
            "name": st.just(name),
            "description": _text,
            "cron_schedule": st.just("0 0 * * *"),
            "node_conditions": st.just(["a"]),
            "common_pod_template": st.just(["default_user"]),
        },
        optional={"test_timeout": st.just("90s")},
    )


def states(dialect: Dialect) -> Any:
    """Return what an administrator may have stored on a new service of that version."""
    objects = {
        ("WORKFLOW", ""): _WORKFLOW,
        ("SERVICE", ""): _SERVICE,
        ("DATASET", ""): _DATASET,
        ("BACKEND", "gpu-a"): _BACKEND,
        ("BACKEND_TEST", "t"): _test("t"),
        **{("POD_TEMPLATE", name): _TEMPLATE for name in ("a", "A", "default_user")},
        **{("GROUP_TEMPLATE", name): _GROUP for name in ("g", "aux")},
        **{("RESOURCE_VALIDATION", name): _VALIDATION for name in ("v", "default_cpu")},
        **{("POOL", name): _POOL for name in ("p", "default")},
        **{("ROLE", name): _role(dialect) for name in ("r/s", "osmo-user", "..")},
    }
    known = {key: value for key, value in objects.items() if key[0] in dialect.config_types}
    return st.fixed_dictionaries({}, optional=known)
