"""What pools show as `parsed_pod_template_for_accounting` in ConfigMap mode.

It is the combined template with the pool's variables put into the containers of OSMO itself; in
database mode it stays empty (docs/service/pool.md#computed-fields).
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any

_FIELD = "parsed_pod_template_for_accounting"
_OWN_CONTAINER = "osmo-ctrl"
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def fill_in(connection: sqlite3.Connection, pool: dict[str, Any]) -> None:
    """Set the field of a pool and its platforms, from their combined templates."""
    if _FIELD not in pool or getattr(connection, "served", None) is None:
        return
    variables = pool["common_default_variables"]
    pool[_FIELD] = _rendered(pool["parsed_pod_template"], variables)
    for platform in pool["platforms"].values():
        own = variables | platform["default_variables"]
        platform[_FIELD] = _rendered(platform["parsed_pod_template"], own)


def _rendered(pod: Any, variables: dict[str, Any]) -> Any:
    spec = pod.get("spec") if isinstance(pod, dict) else None
    if not isinstance(spec, dict) or not isinstance(spec.get("containers"), list):
        return pod
    rendered = [
        _substituted(container, variables)
        if isinstance(container, dict) and container.get("name") == _OWN_CONTAINER
        else container
        for container in spec["containers"]
    ]
    return pod | {"spec": spec | {"containers": rendered}}


def _substituted(value: Any, variables: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _substituted(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [_substituted(inner, variables) for inner in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: str(variables.get(match[1], match[0])), value)
    return value
