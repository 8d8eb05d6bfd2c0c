"""Combining pod templates and resource validations into what pools and tests show.

docs/service/templates.md#combining-templates
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from osmo_cli.local.faults import crash, user_fault
from osmo_cli.local.records import item, items

_USER_CONTAINER = "{{USER_CONTAINER_NAME}}"


def combined(connection: sqlite3.Connection, names: Iterable[str]) -> dict[str, Any]:
    """Return the pod templates of these names combined; later ones override."""
    pod: dict[str, Any] = {}
    for name in names:
        pod = _merge(pod, item(connection, "POD_TEMPLATE", name) or {})
    return pod


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = deepcopy(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            merged[key] = _merge_lists(old, value)
        else:
            merged[key] = deepcopy(value)
    return merged


def _merge_lists(below: list[Any], above: list[Any]) -> list[Any]:
    """Merge objects of the same name; append everything else."""
    merged = deepcopy(below)
    for value in above:
        name = value.get("name") if isinstance(value, dict) else None
        for index, old in enumerate(merged):
            if name is not None and isinstance(old, dict) and old.get("name") == name:
                merged[index] = _merge(old, value)
                break
        else:
            merged.append(deepcopy(value))
    return merged


def assertions(connection: sqlite3.Connection, names: Iterable[str]) -> list[Any]:
    """Return all assertions of the resource validations of these names."""
    return [
        assertion
        for name in names
        for assertion in item(connection, "RESOURCE_VALIDATION", name) or ()
        if assertion
    ]


def of_nodes(pod: dict[str, Any]) -> dict[str, Any]:
    """Return what a platform shows of its combined template: mounts, tolerations, node labels."""
    spec = pod.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    mounts = [
        mount["mountPath"]
        for container in spec.get("containers", ())
        if isinstance(container, dict) and container.get("name") == _USER_CONTAINER
        for mount in container.get("volumeMounts", ())
        if "mountPath" in mount
    ]
    return {
        "default_mounts": mounts,
        "tolerations": [_toleration(each) for each in spec.get("tolerations", ())],
        "labels": spec.get("nodeSelector", {}),
    }


def _toleration(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    fields = {"key": None, "operator": "Equal", "value": None, "effect": None}
    return {name: given.get(name, default) for name, default in fields.items()}


def refuse_unreadable(connection: sqlite3.Connection, name: str) -> None:
    """Raise Fault (500) for a template that pools use and that they cannot be combined with."""
    pod = item(connection, "POD_TEMPLATE", name)
    spec = pod.get("spec") if isinstance(pod, dict) else None
    containers = spec.get("containers", ()) if isinstance(spec, dict) else ()
    readable = isinstance(containers, list | tuple) and all(
        isinstance(container, dict) for container in containers
    )
    if not readable and _pools_with(
        connection, name, "common_pod_template", "override_pod_template"
    ):
        raise crash("'str' object has no attribute 'get'")


def check_templates(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Raise Fault (400) for a pod template that does not exist."""
    _check(connection, "POD_TEMPLATE", "Pod template", names)


def check_validations(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Raise Fault (400) for a resource validation that does not exist."""
    _check(connection, "RESOURCE_VALIDATION", "Resource validation", names)


def check_groups(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Raise Fault (400) for a group template that does not exist."""
    _check(connection, "GROUP_TEMPLATE", "Group template", names)


def _check(
    connection: sqlite3.Connection, config_type: str, words: str, names: Iterable[str]
) -> None:
    for name in names:
        if item(connection, config_type, name) is None:
            raise user_fault(f"{words} {name} does not exist!", "USAGE")


def refuse_used_template(connection: sqlite3.Connection, name: str) -> None:
    """Raise Fault (400) if pools or tests use a pod template."""
    pools = _pools_with(connection, name, "common_pod_template", "override_pod_template")
    _refuse_used(f"Pod template {name}", "pools", pools)
    tests = _naming(connection, "BACKEND_TEST", "common_pod_template", name)
    _refuse_used(f"Pod template {name}", "tests", tests)


def refuse_used_group(connection: sqlite3.Connection, name: str) -> None:
    """Raise Fault (400) if pools use a group template."""
    pools = _naming(connection, "POOL", "common_group_templates", name)
    _refuse_used(f"Group template {name}", "pools", pools)


def refuse_used_validation(connection: sqlite3.Connection, name: str) -> None:
    """Raise Fault (400) if pools use a resource validation."""
    pools = _pools_with(connection, name, "common_resource_validations", "resource_validations")
    _refuse_used(f"Resource Validation {name}", "pools", pools)


def refuse_used_test(connection: sqlite3.Connection, name: str) -> None:
    """Raise Fault (400) if backends run a test."""
    backends = _naming(connection, "BACKEND", "tests", name)
    _refuse_used(f"Test {name}", "Backends", backends)


def _naming(connection: sqlite3.Connection, config_type: str, field: str, name: str) -> list[str]:
    """The items of a type that have `name` in a field."""
    return [user for user, value in items(connection, config_type).items() if name in value[field]]


def _pools_with(
    connection: sqlite3.Connection, name: str, of_pool: str, of_platform: str
) -> list[str]:
    return [
        pool
        for pool, value in items(connection, "POOL").items()
        if name in value[of_pool]
        or any(name in platform[of_platform] for platform in value["platforms"].values())
    ]


def _refuse_used(what: str, where: str, users: list[str]) -> None:
    if users:
        raise user_fault(f"{what} is used in {where} {', '.join(users)}")
