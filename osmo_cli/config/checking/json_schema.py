"""JSON Schema (2020-12) of the config types, from the models that check inputs.

What a file may leave out is not required, since it may hold a part of an object: only what a file
gives as a whole (an item of a list, a role, a validation) has required fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from osmo_cli.config.changes.directives import ACTIONS
from osmo_cli.config.changes.strategic_merge import ACTION, DELETE, INDEX
from osmo_cli.config.problems import Path
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType

_Value = TypeVar("_Value")

METASCHEMA = "https://json-schema.org/draft/2020-12/schema"
_ANY_ITEM = "ITEM"
_REFERENCE = r"\$\{(env|file|keyring):"
_MARK = {
    "type": "string",
    "description": "Where the editor finds the schema of this file; not sent.",
}
# Forms of a value beside its own, which have titles.
_DELETED = {
    "title": "Removal",
    "type": "object",
    "properties": {ACTION: {"const": DELETE[ACTION], "description": "Removes this key."}},
    "required": [ACTION],
}
_EDITED = {
    "title": "Edit of a stored item",
    "type": "object",
    "properties": {
        INDEX: {"type": "integer", "description": "Place in the stored list, counted from 0."},
        ACTION: {"enum": [*ACTIONS], "description": "What to do with the stored item."},
    },
    "required": [INDEX],
}
_ANY = {"title": "Any value, which is ignored"}
_ANNOTATIONS = ("description", "default", "examples", "readOnly", "writeOnly")


def forms(dialect: Dialect) -> dict[str, dict[str, Any]]:
    """The schema of each form of file that there is in `dialect`, by `workflow`, `pool.item`."""
    schemas = {}
    for name in sorted(dialect.config_types):
        config_type = CONFIG_TYPES[name]
        for item in (False, True):
            if has_form(config_type, item=item):
                suffix = ".item" if item else ""
                schemas[config_type.path + suffix] = json_schema(config_type, dialect, item=item)
    return schemas


def has_form(config_type: ConfigType, *, item: bool) -> bool:
    """Whether there are files of an item of the type, or of the whole type."""
    return (config_type.named if item else config_type.whole) is not None


def json_schema(config_type: ConfigType, dialect: Dialect, *, item: bool) -> dict[str, Any]:
    """The schema of a file of `config_type`. Loads pydantic.

    Args:
        config_type: a type that `dialect` has.
        dialect: the version of the service.
        item: the file is of one named item, not of the whole type.
    """
    shape = Shape(config_type, dialect, _ANY_ITEM if item else None)
    model = shape.model().model_json_schema()
    here = _Walk(shape, model.pop("$defs", {})).node(model, (), whole=False)
    if shape.is_map:
        here = _as_shown(config_type, here["additionalProperties"])
    elif here.get("type") == "object":
        here["properties"] = {"$schema": _MARK} | here.get("properties", {})
    what = "an item" if item else "all"
    suffix = ":item" if item else ""
    return {
        "$schema": METASCHEMA,
        "$id": f"urn:osmo:config:{dialect.name}:{config_type.path}{suffix}",
        "title": f"{config_type.name}, {what} (OSMO {dialect.name})",
        **here,
    }


def _as_shown(config_type: ConfigType, item: dict[str, Any]) -> dict[str, Any]:
    """The forms in which items are given together: by name, wrapped as shown, or in a list."""
    names = config_type.name_pattern
    by_name: dict[str, Any] = {"type": "object", "description": "Items by name."}
    if names is None:
        by_name["additionalProperties"] = item
    else:
        by_name |= {"patternProperties": {f"^{names}$": item}, "additionalProperties": False}
    others: list[dict[str, Any]] = []
    if config_type.wrapper:
        others.append(_object({"$schema": _MARK, config_type.wrapper: by_name}))
        others[0]["required"] = [config_type.wrapper]
    if config_type.whole is not None and config_type.whole.as_list:
        others.append({"type": "array", "description": "Items with their names.", "items": item})
    marked = {**by_name, "properties": {"$schema": _MARK}}
    return {"anyOf": [*others, marked]} if others else marked


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


class _Walk:
    """Rewrites what pydantic says of a subject: references in place, required fields only where
    they are, and with descriptions.
    """

    def __init__(self, shape: Shape, definitions: dict[str, Any]) -> None:
        self._shape = shape
        self._definitions = definitions
        self._descriptions = shape.config_type.definition.descriptions
        self._keywords = shape.config_type.definition.keywords

    def node(self, given: dict[str, Any], path: Path, *, whole: bool) -> dict[str, Any]:
        """The schema of the value at `path`, in which a list adds no step.

        Args:
            given: pydantic's schema of it.
            path: its path; a key of a map is `*`.
            whole: whether a file gives it as a whole.
        """
        schema = dict(given)
        if "$ref" in schema:
            name = schema.pop("$ref").removeprefix("#/$defs/")
            schema = self._definitions[name] | schema
        schema.pop("title", None)
        whole = whole or self._shape.is_one_value(path)
        if "properties" in schema:
            schema["properties"] = self._properties(schema["properties"], path, whole=whole)
            # A default that is an object repeats those of its fields.
            schema.pop("default", None)
        if isinstance(schema.get("additionalProperties"), dict):
            inner = schema["additionalProperties"]
            schema["additionalProperties"] = self._map_value(inner, path, whole=whole)
        if "items" in schema:
            item = self._list_item(schema["items"], path)
            is_edited = not whole and item.get("type") == "object"
            schema["items"] = _with_other_form(item, _EDITED) if is_edited else item
        if "anyOf" in schema:
            schema["anyOf"] = [self.node(form, path, whole=whole) for form in schema["anyOf"]]
        if "pattern" in schema:
            # Groups have names in Python only.
            schema["pattern"] = re.sub(r"\?P<\w+>", "", schema["pattern"])
        if not whole:
            schema.pop("required", None)
        return schema if path[self._shape.is_map :] else schema | self._keywords.get("", {})

    def _properties(self, given: dict[str, Any], path: Path, *, whole: bool) -> dict[str, Any]:
        """The schemas of an object's fields, under each of their names."""
        fields = {
            name: self._field(inner, (*path, name), whole=whole) for name, inner in given.items()
        }
        return fields | self._other_names(fields, path)

    def _map_value(self, given: dict[str, Any], path: Path, *, whole: bool) -> dict[str, Any]:
        """The schema of the values of a map; null removes a key of one inside an object."""
        entry = self.node(given, (*path, "*"), whole=whole)
        is_items = self._shape.is_map and path == ()
        if isinstance(entry.get("type"), str) and not whole and not is_items:
            entry["type"] = [entry["type"], "null"]
        return entry if is_items else self._or_deleted(entry, (*path, "*"), whole=whole)

    def _list_item(self, given: dict[str, Any], path: Path) -> dict[str, Any]:
        from osmo_cli.config.schemas.role import SEMANTIC_ACTION

        item = self.node(given, path, whole=True)
        if path[-2:] == ("policies", "actions") and self._shape.dialect.semantic_roles:
            # The service checks it by itself, not by its schema.
            item["pattern"] = f"^{SEMANTIC_ACTION.pattern}$"
        return item

    def _other_names(self, fields: dict[str, Any], path: Path) -> dict[str, Any]:
        """The fields of the object at `path` that may be called otherwise, by those names."""
        from pydantic import AliasChoices

        from osmo_cli.config.schemas.base import model_at

        model = model_at(self._shape.model(), path)
        return {
            str(other): fields[name]
            for name, field in (model.model_fields.items() if model else ())
            if isinstance(field.validation_alias, AliasChoices)
            for other in field.validation_alias.choices
        }

    def _field(self, given: dict[str, Any], path: Path, *, whole: bool) -> dict[str, Any]:
        schema = self.node(given, path, whole=whole)
        inside = tuple(map(str, path[self._shape.is_map :]))
        if said := _at_path(self._descriptions, inside):
            schema["description"] = said
        if self._shape.is_read_only(path):
            # It is left out of what is sent, so any value will do.
            return _with_other_form(schema | {"readOnly": True}, _ANY)
        schema = _with_references(schema | (_at_path(self._keywords, inside) or {}))
        return self._or_deleted(schema, path, whole=whole)

    def _or_deleted(self, schema: dict[str, Any], path: Path, *, whole: bool) -> dict[str, Any]:
        """Allow the removal of the key at `path`, which cannot be in a list."""
        one_values = (self._shape.is_one_value(path[:length]) for length in range(len(path)))
        is_in_list = whole and not any(one_values)
        return schema if is_in_list else _with_other_form(schema, _DELETED)


def _with_other_form(schema: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    """Allow another form of the value beside that of the schema."""
    noted = {key: value for key, value in schema.items() if key in _ANNOTATIONS}
    usual = {key: value for key, value in schema.items() if key not in _ANNOTATIONS}
    if not usual:
        return schema
    forms = usual["anyOf"] if usual.keys() == {"anyOf"} else [usual]
    return noted | {"anyOf": [*forms, form]}


def _with_references(schema: dict[str, Any]) -> dict[str, Any]:
    """Allow a reference such as `${env:NAME}` for a string with a pattern."""
    if "pattern" not in schema:
        return schema
    return schema | {"pattern": f"{schema['pattern']}|{_REFERENCE}"}


def _at_path(table: Mapping[str, _Value], path: Sequence[str]) -> _Value | None:
    """The entry of a type's table for the field at `path`."""
    ends = (".".join(path[start:]) for start in range(len(path)))
    return next((table[end] for end in ends if end in table), None)
