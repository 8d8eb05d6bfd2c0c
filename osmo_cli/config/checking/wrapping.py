"""Files whose content is wrapped in one level too many."""

from __future__ import annotations

import json
from typing import Any

from osmo_cli.config.problems import Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.schemas.base import model_at

_BODY = frozenset({"configs", "configs_dict"})
_BODY_BESIDE = _BODY | {"description", "tags"}


def wrapped_problem(document: Document, shape: Shape, live: Any = None) -> Problem | None:
    """Return what is wrong with a file that wraps what it describes; None if it does not.

    Such a file is wrapped in the item's own name, in the name of the type, or in the `configs` of
    the API's requests. The service would ignore it or store the wrapping, too.

    Args:
        document: the file.
        shape: what it describes.
        live: the stored state, or None if it is not known.
    """
    value = document.value
    if not isinstance(value, dict):
        return None
    key = _wrapping_key(value, shape)
    if key is None or key in _fields(shape) or not isinstance(value[key], dict | list):
        return None
    if shape.is_map and not _holds_items(value[key], key, shape, live):
        return None
    steps = [key]
    inner = value[key]
    if shape.name is not None and isinstance(inner, dict) and list(inner) == [shape.name]:
        steps.append(shape.name)
    what = "its own name" if key == shape.name else f'"{key}"'
    content = ".".join(steps)
    return document.problem(
        f"{shape} is wrapped in {what}",
        (key,),
        at_key=True,
        hint=f"keep only the content of {content}, for example with {_jq(document, steps)}",
    )


def _wrapping_key(value: dict[str, Any], shape: Shape) -> str | None:
    """Return the key that the whole file is wrapped in, if its name says so."""
    body = _BODY & value.keys()
    if len(body) == 1 and value.keys() <= _BODY_BESIDE:
        return next(iter(body))
    if len(value) != 1:
        return None
    key = next(iter(value))
    row = shape.config_type
    sections = (
        {row.helm_section, row.wrapper}
        if shape.name is not None or not row.is_by_item
        else {row.helm_section}
    )
    names = {row.name, row.name.lower(), row.path, row.path + "s", shape.name, *sections}
    return key if key in names else None


def _fields(shape: Shape) -> frozenset[str]:
    """Return the fields of what a file describes; a map of items has no fields."""
    if shape.is_map:
        return frozenset()
    model = model_at(shape.model(), ())
    return (
        frozenset(model.model_fields if model else ()) | shape.config_type.definition.known_fields
    )


def _holds_items(inner: Any, key: str, shape: Shape, live: Any) -> bool:
    """Return whether `inner` is a map or list of items, and not an item called `key`."""
    if isinstance(live, dict) and key in live:
        return False
    if isinstance(inner, list):
        return not shape.config_type.items_are_lists
    model = model_at(shape.model(), ("*",))
    fields = set(model.model_fields if model else ()) | shape.config_type.definition.known_fields
    return not fields & inner.keys() and all(
        isinstance(item, dict | list) for item in inner.values()
    )


def _jq(document: Document, steps: list[str]) -> str:
    path = "".join(
        f".{step}" if step.isidentifier() else f".[{json.dumps(step)}]" for step in steps
    )
    file = "" if document.name.startswith("<") else f" {document.name}"
    return f"jq '{path}'{file}"
