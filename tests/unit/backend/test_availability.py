from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osmo_cli.backend.availability import (
    Node,
    UnusableConditionsError,
    compare,
    conditions_of,
)
from osmo_cli.config.registry.dialects import DIALECTS, Dialect

WITH_RULES = [row for row in DIALECTS.values() if "rules" in row.node_condition_fields]
WITH_LISTS = [row for row in DIALECTS.values() if "rules" not in row.node_condition_fields]
RULES = WITH_RULES[0]
LISTS = WITH_LISTS[0]


def verdict(dialect: Dialect, given: Any, conditions: Any, *, cordoned: bool = False) -> Any:
    node = Node("n", tuple(dict(conditions).items()), cordoned)
    return conditions_of(dialect, given, [node]).judge(node)


@pytest.mark.parametrize("dialect", WITH_RULES, ids=lambda row: row.name)
@pytest.mark.parametrize(
    ("rules", "conditions", "available"),
    [
        # A condition that the node does not have does not count.
        ({"^Gpu$": "True"}, {"Ready": "True"}, True),
        ({}, {}, True),
        # Only Ready counts without rules.
        (None, {"Ready": "True", "MemoryPressure": "True"}, True),
        ({}, {"Ready": "True"}, True),
        ({}, {"Ready": "False"}, False),
        ({}, {"Ready": "Unknown"}, False),
        ({}, {"Ready": ""}, False),
        # The default is added beside rules that do not match Ready, and it is anchored.
        ({"^Gpu$": "True"}, {"Ready": "False", "Gpu": "True"}, False),
        ({}, {"ReadyForX": "False"}, True),
        ({"^(?!Ready$)": "False"}, {"Ready": "True", "Pressure": "False"}, True),
        ({"^(?!Ready$)": "False"}, {"Ready": "False"}, False),
        # Keys are anchored at the start only.
        ({"Ready": "True"}, {"ReadyForX": "False"}, False),
        ({"^Ready$": "True"}, {"ReadyForX": "False"}, True),
        ({"GpuHealth": "True"}, {"GpuHealthCheck": "False"}, False),
        ({"GpuHealth": "True"}, {"MyGpuHealth": "False"}, True),
        # Statuses match as a whole.
        ({"^Gpu$": "T"}, {"Gpu": "True"}, False),
        ({"^Gpu$": "True|Unknown"}, {"Gpu": "Unknown"}, True),
        ({"^Gpu$": "True|Unknown"}, {"Gpu": "False"}, False),
        ({"^Gpu$": "True"}, {"Gpu": "Unknown"}, False),
        ({"^Gpu$": "true"}, {"Gpu": "True"}, False),
        ({"^Gpu$": ".*"}, {"Gpu": ""}, True),
        ({"^Gpu$": ""}, {"Gpu": ""}, True),
        ({"^Gpu$": "True"}, {"Gpu": ""}, False),
        # Several rules that match are alternatives.
        ({"^Gpu$": "True", "^G": "False"}, {"Gpu": "False"}, True),
        ({"^G": "False", "^Gpu$": "True"}, {"Gpu": "False"}, True),
        ({"^G": "False", "^Gpu$": "True"}, {"Gpu": "Unknown"}, False),
        # Not globs.
        ({"Foo*": "True"}, {"Fo": "False"}, False),
        ({"Foo*": "True"}, {"Foobar": "False"}, False),
        ({"Fo+$": "True"}, {"Foobar": "False"}, True),
        # Invalid patterns are skipped, and the default is added.
        ({"*": "True"}, {"Gpu": "False"}, True),
        ({"*": "True"}, {"Ready": "False"}, False),
        ({"^Gpu$": "("}, {"Gpu": "False"}, True),
        ({"Ready": "("}, {"Ready": "False"}, False),
        ({"Ready(": "False"}, {"Ready": "True"}, True),
        ({"^Gpu$": None}, {"Gpu": "False"}, True),
        # Patterns that match Ready and say True replace the default.
        ({"": "True"}, {"Gpu": "False"}, False),
        ({".*": "True"}, {"Ready": "True", "Gpu": "True"}, True),
        ({"R": "True"}, {"Ready": "False"}, False),
    ],
)
def test_rules(dialect: Dialect, rules: Any, conditions: Any, available: bool) -> None:
    result = verdict(dialect, {"rules": rules, "prefix": ""}, conditions)
    assert result.available is available
    assert bool(result.reason) is not available


@pytest.mark.parametrize("key", ["Ready", "^Ready$", ".*", "R", "^", "", "(?:Ready)"])
@pytest.mark.parametrize("status", ["False", "True|Unknown", ".*", "true", "^True$", ""])
def test_rules_that_the_operator_refuses(key: str, status: str) -> None:
    with pytest.raises(UnusableConditionsError, match="refuses the rule"):
        conditions_of(RULES, {"rules": {key: status}})


@pytest.mark.parametrize(
    ("additional", "ignored", "conditions", "available"),
    [
        (None, None, {"Ready": "True"}, True),
        ([], [], {"Ready": "Unknown"}, False),
        ([], [], {}, True),
        # Without an entry a condition must be False.
        ([], [], {"Ready": "True", "DiskPressure": "False"}, True),
        ([], [], {"Ready": "True", "DiskPressure": "True"}, False),
        ([], [], {"Ready": "True", "DiskPressure": "Unknown"}, False),
        ([], [], {"Ready": "True", "DiskPressure": ""}, False),
        # Additional ones must be True.
        (["Gpu"], [], {"Gpu": "True"}, True),
        (["Gpu"], [], {"Gpu": "False"}, False),
        (["Gpu"], [], {"Gpu": "Unknown"}, False),
        (["Gpu"], [], {"GpuHealth": "True"}, False),
        (["Gpu*"], [], {"GpuHealth": "True", "Gpu": "True"}, True),
        # Ignored ones do not count, whatever else names them.
        ([], ["Disk*"], {"DiskPressure": "True"}, True),
        (["Disk*"], ["DiskPressure"], {"DiskPressure": "False"}, True),
        ([], ["Ready"], {"Ready": "False"}, True),
        ([], ["*"], {"Ready": "False", "Gpu": "Unknown"}, True),
        # A wildcard is a prefix.
        (["OSMO*"], [], {"OSMOCheck": "True", "OSMO-Verified": "True"}, True),
        (["OSMO*"], [], {"MyOSMOCond": "True"}, False),
        (["*Cond"], [], {"MyCond": "True"}, False),
        # Not regular expressions.
        (["Gp.", "^Gpu$"], [], {"Gpu": "True"}, False),
        # Ready must be True, also where an entry matches it.
        (["R*"], [], {"Ready": "False"}, False),
    ],
)
@pytest.mark.parametrize("dialect", WITH_LISTS, ids=lambda row: row.name)
def test_lists(
    dialect: Dialect, additional: Any, ignored: Any, conditions: Any, available: bool
) -> None:
    lists = {"additional_node_conditions": additional, "ignore_node_conditions": ignored}
    assert verdict(dialect, lists, conditions).available is available


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda row: row.name)
def test_a_cordoned_node_is_unavailable(dialect: Dialect) -> None:
    result = verdict(dialect, {}, {"Ready": "True"}, cordoned=True)
    assert (result.available, result.reason) == (False, "cordoned")
    assert verdict(dialect, {}, {"Ready": "False"}, cordoned=True).reason.endswith("; cordoned")


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda row: row.name)
def test_each_form_counts_in_its_versions_only(dialect: Dialect) -> None:
    both = {"rules": {"^Gpu$": "True"}, "ignore_node_conditions": ["Gpu"]}
    assert verdict(dialect, both, {"Gpu": "False"}).available is (dialect in WITH_LISTS)


@pytest.mark.parametrize(
    ("dialect", "given", "conditions", "reason"),
    [
        (
            RULES,
            {"rules": {"^Gpu$": "True"}},
            {"Gpu": "False"},
            'Gpu is False: rule "^Gpu$": "True"',
        ),
        (
            RULES,
            None,
            {"Ready": "Unknown"},
            'Ready is Unknown: rule "^Ready$": "True" (the default)',
        ),
        (
            RULES,
            {"rules": {"^Gpu$": "True", "G": "Unknown"}},
            {"Gpu": ""},
            'Gpu is empty: rules "^Gpu$": "True", "G": "Unknown"',
        ),
        (
            RULES,
            {"rules": {"^G": "True"}},
            {"Ga": "False", "Gb": "False", "Gc": "False"},
            'Ga is False: rule "^G": "True"; also Gb, Gc',
        ),
        (LISTS, {}, {"Ready": "False"}, "Ready is False: Ready must be True"),
        (LISTS, {}, {"X": "True"}, "X is True: must be False, since neither list names it"),
        (
            LISTS,
            {"additional_node_conditions": ["G*"]},
            {"Gpu": "False"},
            'Gpu is False: "G*" in additional_node_conditions',
        ),
    ],
)
def test_the_reason_names_condition_and_rule(
    dialect: Dialect, given: Any, conditions: Any, reason: str
) -> None:
    assert verdict(dialect, given, conditions).reason == reason


@pytest.mark.parametrize("pattern", ["(a+)+$", "(.*)*x", ".*" * 12, "a" * 2000])
def test_a_rule_that_would_take_too_long_is_an_error(pattern: str) -> None:
    nodes = [Node("n", (("a" * 300, "True"),))]
    for rules in ({f"^G{pattern}": "True"}, {"^Gpu$": pattern}):
        with pytest.raises(UnusableConditionsError, match="too complex"):
            conditions_of(RULES, {"rules": rules}, nodes)


def test_nodes_that_change_come_first() -> None:
    bad = (("Gpu", "False"),)
    nodes = [
        Node("same", ()),
        Node("back", (("Old", "False"),)),
        Node("out", bad),
        Node("cordoned", bad, True),
        Node("also-out", bad),
    ]
    live = conditions_of(RULES, {"rules": {"^Old$": "True"}})
    proposed = conditions_of(RULES, {"rules": {"^Gpu$": "True"}})
    changes = compare(nodes, live, proposed)
    assert [change.node.name for change in changes] == [
        "out",
        "also-out",
        "back",
        "same",
        "cordoned",
    ]
    assert [change.taken_out for change in changes] == [True, True, False, False, False]
    assert [change.changes for change in changes] == [True, True, True, False, False]


def test_without_a_comparison_the_nodes_that_the_conditions_take_out_come_first() -> None:
    nodes = [Node("up", ()), Node("cordoned", (), True), Node("down", (("Ready", "False"),))]
    conditions = conditions_of(RULES, None)
    for pair in ((None, conditions), (conditions, None)):
        changes = compare(nodes, *pair)
        assert [change.taken_out for change in changes] == [True, False, False]
        assert not any(change.changes for change in changes)


# The rules of docs/service/node-availability.md, word for word and without a cache.


def by_the_rules(rules: dict[str, str], node: Node) -> bool:
    valid: dict[str, str] = {}
    for key, status in rules.items():
        try:
            re.compile(key), re.compile(status)
        except re.error:
            continue
        valid[key] = status
    if not any(re.match(key, "Ready") for key in valid):
        valid["^Ready$"] = "True"
    for condition_type, status in node.conditions:
        statuses = [valid[key] for key in valid if re.match(key, condition_type)]
        if statuses and not any(re.fullmatch(pattern, status) for pattern in statuses):
            return False
    return not node.cordoned


def by_the_lists(additional: list[str], ignored: list[str], node: Node) -> bool:
    def matches(condition_type: str, entries: list[str]) -> bool:
        return any(
            condition_type[: len(entry) - 1] == entry[:-1]
            if entry[-1:] == "*"
            else condition_type == entry
            for entry in entries
        )

    for condition_type, status in node.conditions:
        if matches(condition_type, ignored):
            continue
        if condition_type == "Ready" or matches(condition_type, additional):
            if status != "True":
                return False
        elif status != "False":
            return False
    return not node.cordoned


types = st.sampled_from(["Ready", "ReadyForX", "Gpu", "GpuHealth", "Disk", "R", ""])
statuses = st.sampled_from(["True", "False", "Unknown", ""])
nodes_of_any_kind = st.builds(
    Node,
    st.just("n"),
    st.lists(st.tuples(types, statuses), max_size=6).map(tuple),
    st.booleans(),
)
keys = st.sampled_from(
    ["Gpu", "^Gpu$", "G", "^(?!Ready)", "^Disk", "Foo*", "(", "*", "Gpu|Disk$", "^ReadyF", ".*x"]
)
patterns = st.sampled_from(["True", "False", "True|Unknown", ".*", "T", "(", "", "[TF].*"])
entries = st.lists(
    st.sampled_from(["Gpu", "Gpu*", "*", "Ready", "Re*", "Disk", "G*u", ""]), max_size=4
)
CALM = settings(max_examples=150, deadline=None)


@CALM
@given(
    st.dictionaries(keys, patterns, max_size=6),
    st.sampled_from([{}, {"Ready": "True"}, {"": "True"}, {"R": "True"}, {"Ready": "("}]),
    nodes_of_any_kind,
)
def test_rules_agree_with_their_description(
    rules: dict[str, str], ready: dict[str, str], node: Node
) -> None:
    rules = {**rules, **ready}
    conditions = conditions_of(RULES, {"rules": rules}, [node])
    assert conditions.judge(node).available is by_the_rules(rules, node)


@CALM
@given(entries, entries, nodes_of_any_kind)
def test_lists_agree_with_their_description(
    additional: list[str], ignored: list[str], node: Node
) -> None:
    lists = {"additional_node_conditions": additional, "ignore_node_conditions": ignored}
    conditions = conditions_of(LISTS, lists, [node])
    assert conditions.judge(node).available is by_the_lists(additional, ignored, node)


def test_the_rules_are_matched_once_per_distinct_condition() -> None:
    """A large cluster takes about as long as looking its conditions up."""
    rules = {f"^Check{number}($|-)": "True|Unknown" for number in range(50)}
    pairs = [(f"Check{number}", "True") for number in range(20)]
    nodes = [Node(f"n{number}", tuple(pairs)) for number in range(20_000)]
    nodes[7] = replace(nodes[7], conditions=(*pairs[1:], ("Check0", "False")))

    def seconds(work: Callable[[], Any]) -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    known = dict.fromkeys(pairs, True)
    floor = min(
        seconds(lambda: [[known.get(pair) for pair in node.conditions] for node in nodes])
        for _ in range(3)
    )
    conditions = {"rules": rules}
    taken = min(
        seconds(lambda: compare(nodes, None, conditions_of(RULES, conditions, nodes)))
        for _ in range(3)
    )
    # Matching each condition with each rule takes some 100 times the floor.
    assert taken < 20 * floor
