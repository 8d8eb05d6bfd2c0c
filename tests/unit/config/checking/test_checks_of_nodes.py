"""What makes a node available: rules, the seed's lists and the prefix."""

from __future__ import annotations

import time

import pytest

from osmo_cli.config.registry.dialects import SEED, Dialect
from tests.unit.config.inputs import (
    EVERYWHERE,
    only_message,
    said,
)

NO_REGEX = "invalid regular expression: the operator would skip this rule"
READY = 'matches the condition Ready, for which the operator accepts only "True"'
NOT_READY = ' (to exclude Ready, start it with "^(?!Ready$)")'
PREFIX = (
    "the operator overwrites it whenever it connects "
    "(set global.nodeConditionPrefix in the operator's Helm values"
)


@pytest.mark.parametrize(
    ("key", "status", "expected"),
    [
        ("Ready", "True", []),
        ("^Ready$", "True", []),
        ("^Gpu.*$", "True|Unknown", []),
        ("^(?!(?:Ready$|Gpu$))", "False", []),
        ("(?i)gpu$", ".*", []),
        ("(", "True", [NO_REGEX]),
        ("^Gpu$", "(", [NO_REGEX]),
        ("*Gpu", "True", [NO_REGEX + ' (a wildcard is written ".*")']),
        ("a{99999999999}", "True", [NO_REGEX]),
        ("^Ready$", "False", [READY + NOT_READY]),
        ("", ".*", [READY + NOT_READY]),
        ("R", "False|True", [READY + NOT_READY, "warning: R"]),
        (".*", "True|Unknown", [READY + NOT_READY]),
        ("(?i)ready", "Unknown", [READY + NOT_READY]),
        (
            "Gpu",
            "True",
            ['warning: matches every type with this prefix (write "^Gpu$" for'],
        ),
        (
            "^Gpu",
            "True",
            ['warning: matches every type with this prefix (write "^Gpu$" for'],
        ),
        ("Gpu*", "True", ["warning: is a regular expression: the * repeats the character"]),
        (
            "^Gpu$",
            "true",
            ['warning: matches no status; statuses are True, False and Unknown (write "True")'],
        ),
        ("^Gpu$", "yes", ["warning: matches no status; statuses are True, False and Unknown"]),
    ],
)
def test_rules_of_nodes(key: str, status: str, expected: list[str]) -> None:
    text = {"node_conditions": {"rules": {key: status}}}
    for dialect in EVERYWHERE:
        if "rules" not in dialect.node_condition_fields:
            continue
        messages = said("BACKEND", text, dialect, name="a")
        assert len(messages) == len(expected), messages
        for line, words in zip(messages, expected, strict=True):
            assert words.removeprefix("warning: ") in line
            assert line.startswith("warning") == words.startswith("warning")


@pytest.mark.parametrize(
    "pattern",
    [
        "(a*)*b",
        "(.*)*$x",
        "(.?){1000}x",
        "(|.)" * 200 + "x",
        ".?" * 400 + "x",
        "((((.*)*)*)*)*x",
        "(?:(?:R|Re|Rea)+)+$x",
        "(" * 400 + ")" * 400,
        "(" * 4000 + ")" * 4000,
        "[[R]eady",
        "(?P<a>.)(?(a)b|c)",
        "a" * 5000,
    ],
    ids=lambda pattern: pattern[:20],
)
def test_no_regular_expression_takes_long(pattern: str) -> None:
    started = time.thread_time()  # not of the clock: machines are shared
    text = {"node_conditions": {"rules": {pattern: "False", "^Gpu$": pattern}}}
    messages = said("BACKEND", text, name="a")
    assert time.thread_time() - started < 0.5
    assert all("Ready" not in line for line in messages if "intricate" in line)


@pytest.mark.parametrize(
    ("entry", "additional", "ignored"),
    [
        ("GpuHealthy", None, None),
        ("nvidia.com/*", None, None),
        ("Rest*", None, None),
        ("a*b", "* is allowed only at the end", ""),
        ("", "warning: matches nothing", ""),
        ("^Gpu$", "warning: must be a name, not a regular expression", ""),
        ("Ready", None, "also ignores Ready: nodes that are not ready would be available"),
        ("Re*", None, "also ignores Ready: nodes that are not ready would be available"),
    ],
)
def test_wildcards_of_the_seed(entry: str, additional: str | None, ignored: str | None) -> None:
    for field, words in (
        ("additional_node_conditions", additional),
        ("ignore_node_conditions", additional if ignored == "" else ignored),
    ):
        messages = said("BACKEND", {"node_conditions": {field: ["x", entry]}}, SEED, name="a")
        if words is None:
            assert messages == []
        else:
            [line] = messages
            assert f"{field}[1]: " in line
            assert words.removeprefix("warning: ") in line


@pytest.mark.parametrize("dialect", EVERYWHERE, ids=lambda dialect: dialect.name)
def test_the_prefix(dialect: Dialect) -> None:
    def messages(value: str) -> list[str]:
        return only_message("BACKEND", "node_conditions.prefix", value, dialect, "a")

    is_documented = "rules" not in dialect.node_condition_fields
    must = 'must end with "osmo.nvidia.com/"'
    assert messages("osmo.nvidia.com/") == []
    assert messages("gpu.osmo.nvidia.com/") == [f"warning: {PREFIX})"]
    assert messages("") == ([must] if is_documented else [])
    assert messages("osmo.example.com/") == (
        [must] if is_documented else [f'warning: {PREFIX}, ending with "osmo.nvidia.com/")']
    )


@pytest.mark.parametrize(
    ("key", "is_open"),
    [
        ("^Gpu(Healthy|Fine)", True),
        ("^Gpu[A-Z]", True),
        ("^GpuHealthy$|^Nic", True),
        ("", True),
        ("^Gpu(Healthy|Fine)$", False),
        ("(^GpuHealthy$|^NicHealthy$)", False),
        ("^nvidia\\.com/.*", False),
        ("^nvidia\\.com/.+", False),
        ("^(?!(?:Ready$|Gpu$))", False),
    ],
)
def test_a_regex_with_an_open_end(key: str, is_open: bool) -> None:
    messages = said("BACKEND", {"node_conditions": {"rules": {key: "True"}}}, name="b")
    assert [line.split(": ")[-1] for line in messages] == is_open * [
        'matches every type with this prefix (end it with "$", or with ".*" if this is intended)'
    ]
