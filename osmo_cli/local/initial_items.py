"""The items of a new service (docs/service/history.md#first-revisions)."""

from __future__ import annotations

from typing import Any

from osmo_cli.config.registry.dialects import Dialect


def none(_: Dialect) -> dict[str, Any]:
    """Return no items."""
    return {}


def _resources(**amounts: tuple[str, str]) -> dict[str, dict[str, str]]:
    """Limits and requests of a container, from both by kind of resource."""
    names = {"gpu": "nvidia.com/gpu", "storage": "ephemeral-storage"}
    return {
        "limits": {names.get(kind, kind): limit for kind, (limit, _) in amounts.items()},
        "requests": {names.get(kind, kind): least for kind, (_, least) in amounts.items()},
    }


_AMD64 = {"default_amd64": {"spec": {"nodeSelector": {"kubernetes.io/arch": "amd64"}}}}
_MORE_TEMPLATES: dict[str, dict[str, Any]] = {"seed": _AMD64, "6.0": {}}
"""Default pod templates beside those of every version."""


def pod_templates(dialect: Dialect) -> dict[str, Any]:
    """Return the default pod templates."""
    of_control = _resources(
        cpu=("{{USER_CPU}}", "1"),
        memory=("{{USER_MEMORY}}", "1Gi"),
        storage=("{{USER_STORAGE}}", "1Gi"),
    )
    of_user = _resources(
        **{
            kind: ("{{USER_" + kind.upper() + "}}",) * 2
            for kind in ("cpu", "memory", "gpu", "storage")
        }
    )
    containers = {
        "default_ctrl": {"name": "osmo-ctrl", "resources": of_control},
        "default_user": {"name": "{{USER_CONTAINER_NAME}}", "resources": of_user},
    }
    templates: dict[str, Any] = {
        name: {"spec": {"containers": [container]}} for name, container in containers.items()
    }
    return templates | dialect.newest(_MORE_TEMPLATES)


def _assertions(resource: str, words: str, operator: str) -> list[dict[str, str]]:
    asked = "{{USER_" + resource + "}}"
    return [
        {
            "operator": operator,
            "left_operand": asked,
            "right_operand": "{{K8_" + resource + "}}",
            "assert_message": f"Value {asked} too high for {words}",
        },
        {
            "operator": "GT",
            "left_operand": asked,
            "right_operand": "0",
            "assert_message": f"Value {asked} needs to be greater than 0 for {words}",
        },
    ]


def validations(_: Dialect) -> dict[str, Any]:
    """Return the default resource validations."""
    return {
        "default_cpu": _assertions("CPU", "CPU", "LE"),
        "default_memory": _assertions("MEMORY", "memory", "LE"),
        "default_storage": _assertions("STORAGE", "storage", "LT"),
    }


def pools(dialect: Dialect) -> dict[str, Any]:
    """One pool, on a backend that an operator may register one day."""
    from osmo_cli.config.registry.types import POOL

    pool = {
        "description": "Default pool",
        "backend": "default",
        "default_platform": "default",
        "common_default_variables": {
            "USER_CPU": 1,
            "USER_GPU": 0,
            "USER_MEMORY": "1Gi",
            "USER_STORAGE": "1Gi",
        },
        "common_resource_validations": ["default_cpu", "default_memory", "default_storage"],
        "common_pod_template": list(pod_templates(dialect)),
        "platforms": {"default": {}},
    }
    return {"default": POOL.schema(dialect).model_validate(pool).model_dump()}
