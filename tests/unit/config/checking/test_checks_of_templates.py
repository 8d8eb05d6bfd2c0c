"""POD_TEMPLATE and GROUP_TEMPLATE: what Kubernetes would refuse, and their placeholders."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osmo_cli.config.registry.dialects import V6_2
from osmo_cli.config.schemas.rules.placeholders import OWN_VARIABLES, unfilled
from tests.unit.config.inputs import (
    EVERYWHERE,
    said,
)

NO_AMOUNT = "must be an amount such as 500m, 2 or 1Gi"
NO_LABEL = "must be the value of a label: up to 63 letters, digits, -, _ and ."


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ({}, []),
        ({"spec": {"containers": [{"name": "{{USER_CONTAINER_NAME}}", "resources": {}}]}}, []),
        ({"spec": {"nodeSelector": {"kubernetes.io/arch": "amd64", "gpu": ""}}}, []),
        ({"spec": {"tolerations": [{"operator": "Exists"}, {"key": "a", "value": "b"}]}}, []),
        ({"spec": {"affinity": {"values": "{{USER_EXCLUDED_NODES}}"}}}, []),
        ({"spec": []}, ["spec: must be an object"]),
        ({"spec": {"containers": {"name": "a"}}}, ["spec.containers: must be a list"]),
        ({"spec": {"containers": [1]}}, ["spec.containers[0]: must be an object"]),
        (
            {"spec": {"containers": [{"name": "My_Container"}]}},
            ["spec.containers[0].name: must be a Kubernetes name: up to 63 of a-z, 0-9 and -"],
        ),
        (
            {"spec": {"nodeSelector": {"a": True}}},
            ["spec.nodeSelector.a: must be a string (write it in double quotes)"],
        ),
        ({"spec": {"nodeSelector": {"a": "b c"}}}, [f"spec.nodeSelector.a: {NO_LABEL}"]),
        (
            {"metadata": {"labels": {"a b": "c"}}},
            [
                'metadata.labels["a b"]: must be the key of a label, such as team or '
                "example.com/team"
            ],
        ),
        (
            {"metadata": {"annotations": {"a": 5}}},
            ["metadata.annotations.a: must be a string (write it in double quotes)"],
        ),
        (
            {"spec": {"tolerations": [{"key": "a", "effect": "noSchedule"}]}},
            ['spec.tolerations[0].effect: must be "NoSchedule", "PreferNoSchedule" or "NoExecute"'],
        ),
        (
            {"spec": {"tolerations": [{"key": "a", "operator": "In"}]}},
            ['spec.tolerations[0].operator: must be "Exists" or "Equal"'],
        ),
        (
            {"spec": {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}},
            ['spec.tolerations[0].value: cannot be set with operator "Exists"'],
        ),
        (
            {"spec": {"tolerations": [{"value": "b"}]}},
            [
                "spec.tolerations[0]: a toleration needs a key "
                '(set the taint\'s key, or operator "Exists" for all taints)'
            ],
        ),
        (
            {"spce": {}},
            ['warning: spce: Kubernetes has no such field in a pod (did you mean "spec"?)'],
        ),
        (
            {"containers": []},
            ['warning: containers: Kubernetes has no such field in a pod (put it into "spec")'],
        ),
        (
            {"spec": {"nodeSelectors": {}}},
            [
                "warning: spec.nodeSelectors: Kubernetes has no such field in a pod's spec "
                '(did you mean "nodeSelector"?)'
            ],
        ),
        (
            {"spec": {"containers": [{"name": "a", "resource": {}}]}},
            [
                "warning: spec.containers[0].resource: Kubernetes has no such field in a "
                'container (did you mean "resources"?)'
            ],
        ),
        (
            {"metadata": {"annotations": {"a": "{{USER_CPUS}}"}}},
            [
                "warning: metadata.annotations.a: OSMO has no such variable, unless the "
                "pool defines it (did you mean {{USER_CPU}}?)"
            ],
        ),
        ({"metadata": {"annotations": {"a": "{{MOUNT}}", "b": "{{ WF_ID }}"}}}, []),
        (
            {"metadata": {"annotations": {"a": "{{USER_CPU}"}}},
            ["warning: metadata.annotations.a: a placeholder is not closed"],
        ),
        (
            {"metadata": {"annotations": {"a": "{USER_CPU}}", "b": "{% if USER_GPU }x"}}},
            [
                "warning: metadata.annotations.a: a placeholder is not closed",
                "warning: metadata.annotations.b: a placeholder is not closed",
            ],
        ),
        # Braces of JSON and of other languages, and Jinja's comments.
        ({"metadata": {"annotations": {"a": '{"a": {"b": {"c": 1}}}'}}}, []),
        ({"metadata": {"annotations": {"a": '{"cpu": {"n": {{USER_CPU}}}} {# {{ #}'}}}, []),
        # Kubernetes puts the key of an annotation into lower case before it looks at it.
        ({"metadata": {"annotations": {"Example.com/Note": "x"}}}, []),
        (
            {"metadata": {"annotations": {"a b": "x"}, "labels": {"Example.com/Note": "x"}}},
            [
                'metadata.annotations["a b"]: must be the key of an annotation, such as note or '
                "example.com/note",
                'metadata.labels["Example.com/Note"]: must be the key of a label, such as team or '
                "example.com/team",
            ],
        ),
        (
            {"spec": {"hostNetwork": "true", "terminationGracePeriodSeconds": "30"}},
            [
                "spec.hostNetwork: must be true or false (write it without quotes)",
                "spec.terminationGracePeriodSeconds: must be an integer (write it without quotes)",
            ],
        ),
        (
            {"spec": {"containers": [{"securityContext": {"privileged": "true"}}]}},
            [
                "spec.containers[0].securityContext.privileged: must be true or false "
                "(write it without quotes)"
            ],
        ),
        (
            {"spec": {"initContainers": [{"env": [{"name": "A", "value": 5}], "args": [1]}]}},
            [
                "spec.initContainers[0].env[0].value: must be a string (write it in double quotes)",
                "spec.initContainers[0].args[0]: must be a string (write it in double quotes)",
            ],
        ),
        (
            {"spec": {"securityContext": {"runAsUser": True}, "schedulerName": ["kai"]}},
            [
                "spec.securityContext.runAsUser: must be an integer",
                "spec.schedulerName: must be a string",
            ],
        ),
        # What is not set, a fraction of 0, and what OSMO replaces.
        (
            {
                "spec": {
                    "hostNetwork": None,
                    "priority": 5.0,
                    "hostPID": "{{HOST_PID}}",
                    "volumes": [{"name": "a", "hostPath": {"path": "/a", "type": ""}}],
                }
            },
            [],
        ),
        (
            {"spec": {"frobnicate": 1, "containers": [{"zzz": {}}]}},
            [
                "warning: spec.frobnicate: Kubernetes has no such field in a pod's spec",
                "warning: spec.containers[0].zzz: Kubernetes has no such field in a container",
            ],
        ),
        (
            {"spec": {"tolerations": [{"operator": "exists"}]}},
            ['spec.tolerations[0].operator: must be "Exists" or "Equal"'],
        ),
    ],
    ids=lambda case: json.dumps(case)[:60],
)
def test_pod_templates(template: Any, expected: list[str]) -> None:
    for dialect in EVERYWHERE:
        messages = said("POD_TEMPLATE", template, dialect, name="a")
        assert [line.split(": ", 1 + line.startswith("warning"))[-1] for line in messages] == [
            text.removeprefix("warning: ") for text in expected
        ]
        assert [line.startswith("warning") for line in messages] == [
            text.startswith("warning") for text in expected
        ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, []),
        (0.5, []),
        ("500m", []),
        ("1Gi", []),
        ("1e3", []),
        (".5", []),
        ("{{USER_CPU}}", []),
        ("{% if USER_CPU > 2 %}2{% else %}{{USER_CPU}}{% endif %}", []),
        ("2GB", [NO_AMOUNT + ' (write "2G")']),
        ("4 GiB", [NO_AMOUNT + ' (write "4Gi")']),
        ("lots", [NO_AMOUNT]),
        ("", [NO_AMOUNT]),
        (True, [NO_AMOUNT]),
        (None, [NO_AMOUNT]),
        (-1, ["is less than 0"]),
        ("-1Gi", ["is less than 0"]),
    ],
)
def test_amounts(value: Any, expected: list[str]) -> None:
    for kind in ("containers", "initContainers"):
        for part in ("limits", "requests"):
            container = {"name": "a", "resources": {part: {"cpu": value}}}
            messages = said("POD_TEMPLATE", {"spec": {kind: [container]}}, name="t")
            assert [line.split(": ", 2)[-1] for line in messages] == expected


def test_group_templates() -> None:
    template: dict[str, Any] = {
        "apiVersion": "resource.nvidia.com/v1beta1",
        "kind": "ComputeDomain",
        "metadata": {"name": "domain-{{WF_GROUP_UUID}}", "labels": {"a": "b"}},
    }
    assert said("GROUP_TEMPLATE", template, V6_2, name="a") == []
    template["apiVersion"] = "one"
    template["kind"] = 5
    template["metadata"] = {
        "name": "My_Domain",
        "labels": {"a": "b c"},
        "annotations": {"a": 1},
    }
    messages = said("GROUP_TEMPLATE", template, V6_2, name="a")
    assert [line.split(": ", 1 + line.startswith("warning"))[-1] for line in messages] == [
        "apiVersion: must be an API version such as v1 or resource.nvidia.com/v1beta1",
        "kind: must be a string (such as ConfigMap)",
        "metadata.name: every group of tasks would create an object with this same name "
        '(add "{{WF_GROUP_UUID}}" to it)',
        "metadata.name: most Kubernetes names may have a-z, 0-9, - and . only",
        f"metadata.labels.a: {NO_LABEL}",
        "metadata.annotations.a: must be a string (write it in double quotes)",
    ]


def test_a_namespace_is_refused_where_it_stands() -> None:
    template = {"metadata": {"name": "{{WF_GROUP_UUID}}", "namespace": "x"}}
    assert said("GROUP_TEMPLATE", template | {"apiVersion": "v1", "kind": "A"}, V6_2, name="a") == [
        "in.json:1:57: metadata.namespace: cannot be set: OSMO chooses the namespace"
    ]


def test_which_placeholders_a_pool_fills() -> None:
    template = {"spec": {"a": "{{MOUNT}} {{USER_CPU}}", "b": ["{{ ONLY_H100 }}", "{{USER_NEW}}"]}}
    pool = {
        "common_default_variables": {"MOUNT": "/m"},
        "platforms": {"h100": {"default_variables": {"ONLY_H100": 1}}, "a100": {}},
    }
    assert unfilled(template, pool, "h100") == []
    missing = [(("spec", "b", 0), "ONLY_H100")]
    assert unfilled(template, pool, "a100") == missing
    assert unfilled(template, pool) == missing
    assert len(unfilled(template, {"platforms": None})) == 2
    assert all(unfilled({"a": "{{" + name + "}}"}, {}) == [] for name in OWN_VARIABLES)
