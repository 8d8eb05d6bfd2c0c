"""docs/reference/config-types.md, from the JSON Schema of the config types.

python docs/reference/make_config_types.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from osmo_cli.config.checking.json_schema import json_schema
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType

PAGE = Path(__file__).with_name("config-types.md")
HEAD = """# Config types

<!-- Made by docs/reference/make_config_types.py; `make reference` makes it anew. -->

Every field of every type, by version of the service. A dot leads into an object, `*` is any key of
a map, and `[]` an element of a list.

- *in*: the versions in which it is so; empty: all that have the type.
- *new*: a new object needs the field; one that exists keeps what it has.
- *read-only*: the service sets it, and what a file says is not sent.
- *secret*: the service shows `**********` for it.

`osmo config schema` prints the same as JSON Schema ([how to use it](../validate.md#in-an-editor)).
"""
_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
}


class Row(NamedTuple):
    """One line of a table, but for the versions that it is true of."""

    path: str
    type: str
    default: str
    meaning: str


def rows(schema: dict[str, Any], above: str = "") -> Iterator[Row]:
    """A line for each field of an object, with those of the objects in it."""
    for name, field in schema.get("properties", {}).items():
        if name == "$schema" or not isinstance(field, dict):
            continue
        path = above + name
        yield Row(path, _type(field), _default(field), _meaning(field))
        yield from _inside(field, path)


def _inside(field: dict[str, Any], path: str) -> Iterator[Row]:
    yield from rows(field, path + ".")
    for branch in field.get("anyOf", ()):
        yield from _inside(branch, path)
    if isinstance(field.get("items"), dict):
        yield from _inside(field["items"], path + "[]")
    if isinstance(field.get("additionalProperties"), dict):
        yield from _inside(field["additionalProperties"], path + ".*")


def _type(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_type(branch) for branch in field["anyOf"]))
    values = field.get("enum", [field["const"]] if "const" in field else [])
    if values:
        return " or ".join(f"`{value}`" for value in values)
    kind = field.get("type")
    if kind == "array":
        inner = field.get("items") or {}
        return "list" + (f" of: {_type(inner)}" if inner else "")
    if kind == "object":
        inner = field.get("additionalProperties")
        return f"map to: {_type(inner)}" if isinstance(inner, dict) else "object"
    return _WORDS.get(kind or "", "any value") + _limits(field)


def _limits(field: dict[str, Any]) -> str:
    if "exclusiveMinimum" in field:
        return f" above {field['exclusiveMinimum']}"
    return f" from {field['minimum']} on" if "minimum" in field else ""


def _default(field: dict[str, Any]) -> str:
    if "default" in field:
        return f"`{json.dumps(field['default'])}`"
    return "" if "properties" in field else "*new*"


def _meaning(field: dict[str, Any]) -> str:
    words = {"readOnly": "*read-only*", "writeOnly": "*secret*"}
    marks = [mark for key, mark in words.items() if field.get(key)]
    examples = [f"`{json.dumps(example)}`" for example in field.get("examples", ())]
    return " ".join(
        [
            *([", ".join(marks) + "."] if marks else []),
            field["description"],
            *([f"For example {', '.join(examples)}."] if examples else []),
        ]
    )


def by_version(config_type: ConfigType) -> dict[Row, list[str]]:
    """The lines of a type with the versions that they are true of, in the order of the fields."""
    found: dict[Row, list[str]] = {}
    order: list[str] = []
    for dialect in DIALECTS.values():
        if config_type.name not in dialect.config_types:
            continue
        whole = config_type.whole is not None and not Shape(config_type, dialect).is_map
        schema = json_schema(config_type, dialect, item=not whole)
        place = 0
        for row in rows(schema.get("items", schema)):
            found.setdefault(row, []).append(dialect.name)
            if row.path not in order:
                order.insert(place, row.path)
            place = order.index(row.path) + 1
    return dict(sorted(found.items(), key=lambda entry: order.index(entry[0].path)))


def section(config_type: ConfigType) -> str:
    """The heading, the files and the table of a type."""
    there = [name for name, one in DIALECTS.items() if config_type.name in one.config_types]
    lines = [f"\n## {config_type.name}\n"]
    if len(there) < len(DIALECTS):
        lines.append(f"In {', '.join(there)}.\n")
    lines.append(_files(config_type) + "\n")
    table = by_version(config_type)
    if not table:
        return "\n".join([*lines, "Any object: the service does not look into it.\n"])
    lines += ["| field | type | default | in | meaning |", "|---|---|---|---|---|"]
    for row, versions in table.items():
        where = "" if versions == there else ", ".join(versions)
        cells = (f"`{row.path}`", row.type, row.default, where, row.meaning)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _files(config_type: ConfigType) -> str:
    files = []
    if config_type.whole is not None:
        files.append(f"`{config_type.path}.json`")
    if config_type.named is not None:
        files.append(f"`{config_type.path}/NAME.json`")
    return "Files: " + " or ".join(files) + "."


def page() -> str:
    """The whole page."""
    types = [CONFIG_TYPES[name] for name in sorted(CONFIG_TYPES)]
    known = [one for one in types if any(one.name in d.config_types for d in DIALECTS.values())]
    return HEAD + "".join(section(config_type) for config_type in known)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
