"""Service text on a terminal: it cannot move the cursor, reorder a line or show a secret."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.output.clean import clean
from osmo_cli.output.redaction import Redactor


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07", "]0;title"),
        ("over\rwrite", "overwrite"),
        ("back\b\b\b\bspace", "backspace"),
        ("\x9b31m", "31m"),
        ("admin\u202egnp.exe", "admingnp.exe"),
        ("a\u2066b\u2069c\u200b\ufeff", "abc"),
        ("nul\0", "nul"),
        ("half \ud800 pair", "half  pair"),
        ("one\n\ttwo", "one\n\ttwo"),
        ("größe \U0001f600 日本", "größe \U0001f600 日本"),
        ("[bold]no markup[/bold]", "[bold]no markup[/bold]"),
    ],
)
def test_control_characters_are_dropped(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text())
def test_what_is_left_can_be_printed(text: str) -> None:
    cleaned = clean(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in cleaned if c not in "\n\t")
    assert clean(cleaned) == cleaned
    cleaned.encode()


def test_a_known_secret_is_never_printed() -> None:
    redactor = Redactor()
    redactor.add("hunter2hunter2")
    assert redactor.redact("a hunter2hunter2 b") == "a (secret) b"


def test_the_longest_secret_goes_first() -> None:
    redactor = Redactor()
    redactor.add("abcdef")
    redactor.add("abcdefghij")
    assert redactor.redact("abcdefghij abcdef") == "(secret) (secret)"


def test_a_secret_of_several_lines_is_known_by_each() -> None:
    redactor = Redactor()
    redactor.add("-----BEGIN KEY-----\nc2VjcmV0\n")
    assert redactor.redact("see c2VjcmV0") == "see (secret)"


@pytest.mark.parametrize("secret", [None, "", "abc", "  a  "])
def test_short_texts_leave_words_whole(secret: str | None) -> None:
    redactor = Redactor()
    redactor.add(secret)
    assert redactor.redact("abc a abc") == "abc a abc"


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=8), st.booleans()
)
def test_a_secret_is_known_inside_json_too(secret: str, ascii_only: bool) -> None:
    # Digits and brackets may be part of the text around it.
    secret = "x" + secret + "y"
    redactor = Redactor()
    redactor.add(secret)
    printed = redactor.redact(json.dumps({"message": secret}, ensure_ascii=ascii_only))
    assert printed == '{"message": "(secret)"}'


def test_a_secret_that_needs_escapes_is_known_inside_json() -> None:
    redactor = Redactor()
    redactor.add('pass"wörd\\1')
    assert redactor.redact(json.dumps(['pass"wörd\\1'])) == '["(secret)"]'
