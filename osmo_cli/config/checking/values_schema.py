"""JSON Schema of a values file: the block of a chart that holds the configuration."""

from __future__ import annotations

from typing import Any

from osmo_cli.config.checking.json_schema import METASCHEMA, has_form, json_schema
from osmo_cli.config.helm.charts import Chart
from osmo_cli.config.helm.inputs import CREDENTIALS
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType

_NAME = {"type": "string", "minLength": 1}
_REFERENCE: dict[str, Any] = {
    "type": "object",
    "description": "A key of a Kubernetes Secret.",
    "properties": {"secretName": _NAME, "secretKey": _NAME},
    "required": ["secretName"],
}
_OF_FILE = frozenset({"$schema", "$id", "title"})
_WRITTEN = frozenset({"k8s_namespace", "immutable"})
"""Fields that the API does not take, but a values file does."""


def values_schema(chart: Chart, dialect: Dialect) -> dict[str, Any]:
    """Return the schema of a chart's values files; other keys of the values are not described.

    Nothing is required, since a file is merged with others and the chart's defaults. Loads
    pydantic.
    """
    sections = {
        row.helm_section: _section(row, dialect)
        for row in CONFIG_TYPES.values()
        if row.helm_section in chart.sections and row.name in dialect.config_types
    }
    block = dict(sections)
    if chart.snapshot is not None:
        block[chart.snapshot] = _or_null(_object(sections, closed=True))
    if chart.switch is not None:
        block[chart.switch] = {"type": "boolean", "description": "Whether the chart writes it."}
    if chart.secret_refs is not None:
        entry = _object({"secretName": _NAME}, closed=False) | {"required": ["secretName"]}
        block[chart.secret_refs] = {"type": "array", "items": entry}
    for name in ("extraAnnotations", "extraConfigMaps"):
        block[name] = {}
    schema = _object(block, closed=True)
    for step in reversed(chart.block):
        schema = _object({str(step): schema}, closed=False)
    return {
        "$schema": METASCHEMA,
        "$id": f"urn:osmo:values:{dialect.name}:{chart.name}",
        "title": f"Values of the {chart.name} chart (OSMO {dialect.name})",
        **schema,
    }


def _section(config_type: ConfigType, dialect: Dialect) -> dict[str, Any]:
    is_named = config_type.is_by_item or not has_form(config_type, item=False)
    schema = json_schema(config_type, dialect, item=is_named)
    schema = {key: value for key, value in schema.items() if key not in _OF_FILE}
    schema.pop("required", None)
    if "properties" in schema:
        unwanted = config_type.not_in_values | {"$schema"}
        schema["properties"] = {
            key: value for key, value in schema["properties"].items() if key not in unwanted
        }
    schema = _with_references(schema)
    if not is_named:
        return _or_null(schema)
    items = {"type": "object", "additionalProperties": _or_null(schema)}
    return _or_null(items)


def _with_references(schema: Any, name: str = "") -> Any:
    """Allow a reference in place of each secret, and in each credential."""
    if isinstance(schema, list):
        return [_with_references(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: _with_references(inner) for key, inner in schema.items() if key != "properties"}
    if isinstance(fields := schema.get("properties"), dict):
        result["properties"] = {
            key: _with_references(inner, key)
            for key, inner in fields.items()
            if not (isinstance(inner, dict) and inner.get("readOnly")) or key in _WRITTEN
        }
    if name in CREDENTIALS or schema.get("writeOnly"):
        return {"anyOf": [result, _REFERENCE]}
    return result


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Allow null, which removes a default of the chart."""
    return {"anyOf": [schema, {"type": "null"}]}


def _object(properties: dict[str, Any], *, closed: bool) -> dict[str, Any]:
    closing = {"additionalProperties": False} if closed else {}
    return {"type": "object", "properties": properties, **closing}
