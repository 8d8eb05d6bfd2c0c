"""Values as YAML that Helm and PyYAML read as they are meant."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.helm.values_yaml import is_plain, lost_in_helm, write_values

# What PyYAML writes without quotes and Helm reads as booleans or numbers, and the reverse.
MISREAD = [
    *("y", "Y", "n", "N", "yes", "no", "on", "off", "true", "False", "null", "~", ""),
    *("1e3", "1E5", "1.5e3", "5e-3", "1e+06", "-2E+05", "08", "0899", "018", "0o17", "-.5", "0B11"),
    *("12:30:45", "1:20", "2026-01-02", "1.10", "0755", ".inf", ".nan", "0x1f", "=", "<<"),
]


@pytest.mark.parametrize("text", MISREAD)
def test_what_a_reader_could_misread_is_quoted(text: str) -> None:
    written = write_values({"key": text, text: "key"})
    assert written in (f'key: "{text}"\n"{text}": key\n', 'key: ""\n? ""\n: key\n')


@pytest.mark.parametrize("text", ["default", "osmo-workflows", "kai-scheduler", "nvcr.io/a_b"])
def test_words_stay_readable(text: str) -> None:
    assert write_values({text: text}) == f"{text}: {text}\n"


_TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(_VALUES)
def test_pyyaml_reads_back_what_was_written(value: Any) -> None:
    assert yaml.safe_load(write_values(value)) == value


@given(_TEXT)
def test_a_plain_string_begins_with_a_letter(text: str) -> None:
    assert not is_plain(text) or (text[0].isalpha() and text.isascii())


def test_the_place_of_what_is_lost_is_named() -> None:
    value = {"a": [{"=": 1}, "x\u2028"], "b": 2**60, "c": 3, "d": "fine"}
    assert [str(lost).split(": ")[0] for lost in lost_in_helm(value)] == [
        'a[0]["="]',
        "a[1]",
        "b",
    ]
