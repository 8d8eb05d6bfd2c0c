"""The nodes in what `kubectl get nodes -o json` prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from osmo_cli.backend.availability import Condition, Node
from osmo_cli.bounded_files import STDIN
from osmo_cli.errors import UsageError
from osmo_cli.text_files import read_text

HOW_TO_GET = "kubectl get nodes -o json"
MAX_BYTES = 1 << 30
"""Limit of a list: a node with many images takes 30 KB."""
_HINT = f"save the output of `{HOW_TO_GET}`"
_LISTS = ("NodeList", "List")
# First lines of kubectl's other formats.
_OTHER_FORMATS = (
    (re.compile(r"(---\s*\n)?\s*(apiVersion|kind|items|metadata):"), "YAML, not JSON"),
    (re.compile(r"NAME\s+STATUS\s"), "a table, not JSON"),
    (re.compile(r"node/\S+\s"), "a list of names, not JSON"),
)


class InvalidNodesError(UsageError):
    """An input is not a list of nodes; names the place."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}", hint=_HINT)


def read_nodes(file: str) -> list[Node]:
    """Return the nodes in a file; `-` is standard input.

    Raises:
        UsageError: it cannot be read, or is not a list of nodes.
    """
    return parse_nodes("<stdin>" if file == STDIN else file, read_text(file, MAX_BYTES))


def parse_nodes(name: str, text: str) -> list[Node]:
    """Return the nodes in a NodeList, a List, a JSON array of nodes, or a single Node.

    A node without a status has no conditions.

    Args:
        name: name of the input, for messages.
        text: JSON.

    Raises:
        InvalidNodesError: it is something else, or two nodes have the same name.
    """
    nodes: dict[str, Node] = {}
    for place, item in _items(name, _parsed(name, text)):
        node = _node(name, place, item)
        if node.name in nodes:
            raise InvalidNodesError(name, f'{place}: duplicate node "{node.name}"')
        nodes[node.name] = node
    return list(nodes.values())


def _parsed(name: str, text: str) -> Any:
    if not text.strip():
        raise InvalidNodesError(name, "is empty")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        for pattern, words in _OTHER_FORMATS:
            if pattern.match(text.lstrip()):
                raise InvalidNodesError(name, f"is {words}") from None
        place = f"{name}:{error.lineno}:{error.colno}"
        raise InvalidNodesError(place, f"is not JSON: {error.msg}") from None
    except (RecursionError, ValueError):  # a number of thousands of digits
        raise InvalidNodesError(name, "is not a list of nodes") from None


def _items(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield each node's place and object."""
    if isinstance(value, list):
        yield from _numbered("", value)
        return
    if not isinstance(value, dict):
        raise InvalidNodesError(name, "is not a list of nodes")
    kind, items = value.get("kind"), value.get("items")
    if kind == "Node":
        yield "the node", value
    elif isinstance(items, list) and kind in (None, *_LISTS):
        yield from _numbered("items", items)
    elif kind in _LISTS and items is None:
        return
    else:
        words = f"kind is {json.dumps(kind)}" if kind is not None else "it has no items"
        raise InvalidNodesError(name, f"is not a list of nodes: {words}")


def _numbered(where: str, items: list[Any]) -> Iterator[tuple[str, Any]]:
    for index, item in enumerate(items):
        yield f"{where}[{index}]", item


def _node(name: str, place: str, item: Any) -> Node:
    if not isinstance(item, dict):
        raise InvalidNodesError(name, f"{place}: must be an object")
    if item.get("kind") not in (None, "Node"):
        raise InvalidNodesError(name, f"{place}: is a {item['kind']}, not a Node")
    node_name = _object(name, place, item, "metadata").get("name")
    if not isinstance(node_name, str) or not node_name:
        raise InvalidNodesError(name, f"{place}: metadata.name is missing")
    conditions = _object(name, place, item, "status").get("conditions")
    if conditions is None:
        conditions = []
    if not isinstance(conditions, list):
        raise InvalidNodesError(name, f"{place}: status.conditions must be a list")
    return Node(
        node_name,
        tuple(
            _condition(name, f"{place}: status.conditions[{index}]", condition)
            for index, condition in enumerate(conditions)
        ),
        _object(name, place, item, "spec").get("unschedulable") is True,
    )


def _object(name: str, place: str, item: dict[str, Any], key: str) -> dict[str, Any]:
    value = item.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidNodesError(name, f"{place}: {key} must be an object")
    return value


def _condition(name: str, place: str, condition: Any) -> Condition:
    if not isinstance(condition, dict):
        raise InvalidNodesError(name, f"{place}: must be an object")
    condition_type, status = condition.get("type"), condition.get("status")
    if not isinstance(condition_type, str):
        raise InvalidNodesError(name, f"{place}: type must be a string")
    if status is None:
        return condition_type, ""
    if not isinstance(status, str):
        raise InvalidNodesError(name, f"{place}: status must be a string")
    return condition_type, status
