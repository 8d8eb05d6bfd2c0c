"""The OpenAPI document, in the shape that the service's framework gives it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.local.checking.messages import Generation
from osmo_cli.local.checking.names import model_name
from osmo_cli.local.service import Route

_HISTORY_TYPES = "src__utils__connectors__postgres__ConfigHistoryType"
# Fields whose permitted values are a component of their own; some say that they are texts.
_ENUMS: dict[str, tuple[str, dict[str, str]]] = {
    "scheduler_type": ("BackendSchedulerType", {}),
    "download_type": ("DownloadType", {"type": "string"}),
    "effect": ("PolicyEffect", {"type": "string"}),
    "sync_mode": ("SyncMode", {"type": "string"}),
    **dict.fromkeys(("execute", "portforward", "cancel", "rsync"), ("PermissionLevel", {})),
    "enforcement": ("LabelEnforcement", {"type": "string"}),
    "config_type": (_HISTORY_TYPES, {}),
}
# Fields whose permitted values the service does not say.
_TEXTS = frozenset({"mode"})
_SECOND_NAMES = {_HISTORY_TYPES: "OperableConfigHistoryType"}
"""Names of enumerations that are others from pydantic 2 on."""
_TWO_FORMS = frozenset(
    {"LabelsConfig", "Platform", "PluginsConfig", "Pool", "Role", "ServiceConfig", "WorkflowConfig"}
)
_UNSAID = frozenset({"title", "description", "readOnly"})
_PREFIX = "#/components/schemas/"


def document(dialect: Dialect, routes: Iterable[Route]) -> dict[str, Any]:
    """Paths with their methods, and the schemas of the request bodies. Loads pydantic."""
    from pydantic.json_schema import GenerateJsonSchema, models_json_schema

    from osmo_cli.local.checking.bodies import body_model
    from osmo_cli.local.checking.validation import ALWAYS_CLOSED, STRICT

    class AsStored(GenerateJsonSchema):
        """Without the other form in which an input may be written (ROLE, docs/service/role.md)."""

        def function_before_schema(self, schema: Any) -> Any:
            return self.generate_inner(schema["schema"])

    documented = [route for route in routes if route.documented]
    models = {route.body: body_model(route.body, dialect) for route in documented if route.body}
    _, definitions = models_json_schema(
        [(model, "validation") for model in models.values()], schema_generator=AsStored
    )
    describing = _Describing(dialect.pydantic)
    components = describing.components
    closed = ALWAYS_CLOSED | STRICT if dialect.strict_puts else ALWAYS_CLOSED
    for python_name, schema in definitions["$defs"].items():
        name = model_name(python_name)
        component = describing.schema(schema)
        if name not in closed:
            component.pop("additionalProperties", None)
        components[describing.name(name)] = component
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


class _Describing:
    """Turns pydantic's schemas into those that the service's framework writes.

    Attributes:
        components: the enumerations that were met, by name.
    """

    def __init__(self, generation: Generation) -> None:
        self._second = generation == 2
        self.components: dict[str, Any] = {}

    def name(self, model: str) -> str:
        """What a model is called: from pydantic 2 on, what is also answered has two forms."""
        return f"{model}-Input" if self._second and model in _TWO_FORMS else model

    def schema(self, schema: Any) -> Any:
        """A schema without what the service does not write; enumerations become components."""
        if isinstance(schema, list):
            return [self.schema(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        branches = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
        if len(branches) == 1 and not self._second:
            # Optional: pydantic 1 shows the type alone.
            rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
            return self.schema({**rest, **branches[0]})
        plain: dict[str, Any] = {}
        for key, value in schema.items():
            if key not in _UNSAID and not self._goes_without_saying(key, value):
                plain |= self._entry(key, value, schema)
        return plain

    def _goes_without_saying(self, key: str, value: Any) -> bool:
        if key == "additionalProperties":
            return value is True and not self._second
        return key == "default" and value is None

    def _entry(self, key: str, value: Any, schema: dict[str, Any]) -> dict[str, Any]:
        if key == "$ref":
            name = model_name(str(value).removeprefix("#/$defs/"))
            # In pydantic 1 a reference has no other keys, unless it is wrapped.
            return self._reference(self.name(name), schema)
        if key == "properties":
            return {
                key: {name: self._property(name, self.schema(part)) for name, part in value.items()}
            }
        if key == "default":
            return {key: _without_none(value)}
        return {key: self.schema(value)}

    def _reference(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        reference = {"$ref": _PREFIX + name}
        wrapped = "default" in schema and not self._second
        return {"allOf": [reference]} if wrapped else reference

    def _property(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        if name in _TEXTS:
            return {key: value for key, value in schema.items() if key != "enum"}
        branches = schema.get("anyOf", ())
        if branches and name in _ENUMS:
            return {**schema, "anyOf": [self._property(name, part) for part in branches]}
        values = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
        if name not in _ENUMS or values is None:
            return schema
        component, kind = _ENUMS[name]
        if self._second:
            component, kind = _SECOND_NAMES.get(component, component), {"type": "string"}
        self.components[component] = {**kind, "enum": values}
        reference = self._reference(component, schema)
        return reference | ({"default": schema["default"]} if "default" in schema else {})


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(part) for key, part in value.items() if part is not None}
    return value
