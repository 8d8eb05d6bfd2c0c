"""The configuration that a new service has before anyone has changed it (api.md 4, 3.8)."""

from __future__ import annotations

import sqlite3
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.local import history, item_types
from osmo_cli.local.clock import Clock
from osmo_cli.local.initial_roles import default_roles
from osmo_cli.local.masks import sealed
from osmo_cli.local.records import set_item

LOGIN_INFO: dict[str, str | None] = dict.fromkeys(
    (
        "device_endpoint",
        "device_client_id",
        "browser_endpoint",
        "browser_client_id",
        "token_endpoint",
        "logout_endpoint",
    )
)
"""No identity provider: what GET /api/auth/login answers."""


def _service(dialect: Dialect, key: dict[str, dict[str, str]]) -> dict[str, Any]:
    from osmo_cli.config.registry.types import SERVICE

    service_auth = {
        "keys": key,
        "active_key": next(iter(key)),
        "issuer": "osmo",
        "audience": "osmo",
    }
    schema = SERVICE.schema(dialect)
    return schema.model_validate({"service_auth": service_auth}).model_dump()


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


def _pod_templates(dialect: Dialect) -> dict[str, Any]:
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


def _validations() -> dict[str, Any]:
    return {
        "default_cpu": _assertions("CPU", "CPU", "LE"),
        "default_memory": _assertions("MEMORY", "memory", "LE"),
        "default_storage": _assertions("STORAGE", "storage", "LT"),
    }


def _pools(dialect: Dialect) -> dict[str, Any]:
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
        "common_pod_template": list(_pod_templates(dialect)),
        "platforms": {"default": {}},
    }
    return {"default": POOL.schema(dialect).model_validate(pool).model_dump()}


def write_initial_state(
    connection: sqlite3.Connection,
    dialect: Dialect,
    key: dict[str, dict[str, str]],
    now: Clock,
    *,
    managed: bool = False,
) -> None:
    """Store the first configuration of every type, and the revisions that a start writes.

    Revision 1 of each type comes before the defaults of the types with named items.

    Args:
        key: the signing key, as `jwts.new_signing_key` makes it.
        managed: the service starts in ConfigMap mode, and makes no default items.
    """
    from osmo_cli.config.registry.types import WORKFLOW

    whole: dict[str, Any] = {
        "SERVICE": _service(dialect, key),
        "WORKFLOW": WORKFLOW.schema(dialect)().model_dump(),
        "DATASET": {"buckets": {}, "default_bucket": ""},
    }
    snapshots = {
        **whole,
        "BACKEND": [],
        "POOL": {"pools": {}},
        "POD_TEMPLATE": {},
        "GROUP_TEMPLATE": {},
        "RESOURCE_VALIDATION": {},
        "BACKEND_TEST": {},
        "ROLE": default_roles(dialect),
    }
    for config_type, data in whole.items():
        if config_type in dialect.config_types:
            set_item(connection, config_type, "", sealed(data, config_type, dialect))
    for role in snapshots["ROLE"]:
        set_item(connection, "ROLE", role["name"], role)
    for config_type, data in snapshots.items():
        if config_type in dialect.config_types:
            history.add_revision(
                connection,
                config_type,
                data,
                now(),
                history.Author("system", "Initial configuration", ["initial-config"]),
            )
    if managed:
        return
    defaults = (
        ("POD_TEMPLATE", _pod_templates(dialect), ""),
        ("RESOURCE_VALIDATION", _validations(), ""),
        ("POOL", _pools(dialect), dialect.newest({"seed": "", "6.0": "System"})),
    )
    for config_type, given, user in defaults:
        row = item_types.ITEM_TYPES[config_type]
        stored = item_types.put(connection, dialect, row, given)
        description = row.put_all.format(name=list(stored)[-1])
        author = history.Author(user, description, None)
        item_types.revise(connection, dialect, row, now(), author)
