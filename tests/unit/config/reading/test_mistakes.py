"""Common mistakes in files: each is named at its place, with the edit that fixes it."""

from __future__ import annotations

import time

import pytest

from osmo_cli.config.problems import InvalidInputError
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.reading.references import References, resolve
from osmo_cli.config.reading.yaml_text import parse_yaml
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import BACKEND

COMMENT = "a comment, which JSON does not have (remove the comment"
YAML = "this is YAML (let the file's name end in .yaml, or add --format yaml)"
TEMPLATE = "a template that is not rendered (render it first"
QUOTE_IT = "an unquoted {{...}} (put "
CONFLICT = "<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n"

IN_JSON = [
    ("// a comment\n{}", "1:1", COMMENT),
    ('{\n  "a": 1, // comment\n  "b": 2\n}', "2:11", COMMENT),
    ('{\n  # comment\n  "a": 1\n}', "2:3", COMMENT),
    ('{"a": 1 /* x */}', "1:9", COMMENT),
    ('{"a": 1}\n# the end', "2:1", COMMENT),
    ("# comment\n\nkey: value\n", "3:1", YAML),
    ("key: value", "1:1", YAML),
    ("---\nkey: value", "1:1", YAML),
    ("- a\n- b", "1:1", YAML),
    ("{\u201ca\u201d: 1}", "1:2", "a typographic quotation mark (use straight quotation marks"),
    ("{'a': 1}", "1:2", "a string in single quotes (use double quotes)"),
    ('{"a": `b`}', "1:7", "a string in backquotes (use double quotes)"),
    ('{"a": 1,\n}', "2:1", "a comma before the closing bracket (remove the comma)"),
    ('{"a": [1, 2, ]}', "1:14", "a comma before the closing bracket (remove the comma)"),
    ("[1,,2]", "1:4", "two commas in a row (remove one of them)"),
    ("[,1]", "1:2", "a comma without a value before it (remove the comma)"),
    ('{"a": }', "1:7", "a value is missing after the colon (write the value, or remove the key)"),
    ("{node_conditions: {}}", "1:2", "a key without quotes (put the key in double quotes)"),
    ('{"a"=1}', "1:5", "an equals sign after a key (write a colon)"),
    ('{"a": {{NAME}}}', "1:8", QUOTE_IT),
    ('{"a": $TOKEN}', "1:7", "an unquoted shell variable (put it in double quotes"),
    ('{"a": ...}', "1:7", "an ellipsis (write the values out)"),
    ('{"a": undefined}', "1:7", "not a JSON value (write null)"),
    ('{"a": .5}', "1:7", "not a JSON number (write it like 5 or 0.5)"),
    ('{"a": 0x1F}', "1:7", "not a decimal number"),
    ('{"a": 10Gi}', "1:7", 'a number with a unit, without quotes (put it in double quotes, like "'),
    ('{"a": <name>}', "1:7", "a placeholder in angle brackets (replace it with the value)"),
    ('{"a": 2026-01-31}', "1:7", "a string without quotes (put it in double quotes)"),
    ('{"a":\u00a01}', "1:6", "an invisible character (U+00A0) (delete it, or type a space"),
    ('{\ufeff"a": 1}', "1:2", "an invisible character (U+FEFF) (delete it, or type a space"),
    ('{"a": 1}\nEOF\n', "2:1", "the end of a shell here-document (remove this line)"),
    (
        '{"a": 1}\n{"a": 2}',
        "2:1",
        "a second document (put each configuration in a file of its own)",
    ),
    ('{"a": 1}}', "1:9", "a closing bracket without an opening one (remove it)"),
    ('{"a": 1},', "1:9", "a comma after the end (remove it)"),
    (
        '{"a": "b"\n "c": 1}',
        "2:2",
        'a comma or "}" is expected (add a comma after the value before',
    ),
    ("cat > x.json <<EOF\n{}\nEOF", "1:1", "a shell script (keep only the lines between"),
]
IN_YAML = [
    ("a: {{NAME}}", "1:5: a", QUOTE_IT),
    ("a:\n- {{ NAME }}", "2:4: a[0]", QUOTE_IT),
    ("a: {{NAME}}/path", "1:4", "not YAML: " + QUOTE_IT),
    ("a: 1\nb: {{ .Values.x }} # comment", "2:5: b", QUOTE_IT),
    ("a:\n\tb: 1", "2:1", "not YAML: a tab in the indentation (indent with spaces)"),
    ("a: 1\n---\nb: 2", "2:1", "a second document begins here (put each configuration in a"),
    ("// comment\na: 1", "1:1", "not YAML: a comment that does not begin with # (write #"),
    ('{\n  "a": 1, // comment\n  "b": 2\n}', "2:11", "not YAML: a comment that does not begin"),
    ("key:value", "1:1", "a space is missing after the colon (write `key: value`)"),
    ("a: *.example.com", "1:5", "not YAML: a name of letters and digits is expected after & or *"),
    ("a: *x", "1:4", "unknown alias: no anchor of this name precedes it (put the value in"),
    ('a: "b" c', "1:4", "not YAML: text after the closing quote (put the whole value in quotes)"),
    ("a: 'it's'", "1:4", "not YAML: text after the closing quote"),
    ("a: @b", "1:4", "not YAML: a value cannot begin with this character (put it in quotes)"),
    ("a: 1\nEOF\n", "2:1", "not YAML: the end of a shell here-document (remove this line)"),
    ("a:\u00a01", "1:1", "a space is missing after the colon (write `key: value`)"),
    ("b: 1\na:\u00a01", "2:3", "not YAML: an invisible character (U+00A0)"),
]
IN_BOTH = [
    (CONFLICT, "1:1", "an unresolved merge conflict (resolve it"),
    ("\n<!DOCTYPE html>\n<html>", "2:1", "an HTML page (download the file itself"),
    ('<?xml version="1.0"?>', "1:1", "XML (write it as JSON or YAML)"),
    ("-----BEGIN CERTIFICATE-----\nMII", "1:1", "a PEM file (name the configuration file)"),
    ("```json\n{}\n```", "1:1", "a Markdown code fence (remove the lines with ```)"),
    ("{{- if .Values.pool }}\na: 1\n{{- end }}", "1:1", TEMPLATE),
    ("{% if pool %}\n{}\n{% endif %}", "1:1", TEMPLATE),
    ("# x\nexport NAME=value", "2:1", "environment variables (NAME=value) (write each as a field"),
    ("[pool]\nname = 'x'", "1:1", "TOML or INI (write it as JSON or YAML)"),
]


@pytest.mark.parametrize(
    ("syntax", "text", "place", "message"),
    [
        *(("json", text, place, "not JSON: " + message) for text, place, message in IN_JSON),
        *(("yaml", *case) for case in IN_YAML),
        *(("json", text, place, "not JSON: " + message) for text, place, message in IN_BOTH),
        *(("yaml", text, place, "not YAML: " + message) for text, place, message in IN_BOTH),
    ],
)
def test_a_mistake_is_named_at_its_place_with_the_fix(
    syntax: str, text: str, place: str, message: str
) -> None:
    parse = parse_json if syntax == "json" else parse_yaml
    with pytest.raises(InvalidInputError) as caught:
        parse("in", text)
    assert str(caught.value).startswith(f"in:{place}: {message}")
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("string", "message"),
    [
        ("'$BACKEND_URI'", "a shell variable that was not replaced"),
        ("'${NAME}'", "a shell variable that was not replaced"),
        ("'s3://bucket/path'", "the single quotes are part of the value"),
        ("\u201cgpu\u201d", "the typographic quotation marks are part of the value"),
        ("gpu\u200b", "an invisible character in this string"),
        ("<your-bucket>", "a placeholder that was not replaced"),
    ],
)
def test_a_string_that_was_hardly_meant_so_is_a_warning(string: str, message: str) -> None:
    document = parse_json("in.json", f'{{"a": ["{string}"]}}')
    assert document.value == {"a": [string]}
    (warning,) = document.warnings
    assert str(warning).startswith(f"in.json:1:8: a[0]: {message} (")
    assert warning.severity == "warning"
    references = References(lambda source, name: "", everywhere=True)
    shape = Shape(BACKEND, DIALECTS["6.0"], "gpu-a")
    assert resolve(document, shape, references).warnings == document.warnings


@pytest.mark.parametrize(
    "string",
    ["$oauthtoken", "it's", "'a' or 'b'", "{{NAME}}", "a <b> c", "x\u00a0\u200dy", "", "<", "''"],
)
def test_other_strings_are_left_alone(string: str) -> None:
    text = f'{{"a": "{string}"}}'
    for parse in (parse_json, parse_yaml):
        assert [w.message for w in parse("in", text).warnings] == (
            ["the single quotes are part of the value"] if string == "''" else []
        )


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    "text",
    [
        "\n" * 400_000 + "@",
        "#\n" * 400_000 + "@",
        " " * 800_000 + "@",
        "{" + '"a": "b",\n' * 100_000 + "@",
        "a: {" * 50 + " " * 800_000 + "@",
        "- '" * 200_000,
    ],
    ids=["blank lines", "comments", "blanks", "fields", "indented", "quotes"],
)
def test_recognising_costs_little(text: str) -> None:
    started = time.monotonic()
    for parse in (parse_json, parse_yaml):
        with pytest.raises(InvalidInputError):
            parse("in", text)
    assert time.monotonic() - started < 20
