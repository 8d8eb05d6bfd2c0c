"""The two forms of `node_conditions` say the same: both availability rules, over all nodes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from osmo_cli.config.node_conditions import equivalent, lists_to_rules, rules_to_lists
from osmo_cli.config.registry.dialects import SEED, V6_0
from tests.support.sampling import examples

Conditions = dict[str, str]


def available_by_lists(additional: list[str], ignored: list[str], node: Conditions) -> bool:
    """The seed generation's operator (docs/service/node-availability.md#seed-generation)."""

    def matches(kind: str, entries: list[str]) -> bool:
        return any(
            kind.startswith(entry[:-1]) if entry.endswith("*") else kind == entry
            for entry in entries
        )

    for kind, status in node.items():
        if matches(kind, ignored):
            continue
        if matches(kind, ["Ready", *additional]):
            if status != "True":
                return False
        elif status != "False":
            return False
    return True


class RefusedRulesError(Exception):
    """The operator does not start with these rules."""


def available_by_rules(rules: dict[str, str], node: Conditions) -> bool:
    """The operator of 6.0 and later (docs/service/node-availability.md#algorithm)."""
    rules = dict(rules)
    for_ready = [status for key, status in rules.items() if re.match(key, "Ready")]
    if any(status != "True" for status in for_ready):
        raise RefusedRulesError
    if not for_ready:
        rules["^Ready$"] = "True"
    for kind, status in node.items():
        allowed = [wanted for key, wanted in rules.items() if re.match(key, kind)]
        if allowed and not any(re.fullmatch(wanted, status) for wanted in allowed):
            return False
    return True


KINDS = [
    "Ready",
    "ReadyForX",
    "Read",
    "Gpu",
    "GpuHealth",
    "GpuHealthCheck",
    "nvidia.com/gpu",
    "nvidiaXcom/gpu",
    "OSMO-Verified",
    "OSMOCheck",
    "MyOSMOCond",
    "DiskPressure",
    "a+b",
]
ENTRIES = [
    *KINDS,
    "*",
    "R*",
    "Ready*",
    "G*",
    "Gpu*",
    "GpuHealth*",
    "OSMO*",
    "OSMO-*",
    "nvidia.com/*",
    "a+*",
    "D*e",
]
entries = st.lists(st.sampled_from(ENTRIES), max_size=4)
nodes = st.dictionaries(
    st.sampled_from(KINDS) | st.text("GpuRedy.-", max_size=5),
    st.sampled_from(["True", "False", "Unknown"]),
    max_size=5,
)


@settings(max_examples=examples(1500))
@given(additional=entries, ignored=entries, node=nodes)
@example(additional=["Gpu*"], ignored=["GpuHealth"], node={"GpuHealth": "False", "Gpu": "True"})
@example(additional=["GpuHealth"], ignored=["Gpu*"], node={"GpuHealth": "Unknown"})
@example(additional=[], ignored=["*"], node={"Ready": "False"})
def test_rules_require_what_the_lists_require(
    additional: list[str], ignored: list[str], node: Conditions
) -> None:
    rules = lists_to_rules(additional, ignored)
    ready_is_ignored = available_by_lists([], ignored, {"Ready": "False"})
    assert (rules is None) == ready_is_ignored
    if rules is not None:
        # The lists require every other condition to be False; no rule is made of that.
        named = {
            kind: status
            for kind, status in node.items()
            if available_by_lists(additional, ignored, {kind: "True"})
        }
        expected = available_by_lists(additional, ignored, named)
        assert available_by_rules(rules, node) is expected


plain = st.sampled_from(["Ready", "Gpu", "GpuHealth", "Disk-Full", "x/y"])
anchored = plain.map(lambda name: f"^{name}$")


@settings(max_examples=examples(500))
@given(
    rules=st.dictionaries(anchored, st.sampled_from(["True", "False", ".*"]), max_size=4),
    data=st.data(),
)
def test_lists_make_the_same_nodes_available_as_anchored_rules(
    rules: dict[str, str], data: st.DataObject
) -> None:
    lists = rules_to_lists(rules)
    if lists is None:
        assert rules.get("^Ready$") == "False", "the operator takes no such rule either"
        return
    # The lists also decide about conditions that no rule names; the hint says so.
    named = sorted({key[1:-1] for key in rules} | {"Ready"})
    statuses = st.sampled_from(["True", "False", "Unknown"])
    node = data.draw(st.dictionaries(st.sampled_from(named), statuses))
    try:
        expected = available_by_rules(rules, node)
    except RefusedRulesError:
        return
    assert available_by_lists(*lists, node) is expected


@pytest.mark.parametrize(
    "rules",
    [
        {"^Gpu.*$": "True"},
        {"Gpu": "True|Unknown"},
        {"Gpu": "Unknown"},
        {"^(A|B)$": "True"},
        {"^(?!Ready$)": "False"},
        {"": "True"},
        {"^Ready$": "False"},
        {"^Gpu$": "True", "Gpu": "False"},
    ],
)
def test_rules_beyond_plain_names_have_no_lists(rules: dict[str, str]) -> None:
    assert rules_to_lists(rules) is None


def test_the_default_rules_are_the_default_lists() -> None:
    assert rules_to_lists({"Ready": "True"}) == ([], [])
    assert rules_to_lists({}) == ([], [])


def test_the_hint_for_a_service_with_rules_can_be_pasted() -> None:
    given_ = {"additional_node_conditions": ["GpuHealth"], "ignore_node_conditions": None}
    hint = equivalent(given_, V6_0.node_condition_fields)
    text, remark = hint.removeprefix("write ").split("; ")
    written = json.loads("{" + text + "}")
    assert written == {"rules": {"^Ready$": "True", "^GpuHealth$": "True"}}
    assert remark == "conditions without a rule are ignored"


def test_the_hint_for_a_service_with_lists_can_be_pasted() -> None:
    hint = equivalent({"rules": {"^GpuHealth$": "True"}}, SEED.node_condition_fields)
    text, remark = hint.removeprefix("write ").split("; ")
    assert json.loads("{" + text + "}") == {
        "additional_node_conditions": ["GpuHealth"],
        "ignore_node_conditions": [],
    }
    assert "every condition that neither list names" in remark


@pytest.mark.parametrize(
    ("given_", "dialect"),
    [
        ({"additional_node_conditions": "Gpu"}, V6_0),
        ({"additional_node_conditions": ["Gpu", 1]}, V6_0),
        ({"additional_node_conditions": {"Gpu": 1}}, V6_0),
        ({"ignore_node_conditions": [""]}, V6_0),
        ({"ignore_node_conditions": ["Ready"]}, V6_0),
        ({"rules": ["Gpu"]}, SEED),
        ({"rules": {"Gpu": True}}, SEED),
        ({"rules": {"Gpu": "Maybe"}}, SEED),
    ],
)
def test_there_is_not_always_an_equivalent(given_: dict[str, Any], dialect: Any) -> None:
    hint = equivalent(given_, dialect.node_condition_fields)
    assert hint == "there is no equivalent for these values"
