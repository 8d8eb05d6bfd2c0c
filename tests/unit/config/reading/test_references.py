"""Values from elsewhere: what is a reference and what is not, and where the problems are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.problems import InvalidInputError
from osmo_cli.config.reading.document import MAX_BYTES, Document
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.reading.references import resolve
from osmo_cli.config.reading.yaml_text import parse_yaml
from osmo_cli.errors import UsageError
from tests.unit.config.reading.test_json_text import values

VALUES = {
    ("env", "NAME"): "value",
    ("env", "OTHER"): "${env:NAME}",
    ("file", "a b/c.txt"): "two\nlines",
    ("keyring", "ngc/me"): "key",
}


def lookup(source: str, name: str) -> str:
    if (source, name) not in VALUES:
        raise UsageError(f"{source} has no {name}", hint="set it")
    return VALUES[source, name]


def given_as(value: Any) -> Document:
    return parse_json("in.json", json.dumps(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${env:NAME}", "value"),
        ("https://u:${env:NAME}@h/${keyring:ngc/me}", "https://u:value@h/key"),
        ("${file:a b/c.txt}", "two\nlines"),
        # What a value says is not looked up again.
        ("${env:OTHER}", "${env:NAME}"),
        ("$${env:NAME}", "${env:NAME}"),
        ("$$${env:NAME}", "$${env:NAME}"),
        ("$${FOO} $$ $", "${FOO} $$ $"),
        ("$${a}${env:NAME}", "${a}value"),
        *((text, text) for text in ("$oauthtoken", "$", "$$", "${", "${}", "${FOO}", "${env}")),
        *(
            (text, text)
            for text in ("${FOO:-x}", "${foo:=x}", "${foo:?x}", "${foo:+x}", "${x:0:2}")
        ),
        *((text, text) for text in ("{{ x }}", "{{env:NAME}}", "$(env:NAME)", "${{ env:NAME }}")),
        *((text, text) for text in ("$env:NAME", "{env:NAME}", "^Ready$", "a$b", "$ {env:NAME}")),
    ],
)
def test_what_a_text_becomes(text: str, value: str) -> None:
    for document in (
        given_as({"a": [{"b": text}]}),
        parse_yaml("in.yaml", "a:\n  - b: " + json.dumps(text)),
    ):
        resolved = resolve(document, lookup)
        assert resolved.value == {"a": [{"b": value}]}
        assert document.value == {"a": [{"b": text}]}, "the input itself is changed"


def test_values_from_elsewhere_are_known_by_their_places() -> None:
    document = given_as({"a": "${env:NAME}!", "b": ["x", "$${y}", "${keyring:ngc/me}"], "c": 1})
    resolved = resolve(document, lookup)
    assert resolved.references() == {("a",): "value!", ("b", 2): "key"}
    assert resolved.places["a",].reference == "${env:NAME}!"
    assert resolved.at("b").references() == {(2,): "key"}
    assert document.references() == {}


def test_keys_are_left_alone() -> None:
    assert resolve(given_as({"${env:NAME}": 1}), lookup).value == {"${env:NAME}": 1}


@given(value=values)
def test_what_has_no_reference_stays_as_it_is(value: Any) -> None:
    document = given_as(value)
    resolved = resolve(document, lookup)
    if "${" not in document.text:
        assert repr(resolved.value) == repr(document.value)
        assert resolved.references() == {}


@given(text=st.text(alphabet="${}:envANME \n", max_size=30))
def test_doubling_makes_any_text_literal(text: str) -> None:
    document = given_as([text.replace("${", "$${")])
    assert resolve(document, lookup).value == [text]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${env:GONE}", "env has no GONE (set it)"),
        ("a${env:}", "a reference without a name (write ${env:NAME})"),
        ("${keyring: }", "a reference without a name (write ${keyring:SERVICE/USER})"),
        ("${env:NAME", "the closing brace of a reference is missing (write ${env:NAME})"),
        ("${file:${env:NAME}/x}", "a reference inside a reference (references cannot be nested)"),
        (
            "${vault:x/y}",
            'unknown source "vault" in a reference (sources: env, file, keyring; write',
        ),
        ("${Env:NAME}", 'unknown source "Env" in a reference'),
        ("${files:/x}", 'unknown source "files" in a reference'),
    ],
)
def test_what_is_wrong_has_its_place(text: str, message: str) -> None:
    document = parse_json("in.json", '{\n  "a": {"b":  ' + json.dumps(text) + "}}")
    with pytest.raises(InvalidInputError) as caught:
        resolve(document, lookup)
    assert str(caught.value).startswith(f"in.json:2:15: a.b: {message}")
    assert "value" not in str(caught.value).replace("source of values", "")


def test_all_problems_are_told_at_once_and_each_source_is_asked_once() -> None:
    asked = []

    def counting(source: str, name: str) -> str:
        asked.append(name)
        return lookup(source, name)

    text = "a: ${env:GONE} ${env:LOST}\nb: ${env:GONE}\nc: ${env:NAME}${env:NAME}\n"
    with pytest.raises(InvalidInputError) as caught:
        resolve(parse_yaml("in.yaml", text), counting)
    found = [(p.line, p.column, p.message) for p in caught.value.problems]
    assert found == [
        (1, 4, "env has no GONE"),
        (1, 4, "env has no LOST"),
        (2, 4, "env has no GONE"),
    ]
    assert sorted(asked) == ["GONE", "LOST", "NAME"]


def test_a_text_that_is_stored_exactly_so_is_no_reference() -> None:
    """A service, or another administrator, cannot make a client send its files."""
    live = {"description": "${file:/etc/passwd}", "rules": ["${env:NAME}"]}
    document = given_as({"description": "${file:/etc/passwd}", "rules": ["${env:NAME} new"]})
    resolved = resolve(document, lookup, stored=live)
    assert resolved.value == {"description": "${file:/etc/passwd}", "rules": ["value new"]}
    (warning,) = resolved.warnings
    assert str(warning).startswith("in.json:1:17: description: not a reference: this string is")
    assert warning.severity == "warning"


def test_what_values_add_is_bounded() -> None:
    document = given_as(["${env:BIG}" * 10] * 10)
    with pytest.raises(InvalidInputError, match="larger than 4 MiB"):
        resolve(document, lambda source, name: "x" * (MAX_BYTES // 50))


def test_a_name_is_no_secret() -> None:
    document = resolve(given_as([{"name": "${env:NAME}"}]), lookup)
    with pytest.raises(InvalidInputError) as caught:
        document.keyed_by_name()
    message = "in.json:1:11: [0].name: a name cannot be a reference (the value comes from a ref"
    assert str(caught.value).startswith(message)
    assert '"value"' not in str(caught.value)


def test_no_repr_shows_a_value() -> None:
    document = resolve(given_as({"a": "${env:NAME}"}), lookup)
    assert "value'" not in repr(document)
    assert "'value" not in repr(document)
