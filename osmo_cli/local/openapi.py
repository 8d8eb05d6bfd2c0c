"""The OpenAPI document, in the shape that the service's framework gives it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from osmo_cli.config.dialects import Dialect
from osmo_cli.local.service import Route

# What the service calls the models that have other names here.
_NAMES = {
    "SchedulerSettings": "BackendSchedulerSettings",
    "NodeConditionsSeed": "BackendNodeConditions",
    "NodeConditions60": "BackendNodeConditions",
    "Workflow60": "WorkflowConfig",
    "WorkflowData": "DataConfig",
    "WorkflowLog": "LogConfig",
    "BackendImages": "OsmoImageConfig",
    "WorkflowAlerts": "NotificationConfig",
    "SmtpSettings": "SMTPConfig",
    "UserWorkflowLimits": "UserWorkflowLimitConfig",
    "Rsync": "RsyncConfig",
}
# Fields whose permitted values are a component of their own.
_ENUMS = {"scheduler_type": "BackendSchedulerType", "download_type": "DownloadType"}
_PREFIX = "#/components/schemas/"


def document(dialect: Dialect, routes: Iterable[Route]) -> dict[str, Any]:
    """Paths with their methods, and the schemas of the request bodies. Loads pydantic."""
    from pydantic.json_schema import models_json_schema

    from osmo_cli.local.bodies import BODIES

    documented = [route for route in routes if route.documented]
    models = {route.body: BODIES[route.body](dialect.name) for route in documented if route.body}
    _, definitions = models_json_schema([(model, "validation") for model in models.values()])
    components: dict[str, Any] = {}
    for name, schema in sorted(definitions["$defs"].items()):
        components[_NAMES.get(name, name)] = _as_pydantic_1(schema, components)
    paths: dict[str, Any] = {}
    for route in documented:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(
            route, models[route.body].__name__ if route.body else None
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "OSMO", "version": dialect.version},
        "paths": paths,
        "components": {"schemas": dict(sorted(components.items()))},
    }


def _operation(route: Route, body: str | None) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "parameters": [
            {"required": True, "schema": {"type": "string"}, "name": name, "in": "path"}
            for name in re.findall(r"{(\w+)}", route.path)
        ],
        "responses": {"200": {"content": {"application/json": {"schema": {}}}}},
    }
    if body:
        reference = {"$ref": _PREFIX + body}
        operation["requestBody"] = {
            "content": {"application/json": {"schema": reference}},
            "required": True,
        }
    return operation


def _as_pydantic_1(schema: Any, components: dict[str, Any]) -> Any:
    """A schema without what pydantic 1 did not write; its enumerations become components."""
    if isinstance(schema, list):
        return [_as_pydantic_1(one, components) for one in schema]
    if not isinstance(schema, dict):
        return schema
    branches = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(branches) == 1:
        # Optional: pydantic 1 shows the type alone.
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
        return _as_pydantic_1({**rest, **branches[0]}, components)
    plain: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "title" or (key == "additionalProperties" and isinstance(value, bool)):
            continue
        if key == "$ref":
            name = str(value).removeprefix(_PREFIX).removeprefix("#/$defs/")
            plain[key] = _PREFIX + _NAMES.get(name, name)
        elif key == "properties":
            plain[key] = {
                name: _property(name, _as_pydantic_1(one, components), components)
                for name, one in value.items()
            }
        else:
            plain[key] = _as_pydantic_1(value, components)
    return plain


def _property(name: str, schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    component = _ENUMS.get(name)
    if component is None or values is None:
        return schema
    components[component] = {"type": "string", "enum": values}
    rest = {key: value for key, value in schema.items() if key not in ("enum", "const", "type")}
    return {"allOf": [{"$ref": _PREFIX + component}], **rest}
