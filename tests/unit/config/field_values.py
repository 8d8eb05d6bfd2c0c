"""A right and a wrong value of each field for which a type says too little.

The wrong one is of the right type where it can be, so that the rule is tested and not the type.
"""

from __future__ import annotations

from typing import Any

_ENDPOINT = ("s3://bucket/path", "https://bucket.example.com")
_WEB = ("https://example.com/x", "example.com")
_TEXT_LIST = (["a"], ["a", 5])
_NAMES = (["a", "b"], [True])
_DURATION = ("90m", "1h30m")
_ABOVE_ZERO = (5, 0)
_SECRET = ("s3cret", "'s3cret'")
_VARIABLES: tuple[Any, Any] = ({"USER_CPU": 1, "MOUNT": "/m"}, ["USER_CPU"])
_KEY_TEXT = '{"kty": "RSA", "n": "x", "e": "AQAB"}'
_CREDENTIALS = {
    f"WORKFLOW.{holder}.credential.{field}": values
    for holder in ("workflow_data", "workflow_log", "workflow_app")
    for field, values in {
        "endpoint": _ENDPOINT,
        "override_url": _WEB,
        "access_key": _SECRET,
        "addressing_style": ("path", "dots"),
    }.items()
}

VALUES: dict[str, tuple[Any, Any]] = {
    **_CREDENTIALS,
    # BACKEND
    "BACKEND.dashboard_url": _WEB,
    "BACKEND.grafana_url": _WEB,
    "BACKEND.router_address": ("wss://router.example.com", "https://router.example.com"),
    "BACKEND.tests": (["nccl"], ["nccl", "nccl"]),
    "BACKEND.scheduler_settings.scheduler_type": ("kai", "default-scheduler"),
    "BACKEND.scheduler_settings.scheduler_timeout": (60, -1),
    "BACKEND.scheduler_settings.coscheduling": (False, "false"),
    "BACKEND.node_conditions.rules": ({"^Gpu$": "True|Unknown"}, {"Ready": "False"}),
    "BACKEND.node_conditions.additional_node_conditions": (["Gpu*"], ["Gpu*Health"]),
    "BACKEND.node_conditions.ignore_node_conditions": (["Net*"], ["*Net"]),
    "BACKEND.node_conditions.prefix": ("osmo.nvidia.com/", "osmo.example.com/"),
    # WORKFLOW
    "WORKFLOW.workflow_data.websocket_timeout": _ABOVE_ZERO,
    "WORKFLOW.workflow_data.data_timeout": _ABOVE_ZERO,
    "WORKFLOW.workflow_info.tags": _TEXT_LIST,
    "WORKFLOW.workflow_info.max_name_length": _ABOVE_ZERO,
    "WORKFLOW.backend_images.credential.registry": ("nvcr.io", "https://nvcr.io"),
    "WORKFLOW.backend_images.credential.auth": _SECRET,
    "WORKFLOW.workflow_alerts.slack_token": _SECRET,
    "WORKFLOW.workflow_alerts.smtp_settings.password": _SECRET,
    "WORKFLOW.user_workflow_limits.max_num_workflows": _ABOVE_ZERO,
    "WORKFLOW.user_workflow_limits.max_num_tasks": _ABOVE_ZERO,
    "WORKFLOW.user_workflow_limits.jinja_sandbox_workers": _ABOVE_ZERO,
    "WORKFLOW.user_workflow_limits.jinja_sandbox_max_time": (0.5, 0),
    "WORKFLOW.user_workflow_limits.jinja_sandbox_memory_limit": _ABOVE_ZERO,
    "WORKFLOW.plugins_config.rsync.read_bandwidth_limit": (0, -1),
    "WORKFLOW.plugins_config.rsync.write_bandwidth_limit": (0, -1),
    "WORKFLOW.plugins_config.rsync.client_upload_rate_limit": (0, -1),
    "WORKFLOW.plugins_config.rsync.daemon_debounce_delay": (0.1, 0),
    "WORKFLOW.plugins_config.rsync.daemon_poll_interval": (0.1, 0),
    "WORKFLOW.plugins_config.rsync.daemon_reconcile_interval": (0.1, 0),
    "WORKFLOW.labels_config.policy": ([{"key": "a"}], [{"key": "a"}, {"key": "a"}]),
    "WORKFLOW.labels_config.policy.*.key": ("example.com/team", "a team"),
    "WORKFLOW.labels_config.policy.*.allow_list": (["a", ""], ["a b"]),
    "WORKFLOW.labels_config.policy.*.assert_message": ("one line", "two\nlines"),
    "WORKFLOW.labels_config.pod_label_prefix": ("osmo/", "osmo /"),
    "WORKFLOW.max_num_tasks": _ABOVE_ZERO,
    "WORKFLOW.default_schedule_timeout": _ABOVE_ZERO,
    "WORKFLOW.default_exec_timeout": _DURATION,
    "WORKFLOW.default_queue_timeout": _DURATION,
    "WORKFLOW.max_exec_timeout": _DURATION,
    "WORKFLOW.max_queue_timeout": _DURATION,
    "WORKFLOW.force_cleanup_delay": _DURATION,
    "WORKFLOW.task_heartbeat_frequency": _DURATION,
    # SERVICE
    "SERVICE.service_base_url": _WEB,
    "SERVICE.service_auth.keys": (
        {"one": {"public_key": _KEY_TEXT, "private_key": "s3cret"}},
        [_KEY_TEXT],
    ),
    "SERVICE.service_auth.keys.*.public_key": (_KEY_TEXT, "RSA"),
    "SERVICE.service_auth.active_key": ("one", "two"),
    "SERVICE.service_auth.user_roles": _NAMES,
    "SERVICE.service_auth.ctrl_roles": _NAMES,
    **{
        f"SERVICE.service_auth.login_info.{what}_endpoint": _WEB
        for what in ("device", "browser", "token", "logout")
    },
    "SERVICE.service_auth.max_token_duration": ("365d", "1y"),
    "SERVICE.cli_config.cli_name": ("6.0.0", "osmo"),
    "SERVICE.cli_config.credential.endpoint": _ENDPOINT,
    "SERVICE.cli_config.credential.access_key": _SECRET,
    "SERVICE.cli_config.latest_version": ("6.4.0", "six"),
    "SERVICE.cli_config.min_supported_version": ("6.0.0.abc", "6"),
    "SERVICE.cli_config.client_install_url": _WEB,
    "SERVICE.max_pod_restart_limit": _DURATION,
    "SERVICE.agent_queue_size": _ABOVE_ZERO,
    # POOL
    "POOL.default_platform": (None, "absent"),
    "POOL.default_exec_timeout": _DURATION,
    "POOL.default_queue_timeout": _DURATION,
    "POOL.max_exec_timeout": _DURATION,
    "POOL.max_queue_timeout": _DURATION,
    "POOL.default_exit_actions": ({"COMPLETE": "1"}, {"COMPLETE": 1}),
    "POOL.resources.gpu.guarantee": (-1, -2),
    "POOL.resources.gpu.maximum": (8, -2),
    "POOL.resources.gpu.weight": (1, -1),
    "POOL.common_default_variables": _VARIABLES,
    "POOL.platforms.*.default_variables": _VARIABLES,
    "POOL.platforms.*.allowed_mounts": _TEXT_LIST,
    "POOL.topology_keys": (
        [{"key": "zone", "label": "example.com/zone"}],
        [{"key": "zone", "label": "a"}, {"key": "zone", "label": "b"}],
    ),
    "POOL.topology_keys.*.label": ("topology.kubernetes.io/zone", "a zone"),
    # BACKEND_TEST
    "BACKEND_TEST.name": ("one", "Not_A_Name"),
    "BACKEND_TEST.cron_schedule": ("*/5 0 * * 1-5", "61 * * * *"),
    "BACKEND_TEST.test_timeout": ("1h30m", "25h"),
    "BACKEND_TEST.common_pod_template": (["default"], []),
    "BACKEND_TEST.node_conditions": (["nccl-ok"], ["a", "a"]),
    # DATASET
    "DATASET.buckets.*.dataset_path": ("s3://bucket/path", "bucket"),
    "DATASET.buckets.*.default_credential.endpoint": _ENDPOINT,
    "DATASET.buckets.*.default_credential.override_url": _WEB,
    "DATASET.buckets.*.default_credential.access_key": _SECRET,
    "DATASET.buckets.*.default_credential.addressing_style": ("path", "dots"),
    # ROLE
    "ROLE.name": ("one", "two"),
    "ROLE.policies.*.actions.*.base": ("http", "ftp"),
    "ROLE.policies.*.actions.*.path": ("/api/x", "api"),
    "ROLE.policies.*.actions.*.method": ("Get", "Frob"),
    "ROLE.policies.*.resources": (["config/role"], ["config/ROLE"]),
    "ROLE.external_roles": (["a"], "a"),
    "ROLE.policies.*.actions.*:str": ("workflow:Create", "workflow"),
}
"""Right and wrong, by type and field; entries of maps and lists are `*`. With `:TYPE` behind it,
of a field that has different types in different versions, the value of that type."""

FREE_FORM: dict[str, list[tuple[str, Any, Any]]] = {
    "POD_TEMPLATE": [
        ("metadata", {"labels": {"a": "b"}}, []),
        ("spec", {"containers": []}, []),
        ("spec.nodeSelector", {"kubernetes.io/arch": "amd64"}, {"arch": True}),
        ("spec.tolerations", [{"key": "a"}], [{"key": "a", "effect": "no"}]),
        ("spec.containers", [{"name": "{{USER_CONTAINER_NAME}}"}], [{"name": "A B"}]),
    ],
    "GROUP_TEMPLATE": [
        ("apiVersion", "v1", ""),
        ("kind", "ConfigMap", None),
        ("metadata.name", "a-{{WF_GROUP_UUID}}", ""),
        ("metadata.namespace", None, "default"),
    ],
}
"""Fields of the types that the service takes as any object
(docs/service/routes.md): field, right, wrong."""
