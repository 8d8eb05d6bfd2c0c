"""What each field is, in a sentence, for `osmo config schema` and the reference page.

Apart from the models, so that no other command loads it, and so that the versions of a type share
it. Units and defaults are those of api.md 3; what api.md does not say is from OSMO's published
pages on its configuration.
"""

from __future__ import annotations

from typing import Any

from osmo_cli.accounts.tokens import DURATION, ISO_DURATION
from osmo_cli.config.checking.rules.service import VERSION, VERSION_FIELDS
from osmo_cli.config.schemas.storage import CREDENTIAL_ENDPOINT

_NODE = "Condition types, exact or with * at the end"
_KEY = {
    "access_key_id": "Id of the key; not secret.",
    "access_key": "The key itself.",
    "region": "Region of the store.",
}
_TIMEOUTS = {
    "default_exec_timeout": "How long a group of tasks may run if its workflow says nothing.",
    "default_queue_timeout": "How long a group of tasks may queue if its workflow says nothing.",
    "max_exec_timeout": "The longest run that a workflow may ask for.",
    "max_queue_timeout": "The longest wait in the queue that a workflow may ask for.",
}

DESCRIPTIONS: dict[str, dict[str, str]] = {
    "BACKEND": {
        "name": "Name of the backend.",
        "version": "Version of the backend's operator.",
        "k8s_namespace": "Namespace of the backend's operator.",
        "scheduler_settings": "Which Kubernetes scheduler places the pods.",
        "node_conditions": "Which conditions of a node decide whether it is used.",
        "additional_node_conditions": f"{_NODE}, that must be True beside Ready.",
        "ignore_node_conditions": f"{_NODE}, that do not count.",
        "rules": "Regular expressions: of a condition's type to one of the status that it must "
        "have. Anchor them with ^ and $.",
        "last_heartbeat": "Last sign of life of the operator, UTC.",
        "created_date": "When the operator connected first, UTC.",
        "router_address": "Address of the router, wss://HOST.",
        "online": "Whether the last sign of life is two minutes old at most.",
    },
    "BACKEND_TEST": {
        "name": "Name of the test, as Kubernetes names objects: a-z, 0-9, - and . only.",
        "description": "What the test looks for.",
        "cron_schedule": "When it runs: five fields, as in cron.",
        "test_timeout": "How long it may run: 30s to 24h, such as 300s or 1h30m.",
        "common_pod_template": "Names of POD_TEMPLATE items, combined in this order.",
        "parsed_pod_template": "The templates, combined.",
        "node_conditions": "Types of the conditions that the test sets on nodes.",
    },
    "DATASET": {
        **_KEY,
        "buckets": "Buckets by name.",
        "check_key": "Whether the key of a user is tried.",
        "description": "What the bucket is for.",
        "mode": "What users may do in the bucket.",
        "default_credential": "Key for users who have none of their own.",
        "default_bucket": "Bucket of datasets that name none; empty: there is no such bucket.",
    },
    "GROUP_TEMPLATE": {},
    "POD_TEMPLATE": {},
    "POOL": {
        **{field: f"{said} Empty: as WORKFLOW has it." for field, said in _TIMEOUTS.items()},
        "name": "Name of the pool.",
        "description": "What the pool is for.",
        "status": "ONLINE, OFFLINE or MAINTENANCE.",
        "download_type": "How data gets to tasks; null: as WORKFLOW has it.",
        "enable_maintenance": "Whether the pool is closed for maintenance.",
        "default_platform": "Platform of tasks that name none; one of `platforms`.",
        "default_exit_actions": "Exit codes of tasks to what is done then.",
        "action_permissions": "Who may do what with the workflows of others.",
        "execute": "Who may run commands in a task.",
        "portforward": "Who may reach the ports of a task.",
        "cancel": "Who may cancel a workflow.",
        "rsync": "Who may copy files from and to a task.",
        "resources": "Shares of the backend's resources.",
        "gpu": "Share of the GPUs; null: none is set.",
        "guarantee": "GPUs that are kept for the pool; -1: no limit.",
        "maximum": "GPUs that the pool may use; -1: no limit.",
        "weight": "Share of what is left over, against that of other pools.",
        "common_default_variables": "Values of variables in templates and validations.",
        "common_resource_validations": "Names of RESOURCE_VALIDATION items, for all platforms.",
        "parsed_resource_validations": "The validations, combined.",
        "common_pod_template": "Names of POD_TEMPLATE items, combined in this order.",
        "parsed_pod_template": "The pod templates, combined.",
        "parsed_pod_template_for_accounting": "The pod templates, combined for accounting.",
        "common_group_templates": "Names of GROUP_TEMPLATE items that a group of tasks gets.",
        "parsed_group_templates": "The group templates, filled in.",
        "topology_keys": "Levels of the network that pods can be kept together in.",
        "key": "Name of the level, for workflows.",
        "platforms": "Kinds of nodes, by name.",
        "platforms.*.description": "What the nodes are.",
        "host_network_allowed": "Whether tasks may use the network of the node.",
        "privileged_allowed": "Whether tasks may run privileged.",
        "allowed_mounts": "Paths of the node that tasks may mount.",
        "default_mounts": "Paths of the node that tasks mount, from the templates.",
        "tolerations": "Tolerations of the pods, from the templates.",
        "labels": "Labels that the node must have, from the templates.",
        "default_variables": "Values of variables, before those of the pool.",
        "resource_validations": "Names of RESOURCE_VALIDATION items beside those of the pool.",
        "override_pod_template": "Names of POD_TEMPLATE items, laid over those of the pool.",
        "last_heartbeat": "Last sign of life of the backend, UTC.",
    },
    "RESOURCE_VALIDATION": {
        "operator": "How the left operand has to compare with the right one.",
        "left_operand": "A number, a quantity, or a variable in double braces.",
        "right_operand": "A number, a quantity, or a variable in double braces.",
        "assert_message": "What a user reads where it does not hold.",
    },
    "ROLE": {
        "name": "Name of the role.",
        "description": "What the role is for.",
        "policies": "What the holders of the role may do.",
        "immutable": "Whether the role is one of the service's own.",
        "effect": "Whether the actions are allowed or denied.",
        "actions": "What may be done: requests, or actions such as workflow:Create.",
        "resources": "What it may be done to, such as pool/NAME*; empty: to anything.",
        "base": "Kind of the action; there is one.",
        "path": "Path of the request, * for any rest of it; ! before it denies it.",
        "method": "Method of the request, in any case; * for all.",
    },
    "SERVICE": {
        "service_base_url": "Address of the service; empty: set when the service starts.",
        "service_auth": "Keys, roles and limits of logins.",
        "keys": "Key pairs that sign JWTs, by key id.",
        "private_key": "The private half of the pair.",
        "issuer": "Who issues the JWTs: their claim `iss`.",
        "audience": "Whom the JWTs are for: their claim `aud`.",
        "user_roles": "Names of the roles of users.",
        "ctrl_roles": "Names of the roles of what runs beside tasks.",
        "login_info": "Addresses of the identity provider; set when the service starts.",
        "device_endpoint": "Where a login by device code begins.",
        "device_client_id": "Client id of such logins.",
        "browser_endpoint": "Where a login in the browser begins.",
        "browser_client_id": "Client id of such logins.",
        "token_endpoint": "Where tokens are had and renewed.",
        "logout_endpoint": "Where a login in the browser ends.",
        "cli_config": "Versions of the official client.",
        "latest_version": "Newest version; users of older ones are told of it.",
        "min_supported_version": "Oldest version that the service answers.",
        "max_pod_restart_limit": "How long a pod may keep restarting.",
        "agent_queue_size": "Messages that may wait for the agent of a backend.",
    },
    "WORKFLOW": {
        **_KEY,
        **_TIMEOUTS,
        "workflow_data": "Where the data of workflows is kept.",
        "workflow_log": "Where the logs of workflows are kept.",
        "workflow_app": "Where the apps of users are kept.",
        "credential": "Key of the store; null: there is none.",
        "base_url": "Address at which a browser shows the data.",
        "websocket_timeout": "Minutes that a websocket may be open.",
        "data_timeout": "Minutes that an operation on data may take.",
        "download_type": "How data gets to tasks; there is one way.",
        "workflow_info": "Names and tags of workflows.",
        "tags": "Tags that users may give to workflows.",
        "max_name_length": "Characters that the name of a workflow may have.",
        "backend_images": "Images that run beside those of users.",
        "init": "Image of osmo-init; empty: set when the service starts.",
        "client": "Image of osmo-ctrl; empty: set when the service starts.",
        "backend_images.credential": "Login of the registry that the images are pulled from.",
        "registry": "Host name of the registry.",
        "username": "Login name; for nvcr.io it is $oauthtoken.",
        "workflow_alerts": "Where alerts are sent.",
        "slack_token": "Token for Slack.",
        "smtp_settings": "Mail server.",
        "host": "Host name of the mail server.",
        "sender": "Address that alerts come from.",
        "password": "Password of the sender.",
        "credential_config": "Credentials that are not tried when users add them.",
        "disable_registry_validation": "Registries whose credentials are not tried.",
        "disable_data_validation": "Stores whose credentials are not tried.",
        "user_workflow_limits": "Limits of each user.",
        "max_num_workflows": "Workflows that a user may have; null: no limit.",
        "user_workflow_limits.max_num_tasks": "Tasks that a user may have; null: no limit.",
        "jinja_sandbox_workers": "Processes that fill in templates.",
        "jinja_sandbox_max_time": "Seconds that filling in a template may take.",
        "jinja_sandbox_memory_limit": "Bytes of memory that filling in a template may take.",
        "plugins_config": "Plugins and their settings.",
        "rsync": "Copying files from and to running tasks.",
        "enabled": "Whether users have it.",
        "enable_telemetry": "Whether transfers are measured.",
        "read_bandwidth_limit": "Bytes a second out of a task.",
        "write_bandwidth_limit": "Bytes a second into a task.",
        "allowed_paths": "Paths that can be reached, by a name for each.",
        "path": "Path in the container.",
        "writable": "Whether files can be sent there.",
        "daemon_debounce_delay": "Seconds from a change to its transfer.",
        "daemon_poll_interval": "Seconds between two looks for changes.",
        "daemon_reconcile_interval": "Seconds between two comparisons of both sides.",
        "client_upload_rate_limit": "Bytes a second from a client.",
        "labels_config": "Labels that workflows have to carry.",
        "policy": "One rule a label.",
        "pod_label_prefix": "What stands before the label's key on pods.",
        "max_num_tasks": "Tasks that a workflow may have.",
        "max_num_ports_per_task": "Ports of a task that may be forwarded at a time.",
        "max_retry_per_task": "Times that a task may be tried again.",
        "max_retry_per_job": "Times that a job may be tried again.",
        "default_schedule_timeout": "Seconds that a task may wait to be scheduled.",
        "force_cleanup_delay": "Time from a workflow's failure until it is cleaned up by force.",
        "max_log_lines": "Lines of log kept of a workflow.",
        "max_task_log_lines": "Lines of log kept of a task.",
        "max_error_log_lines": "Lines of the log of errors kept.",
        "max_event_log_lines": "Lines of the log of events kept.",
        "task_heartbeat_frequency": "Time between two signs of life of a task.",
    },
}
"""Sentences by type and by the end of a field's path; the longest end that fits counts.

A key of a map is `*`, and a position in a list is not in a path.
"""

_KUBERNETES_NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
# Up to 6.2 the first form only, which `osmo config validate` tells.
_DURATION = f"^({DURATION.pattern}|{ISO_DURATION.pattern})$"
_OR_EMPTY = f"^({DURATION.pattern}|{ISO_DURATION.pattern})?$"
_OTHER_TIMEOUTS = ("default_queue_timeout", "max_exec_timeout", "max_queue_timeout")

KEYWORDS: dict[str, dict[str, dict[str, Any]]] = {
    "BACKEND": {
        "tests": {"uniqueItems": True, "examples": [["gpu-burn"]]},
        "dashboard_url": {"examples": ["https://dashboard.example.com"]},
        "grafana_url": {"examples": ["https://grafana.example.com/d/gpu"]},
        "additional_node_conditions": {"examples": [["GpuHealthy", "nvidia.com/*"]]},
        "ignore_node_conditions": {"examples": [["NetworkUnavailable", "SomeTransient*"]]},
        "rules": {"examples": [{"^Ready$": "True", "^GpuHealthy$": "True|Unknown"}]},
    },
    "BACKEND_TEST": {
        "name": {"pattern": _KUBERNETES_NAME},
        "cron_schedule": {
            "pattern": r"^\s*([0-9*\-,/?LW#]+\s+){4}[0-9*\-,/?LW#]+\s*$",
            "examples": ["0 3 * * *"],
        },
        "test_timeout": {"pattern": r"^([0-9]+[smhd])+$", "examples": ["300s", "1h30m"]},
    },
    "DATASET": {
        "dataset_path": {"examples": ["s3://bucket/datasets"]},
        "endpoint": {"pattern": CREDENTIAL_ENDPOINT, "examples": ["s3://bucket/datasets"]},
    },
    "GROUP_TEMPLATE": {
        "": {
            "properties": {
                "apiVersion": {"type": "string", "description": "Version of the Kubernetes API."},
                "kind": {"type": "string", "description": "Kind of the object."},
                "metadata": {
                    "type": "object",
                    "description": "What identifies the object; OSMO chooses the namespace.",
                    "properties": {
                        "name": {"type": "string", "description": "Name of the object."},
                        "namespace": False,
                    },
                    "required": ["name"],
                },
            },
            "required": ["apiVersion", "kind", "metadata"],
        }
    },
    "POD_TEMPLATE": {},
    "POOL": {
        "default_exec_timeout": {"pattern": _OR_EMPTY, "examples": ["24h"]},
        **{name: {"pattern": _OR_EMPTY} for name in _OTHER_TIMEOUTS},
        "common_default_variables": {"examples": [{"USER_CPU": 4, "USER_MEMORY": "16Gi"}]},
    },
    "RESOURCE_VALIDATION": {
        "left_operand": {"examples": ["{{USER_CPU}}"]},
        "right_operand": {"examples": ["{{K8_CPU}}"]},
    },
    "ROLE": {},
    "SERVICE": {
        "max_token_duration": {"pattern": _DURATION, "examples": ["365d"]},
        "max_pod_restart_limit": {"pattern": _DURATION},
        **{name: {"pattern": f"^({VERSION.pattern})?$"} for name in VERSION_FIELDS},
    },
    "WORKFLOW": {
        **{
            name: {"pattern": _DURATION}
            for name in (
                *("default_exec_timeout", *_OTHER_TIMEOUTS),
                *("force_cleanup_delay", "task_heartbeat_frequency"),
            )
        },
        "endpoint": {"pattern": CREDENTIAL_ENDPOINT, "examples": ["s3://bucket/workflows"]},
        "registry": {"examples": ["nvcr.io"]},
    },
}
"""What JSON Schema can say beyond the models: rules that a validator's code holds, and examples.

By type and by the end of a field's path, as above; "" is the object itself.
"""
