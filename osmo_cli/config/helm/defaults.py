"""What the charts set by default (docs/service/helm-values.md#chart-defaults).

These differ from the defaults of a service in database mode.
"""

from __future__ import annotations

from typing import Any


def _resources(limits: dict[str, str], requests: dict[str, str]) -> dict[str, Any]:
    return {"resources": {"limits": limits, "requests": requests}}


def _container(name: str, resources: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": name, **resources}]}}


_USED = {
    "cpu": "{{USER_CPU}}",
    "ephemeral-storage": "{{USER_STORAGE}}",
    "memory": "{{USER_MEMORY}}",
}
_GPU = {"nvidia.com/gpu": "{{USER_GPU}}"}
_LEAST = {"cpu": "1", "ephemeral-storage": "1Gi", "memory": "1Gi"}
_USER = "{{USER_CONTAINER_NAME}}"


def _assertion(operator: str, variable: str, limit: str, message: str) -> dict[str, str]:
    return {
        "operator": operator,
        "left_operand": f"{{{{USER_{variable}}}}}",
        "right_operand": limit,
        "assert_message": message,
    }


def _assertions(variable: str, words: str, operator: str) -> list[dict[str, str]]:
    value = f"Value {{{{USER_{variable}}}}}"
    return [
        _assertion(operator, variable, f"{{{{K8_{variable}}}}}", f"{value} too high for {words}"),
        _assertion("GT", variable, "0", f"{value} needs to be greater than 0 for {words}"),
    ]


def _role(description: str, external: list[str], *policies: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "external_roles": external, "policies": list(policies)}


def _allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    return {"effect": "Allow", "actions": list(actions), "resources": [resource]}


def _roles(*of_user: str) -> dict[str, Any]:
    """The default roles; `of_user` are actions of `osmo-user` that differ between charts."""
    before = ("app:*", "auth:Token", "credentials:*")
    after = ("pool:List", "profile:Read", "profile:Update", "resources:Read", "user:List")
    return {
        "osmo-admin": _role(
            "Admin role \u2014 full access to all resources", ["osmo-admin"], _allow("*:*")
        ),
        "osmo-backend": _role(
            "Backend role \u2014 internal operator communication",
            ["osmo-backend"],
            _allow("internal:Operator", "config:Read", "pool:List"),
        ),
        "osmo-ctrl": _role(
            "Controller role \u2014 internal container communication",
            ["osmo-ctrl"],
            _allow("internal:Logger", "internal:Router"),
        ),
        "osmo-default": _role(
            "Default role \u2014 login, profile, health check",
            [],
            _allow("auth:Login", "auth:Refresh", "auth:Token", "profile:*", "system:Health"),
        ),
        "osmo-user": _role(
            "User role \u2014 standard workflow and data operations",
            ["osmo-user"],
            _allow(*before, *of_user, *after, "workflow:List", "workflow:Read"),
            _allow("workflow:*", resource="pool/default"),
        ),
    }


_POOL = {
    "description": "Default pool",
    "backend": "default",
    "default_platform": "default",
    "common_default_variables": {
        "USER_CPU": 1,
        "USER_GPU": 0,
        "USER_MEMORY": "1Gi",
        "USER_STORAGE": "1Gi",
    },
    "common_pod_template": ["default_ctrl", "default_user"],
    "common_resource_validations": [
        "default_cpu",
        "default_memory",
        "default_storage",
        "default_gpu",
    ],
    "platforms": {"default": {}},
}
_LIMITS = {"default_exec_timeout": "7d", "max_exec_timeout": "30d", "max_num_tasks": 100}
_CONTROL = _container("osmo-ctrl", _resources(_USED, _LEAST))

SECTIONS_6_3: dict[str, Any] = {
    "service": {},
    "workflow": _LIMITS,
    "dataset": {},
    "pools": {"default": _POOL},
    "podTemplates": {
        "default_ctrl": _CONTROL,
        "default_user": _container(_USER, _resources(_USED | _GPU, _USED | _GPU)),
    },
    "resourceValidations": {
        "default_cpu": _assertions("CPU", "CPU", "LE"),
        "default_memory": _assertions("MEMORY", "memory", "LE"),
        "default_gpu": [
            _assertion("LE", "GPU", "{{K8_GPU}}", "GPU value {{USER_GPU}} too high for GPU"),
            _assertion("GE", "GPU", "0", "GPU value {{USER_GPU}} cannot be negative"),
        ],
        "default_storage": _assertions("STORAGE", "storage", "LT"),
    },
    "backends": {
        "default": {
            "description": "Default backend",
            "scheduler_settings": {
                "scheduler_name": "kai-scheduler",
                "scheduler_timeout": 30,
                "scheduler_type": "kai",
            },
        }
    },
    "backendTests": {},
    "groupTemplates": {},
    "roles": _roles("dataset:*"),
}
"""The sections of the `service` chart of 6.3."""

SECTIONS_6_4: dict[str, Any] = {
    name: section
    for name, section in (
        SECTIONS_6_3
        | {
            "workflow": _LIMITS | {"labels_config": {"policy": []}},
            "roles": _roles("mcp:Access"),
        }
    ).items()
    if name != "dataset"
}
"""Those of the `service` chart of 6.4 and of the `osmo` chart of August 2026."""

_PLATFORMS = {
    "cpu": {"description": "CPU workloads"},
    "gpu": {
        "description": "GPU workloads",
        "default_variables": {"USER_GPU": 1},
        "override_pod_template": ["default_gpu_user"],
    },
}
SECTIONS_LATER: dict[str, Any] = SECTIONS_6_4 | {
    "pools": {"default": _POOL | {"default_platform": "cpu", "platforms": _PLATFORMS}},
    "podTemplates": {
        "default_ctrl": _CONTROL,
        "default_user": _container(_USER, _resources(_USED, _USED)),
        "default_gpu_user": _container(_USER, _resources(_GPU, _GPU)),
    },
    "roles": _roles(),
}
"""Those of the later `osmo` chart."""
