"""`labels_config` of WORKFLOW, which 6.4 brought (docs/service/workflow.md#labels_config)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osmo_cli.config.registry.dialects import V6_3, V6_4
from osmo_cli.config.registry.types import WORKFLOW
from tests.support.versions import since
from tests.unit.config.inputs import check, lines


def labels(policy: list[Any], **more: Any) -> str:
    return json.dumps({"labels_config": {"policy": policy} | more})


@pytest.mark.parametrize(
    "label",
    [
        {"key": "team"},
        {"key": "example.com/cost-centre", "allow_list": ["a_1", ""], "enforcement": "warn"},
        {"key": "a" * 63, "assert_message": "x" * 256},
    ],
    ids=str,
)
def test_a_label_is_stored_with_its_defaults(label: dict[str, Any]) -> None:
    checked = check(labels([label], pod_label_prefix="osmo/"), WORKFLOW, V6_4)
    assert lines(checked) == []
    [stored] = checked.wanted["labels_config"]["policy"]
    default = {"allow_list": [], "enforcement": "off", "assert_message": ""}
    assert stored == default | label


_KEY = "policy[0].key: must be the key of a Kubernetes label, such as team or example.com/team"
_VALUE = (
    "policy[0].allow_list[0]: must be the value of a Kubernetes label: up to 63 letters, digits, "
    "-, _ and ."
)
_LINE = "policy[0].assert_message: must be one line of at most 256 characters"


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        ([{"key": key}], _KEY)
        for key in ("", "-a", "a" * 64, "a/b/c", "/a", "Example.com/a", "a b", "a/")
    ]
    + [
        ([{}], "policy[0].key: this field is required"),
        ([{"key": "a", "allow_list": ["x y"]}], _VALUE),
        ([{"key": "a", "allow_list": ["x" * 64]}], _VALUE),
        ([{"key": "a", "assert_message": "x" * 257}], _LINE),
        ([{"key": "a", "assert_message": "x\ny"}], _LINE),
        ([{"key": "a", "assert_message": "x\n"}], _LINE),
        (
            [{"key": "a", "enforcement": "on"}],
            'policy[0].enforcement: must be "off", "warn" or "enforce"',
        ),
        ([{"key": "a"}, {"key": "a"}], "policy: duplicate key"),
        ([{"key": f"a{n}"} for n in range(17)], "policy: at most 16 labels are allowed"),
    ],
    ids=lambda case: str(case)[:60],
)
def test_what_is_no_label_is_refused(policy: list[Any], problem: str) -> None:
    [line] = lines(check(labels(policy), WORKFLOW, V6_4))
    assert line.endswith(f": labels_config.{problem}")


@pytest.mark.parametrize("prefix", ["a b", "x" * 254])
def test_what_is_no_prefix_is_refused(prefix: str) -> None:
    [line] = lines(check(labels([], pod_label_prefix=prefix), WORKFLOW, V6_4))
    assert line.endswith("pod_label_prefix: must be at most 253 characters without spaces")


def test_older_versions_have_no_labels() -> None:
    [line] = lines(check(labels([]), WORKFLOW, V6_3))
    assert (
        line == "warning: in.json:1:2: labels_config: not sent: 6.3 does not have this field "
        f"(it exists in {', '.join(since('6.4'))})"
    )
