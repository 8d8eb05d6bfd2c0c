from __future__ import annotations

import json
from typing import Any

import pytest

from osmo_cli.backend.availability import Node
from osmo_cli.backend.node_list import InvalidNodesError, parse_nodes

NODE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "gpu-1", "labels": {}},
    "spec": {"unschedulable": True, "taints": [{"key": "x", "effect": "NoSchedule"}]},
    "status": {
        "conditions": [
            {"type": "Ready", "status": "True", "reason": "KubeletReady"},
            {"type": "Gpu", "status": None},
        ],
    },
}
VALUE = Node("gpu-1", (("Ready", "True"), ("Gpu", "")), True)


@pytest.mark.parametrize(
    "value",
    [
        {"apiVersion": "v1", "kind": "List", "items": [NODE], "metadata": {}},
        {"kind": "NodeList", "items": [{**NODE, "kind": None}]},
        {"items": [NODE]},
        [NODE],
        NODE,
    ],
)
def test_the_forms_of_a_list(value: Any) -> None:
    assert parse_nodes("nodes.json", json.dumps(value)) == [VALUE]


@pytest.mark.parametrize("value", [[], {"kind": "List", "items": []}, {"kind": "NodeList"}])
def test_a_cluster_without_nodes(value: Any) -> None:
    assert parse_nodes("nodes.json", json.dumps(value)) == []


@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"status": None, "spec": None},
        {"status": {}, "spec": {}},
        {"status": {"conditions": None}},
        {"status": {"conditions": []}, "spec": {"unschedulable": False}},
    ],
)
def test_a_node_without_a_status_has_no_conditions(rest: dict[str, Any]) -> None:
    assert parse_nodes("n", json.dumps({"items": [{"metadata": {"name": "a"}, **rest}]})) == [
        Node("a", ())
    ]


def with_conditions(conditions: Any) -> str:
    return json.dumps([{"metadata": {"name": "a"}, "status": {"conditions": conditions}}])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("{", "n:1:2: is not JSON"),
        ("[" * 100_000, "is not a list of nodes"),
        ("1" * 5000, "is not a list of nodes"),
        ('"x"', "is not a list of nodes"),
        ("{}", "is not a list of nodes: it has no items"),
        ('{"kind": "Pod"}', 'is not a list of nodes: kind is "Pod"'),
        ('{"kind": "PodList", "items": []}', 'kind is "PodList"'),
        ('{"kind": "Status", "message": "Unauthorized"}', 'kind is "Status"'),
        ('{"items": {}}', "it has no items"),
        ("apiVersion: v1\nitems: []\n", "is YAML, not JSON"),
        ("---\nkind: NodeList\n", "is YAML, not JSON"),
        ("NAME   STATUS   ROLES\ngpu-1  Ready\n", "is a table, not JSON"),
        ("node/gpu-1\nnode/gpu-2\n", "is a list of names, not JSON"),
        ("[1]", "[0]: must be an object"),
        ('{"items": [{"kind": "Pod"}]}', "items[0]: is a Pod, not a Node"),
        ("[{}]", "[0]: metadata.name is missing"),
        ('[{"metadata": []}]', "[0]: metadata must be an object"),
        ('[{"metadata": {"name": ""}}]', "[0]: metadata.name is missing"),
        ('[{"metadata": {"name": "a"}, "status": []}]', "[0]: status must be an object"),
        ('[{"metadata": {"name": "a"}, "spec": 1}]', "[0]: spec must be an object"),
        (with_conditions({}), "[0]: status.conditions must be a list"),
        (with_conditions(["x"]), "[0]: status.conditions[0]: must be an object"),
        (with_conditions([{"status": "True"}]), "conditions[0]: type must be a string"),
        (
            with_conditions([{"type": "Ready", "status": True}]),
            "conditions[0]: status must be a string",
        ),
        (json.dumps([NODE, NODE]), '[1]: duplicate node "gpu-1"'),
    ],
)
def test_what_is_not_a_list_of_nodes(text: str, message: str) -> None:
    with pytest.raises(InvalidNodesError) as raised:
        parse_nodes("n", text)
    assert message in raised.value.message
    assert raised.value.message.startswith("n:")
    assert "kubectl get nodes -o json" in str(raised.value.hint)
