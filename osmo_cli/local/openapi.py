"""The OpenAPI document, in the shape that the service's framework gives it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from osmo_cli.config.dialects import Dialect
from osmo_cli.local.names import model_name
from osmo_cli.local.service import Route

# Fields whose permitted values are a component of their own; some say that they are texts.
_ENUMS: dict[str, tuple[str, dict[str, str]]] = {
    "scheduler_type": ("BackendSchedulerType", {}),
    "download_type": ("DownloadType", {"type": "string"}),
    "effect": ("PolicyEffect", {"type": "string"}),
    "sync_mode": ("SyncMode", {"type": "string"}),
    **dict.fromkeys(("execute", "portforward", "cancel", "rsync"), ("PermissionLevel", {})),
    "config_type": ("src__utils__connectors__postgres__ConfigHistoryType", {}),
}
# Fields whose permitted values the service does not say.
_TEXTS = frozenset({"mode"})
_PREFIX = "#/components/schemas/"


def document(dialect: Dialect, routes: Iterable[Route]) -> dict[str, Any]:
    """Paths with their methods, and the schemas of the request bodies. Loads pydantic."""
    from pydantic.json_schema import GenerateJsonSchema, models_json_schema

    from osmo_cli.local.bodies import BODIES
    from osmo_cli.local.validation import ALWAYS_CLOSED

    class AsStored(GenerateJsonSchema):
        """Without the other form in which an input may be written (ROLE, api.md 3.9)."""

        def function_before_schema(self, schema: Any) -> Any:
            return self.generate_inner(schema["schema"])

    documented = [route for route in routes if route.documented]
    models = {route.body: BODIES[route.body](dialect.name) for route in documented if route.body}
    _, definitions = models_json_schema(
        [(model, "validation") for model in models.values()], schema_generator=AsStored
    )
    components: dict[str, Any] = {}
    for name, schema in definitions["$defs"].items():
        component = _as_pydantic_1(schema, components)
        if name not in ALWAYS_CLOSED:
            component.pop("additionalProperties", None)
        components[model_name(name)] = component
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
        if key in ("title", "description", "readOnly") or (
            key == "additionalProperties" and value is True
        ):
            continue
        if key == "$ref":
            reference = {key: _PREFIX + model_name(str(value).removeprefix("#/$defs/"))}
            # A reference stands alone, unless it is wrapped.
            plain |= {"allOf": [reference]} if "default" in schema else reference
        elif key == "properties":
            plain[key] = {
                name: _property(name, _as_pydantic_1(one, components), components)
                for name, one in value.items()
            }
        elif key == "default":
            plain[key] = _without_none(value)
        else:
            plain[key] = _as_pydantic_1(value, components)
    return plain


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(one) for key, one in value.items() if one is not None}
    return value


def _property(name: str, schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    if name in _TEXTS:
        return {key: value for key, value in schema.items() if key != "enum"}
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if name not in _ENUMS or values is None:
        return schema
    component, kind = _ENUMS[name]
    components[component] = {**kind, "enum": values}
    reference = {"$ref": _PREFIX + component}
    if "default" in schema:
        return {"allOf": [reference], "default": schema["default"]}
    return reference
