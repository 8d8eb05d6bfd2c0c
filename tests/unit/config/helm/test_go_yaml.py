"""YAML as Helm's library reads it."""

from __future__ import annotations

from typing import Any

import pytest

from osmo_cli.config.helm.reading import parse_values
from osmo_cli.config.problems import InvalidInputError
from osmo_cli.config.values import same

SCALARS: list[tuple[str, Any]] = [
    ("y", True), ("Yes", True), ("ON", True), ("n", False), ("off", False), ("yEs", "yEs"),
    ("~", None), ("", None), ("Null", None), ("nULL", "nULL"),
    ("1e3", 1000), ("1E+5", 100000), ("5e-3", 0.005), ("1.10", 1.1), (".5", 0.5), ("-.5", -0.5),
    ("0755", 493), ("0o17", 15), ("08", 8), ("018", 18), ("0B11", 3), ("0x1F", 31), ("-0x1F", -31),
    ("1_000", 1000), ("_1", "_1"), ("12:30:45", "12:30:45"), ("1:20", "1:20"),
    ("2026-01-02", "2026-01-02"), ("1e3x", "1e3x"), ("+5", 5), ("1.", 1), ("0.1.2", "0.1.2"),
    ("'y'", "y"), ('"1e3"', "1e3"), ("99999999999999999999", 1e20),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_plain_scalars(text: str, value: Any) -> None:
    assert same(parse_values("v.yaml", f"a: {text}\n").value["a"], value)


def test_keys_become_strings() -> None:
    document = parse_values("v.yaml", "y: 1\n1e3: 2\n'on': 3\n1.5: 4\n~: 5\n")
    assert document.value == {"true": 1, "1000": 2, "on": 3, "1.5": 4, "null": 5}
    assert ("true",) in document.places


def test_merge_keys_merge_below_the_own_keys() -> None:
    text = "base: &b {x: 1, y1: {z: 2}}\nother: &o {x: 9, w: 8}\nc:\n  x: 3\n  <<: [*b, *o]\n"
    document = parse_values("v.yaml", text)
    assert document.value["c"] == {"x": 3, "y1": {"z": 2}, "w": 8}
    with pytest.raises(InvalidInputError, match=r"v\.yaml:1:\d+: a: a merge key takes"):
        parse_values("v.yaml", "a: {<<: 5}")
    assert parse_values("v.yaml", "a: {'<<': 5}").value == {"a": {"<<": 5}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: .inf", "infinity and NaN are refused by Helm"),
        ("a: 1e999", "too large"),
        ("- a", "must be a map"),
        ("a: 1\na: 2", "duplicate key"),
        ("y: 1\nyes: 2", 'yes is read as "true"; put it in quotes'),
        ("a: {<<: 1", "not YAML"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        parse_values("v.yaml", text)
