"""Parsing YAML with places: every JSON value is read as it is, everything else has its place."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from osmo_cli.config.problems import InvalidInputError, path_text
from osmo_cli.config.reading.json_text import MAX_DEPTH, MAX_PROBLEMS, MAX_VALUES, parse_json
from osmo_cli.config.reading.yaml_text import MAX_EXPANSION, parse_yaml, write_yaml
from tests.unit.config.reading.test_json_text import at, places_in, values


class Quoting(yaml.SafeDumper):
    """Texts in double quotes: PyYAML's own idea of what needs none is YAML 1.1's."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


Quoting.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def dumped(**layout: Any) -> Callable[[Any], str]:
    return lambda value: str(yaml.dump(value, Dumper=Quoting, sort_keys=False, **layout))


layouts = st.sampled_from(
    [
        dumped(),
        dumped(indent=4, width=20, allow_unicode=True),
        dumped(default_flow_style=True, width=30),
        dumped(canonical=False, explicit_start=True, explicit_end=True, line_break="\r\n"),
        write_yaml,
    ]
)


@given(value=values, layout=layouts)
@example("0o17", write_yaml)
@example(["yes", "~", "1e3", "010", "x\u2028y", "\x85", "<<", "", "1:30", ".inf"], write_yaml)
@example({"": {"null": None}}, write_yaml)
def test_reads_what_was_written_and_knows_each_place(
    value: Any, layout: Callable[[Any], str]
) -> None:
    text = layout(value)
    document = parse_yaml("in.yaml", text)
    assert repr(document.value) == repr(value)
    assert list(document.places) == places_in(value)
    for path, place in document.places.items():
        stands_there = text[place.value :]
        actual = at(value, path)
        if isinstance(actual, str) and stands_there.startswith('"'):
            assert next(scalars(stands_there)) == actual
        elif isinstance(actual, list) and actual and stands_there[0] != "[":
            assert stands_there.startswith("- ")
        if path and isinstance(path[-1], str):
            assert place.key is not None
            assert place.key < place.value
            assert next(scalars(text[place.key :])) == path[-1]
        else:
            assert place.key is None


def scalars(text: str) -> Any:
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.ScalarEvent):
            yield event.value


@given(value=values)
def test_json_is_yaml(value: Any) -> None:
    text = "".join(
        character if character.isprintable() or character > "\uffff" else f"\\u{ord(character):04x}"
        for character in json.dumps(value, ensure_ascii=False)
    )
    assert parse_yaml("in.yaml", text).value == json.loads(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("NULL", None),
        ("~", None),
        ("0", 0),
        ("-12", -12),
        ("+5", 5),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-1.5E-3", -0.0015),
        *((word, word) for word in ("yes", "no", "on", "off", "Yes", "y", "tRue", "nULL")),
        *((word, word) for word in ("010", "-08", "00.5", "1:30", "190:20:30", "1_000")),
        *((word, word) for word in ("2026-01-31", "2026-01-31T10:00:00Z", "0b11", "=", "<<")),
        *((word, word) for word in ("$oauthtoken", "${FOO}", "a{{b}}", "1Gi", "1.2.3", "+", ".")),
        ('"1"', "1"),
        ("'true'", "true"),
        ("|\n  null\n", "null\n"),
        (">-\n  a\n  b\n", "a b"),
    ],
)
def test_plain_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    actual = parse_yaml("in.yaml", f"a: {text}").value["a"]
    assert (actual, type(actual)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: .inf", "1:4: a", "infinity and NaN cannot be stored"),
        ("a: -.Inf", "1:4: a", "infinity and NaN cannot be stored"),
        ("- 1\n- .nan", "2:3: [1]", "infinity and NaN cannot be stored"),
        ("a: 0o17", "1:4: a", "not a decimal number (write it as a decimal number, or in quotes"),
        ("a: 0xFF", "1:4: a", "not a decimal number (write it as a decimal number, or in quotes"),
        ("a: " + "9" * 41, "1:4: a", "a number of more than 40 digits"),
        ("a: 1e400", "1:4: a", "the number is too large"),
        ("a: 1\nb:\n  c: 1\n  c: 2", "4:3: b.c", "duplicate key"),
        ("a: 1\n'a': 2", "2:1: a", "duplicate key"),
        ("&k a: 1\n*k : 2", "2:1: a", "duplicate key"),
        ("a:\n  1: x", "2:3: a", "a number cannot be a key (put it in quotes: keys are strings)"),
        ("true: x", "1:1", "a boolean cannot be a key"),
        ("? [a]\n: x", "1:3", "a list cannot be a key"),
        ("? {a: 1}\n: x", "1:3", "an object cannot be a key"),
        ("~: x", "1:1", "null cannot be a key"),
        (
            "b: &x {a: 1}\nc:\n  <<: *x",
            "3:3: c",
            "merge keys are not supported (write the fields out",
        ),
        ("a: !!str 1", "1:4: a", "tags are not supported (remove it; quotes make a value"),
        ("a: !secret\n  b: 1", "1:4: a", "tags are not supported"),
        ("--- !<x> [1]", "1:5", "tags are not supported"),
        ("a: ! x", "1:4: a", "tags are not supported"),
        ("a: !x!y z", "1:4", "not YAML: tags are not supported"),
        ("a: 1\n---\nb: 2", "2:1", "a second document begins here (put each config"),
        ("a: 1\n---\n", "2:1", "a second document begins here"),
        ("a: 1\n...\nb: 2", "3:1", "not YAML: text after the end of the value"),
        ("# nothing", "1:1", "the input is empty"),
        ("a: *b", "1:4", "unknown alias: no anchor of this name"),
        ("a: *b\nb: &b 1", "1:4", "unknown alias: no anchor of this name"),
        ("a: &b\n  c: *b", "2:6", "an alias inside the value that it refers to"),
        ("a: b: c", "1:5", "not YAML: a colon is not allowed here"),
        ("a: 1\n b: 2", "2:3", "not YAML: a colon is not allowed here"),
        ("a: [1, 2\nb: 3", "2:2", 'not YAML: a comma or "]" is expected'),
        ("a: [1, 2", "1:4", "not YAML: the closing bracket is missing"),
        ("{a: 1 b: 2}", "1:8", 'not YAML: a comma or "}" is expected'),
        ("a: [b]]", "1:7", "not YAML: a closing bracket without an opening one"),
        ("- a\nb: 1", "2:1", 'not YAML: a "-" is expected: this is not an item of the list (check'),
        ("a: 1\n- b", "2:1", "not YAML: a key is expected here (check the indentation"),
        ('a: "b', "1:4", "not YAML: the closing quote is missing"),
        ("a: 'b\nc: d", "1:4", "not YAML: the closing quote is missing"),
        (
            r'a: "\x"',
            "1:7",
            "not YAML: an invalid escape in a string (in single quotes a backslash",
        ),
        (r'a: "\d"', "1:5", "not YAML: an invalid escape in a string"),
        (r'a: "\ud800"', "1:7", "not YAML: an invalid escape in a string"),
        ("a:\n\tb: 1", "2:1", "not YAML: a tab in the indentation (indent with spaces)"),
        ("a: @b", "1:4", "not YAML: a value cannot begin with this character (put it in quotes)"),
        ("a: |3x\n b", "1:6", "not YAML: only a comment is allowed after | or >"),
        ("a: [b,,c]", "1:7", "not YAML: two commas in a row"),
        ("a: & b", "1:5", "not YAML: a name of letters and digits is expected after &"),
        ("%YAML 2.0\n---\na: 1", "1:1", "not YAML: unsupported directive"),
        ("%TAG\n---\na: 1", "1:5", "not YAML: tags are not supported"),
        ("a: 1\x00", "1:5", "not YAML: a control character (write it as an escape in double"),
        ('a: "b\u2028c"', "1:6", r"not YAML: a control character (write it as an escape in dou"),
        ("a: 1\n\ufeffb: 2", "2:1", "not YAML: a control character"),
    ],
)
def test_says_what_is_wrong_and_where(text: str, place: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_yaml("in.yaml", text)
    assert str(caught.value).startswith(f"in.yaml:{place}: {message}")
    assert len(caught.value.problems) == 1


def test_all_problems_of_values_and_keys_are_told_at_once() -> None:
    text = "a: .inf\nb:\n  1: !x y\na: {<<: 2}\n"
    with pytest.raises(InvalidInputError) as caught:
        parse_yaml("in.yaml", text)
    actual = [(p.line, p.column, path_text(p.path)) for p in caught.value.problems]
    assert actual == [(1, 4, "a"), (3, 3, "b"), (3, 6, "b"), (4, 1, "a"), (4, 5, "a")]


def test_the_place_of_a_value_is_its_own() -> None:
    text = (
        'ü: "\U0001f600"  # comment\r\n'
        "list:\r\n"
        "  - &one   # the anchor is not the value\r\n"
        "    name: x\r\n"
        "  - *one\r\n"
        "  - |\r\n"
        "    text\r\n"
        "nothing:\r\n"
    )
    document = parse_yaml("in.yaml", text)
    assert document.value["list"] == [{"name": "x"}, {"name": "x"}, "text\n"]
    actual = {}
    for path in document.places:
        at_key, at_value = (document.problem("", path, at_key=at_key) for at_key in (True, False))
        actual[path] = (at_key.line, at_key.column, at_value.line, at_value.column)
    assert actual == {
        (): (1, 1, 1, 1),
        ("ü",): (1, 1, 1, 4),
        ("list",): (2, 1, 3, 3),
        ("list", 0): (4, 5, 4, 5),
        ("list", 0, "name"): (4, 5, 4, 11),
        # The alias is where its value stands, and what is in that value is where it is written.
        ("list", 1): (5, 5, 5, 5),
        ("list", 1, "name"): (4, 5, 4, 11),
        ("list", 2): (6, 5, 6, 5),
        ("nothing",): (8, 1, 8, 9),
    }


def test_aliases_stand_for_whole_values_and_keys() -> None:
    text = "a: &x {b: &y [1, &k c]}\nd: *x\ne: *y\n*k : 1"
    assert parse_yaml("in.yaml", text).value == {
        "a": {"b": [1, "c"]},
        "d": {"b": [1, "c"]},
        "e": [1, "c"],
        "c": 1,
    }


def test_what_aliases_stand_for_is_bounded() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 30):
        bomb += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n"
    long = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 11)}]"
    keys = "a: &a {" + ", ".join(f"{'k' * 500}{i}: 1" for i in range(200)) + "}\n"
    keys += "b: [" + ", ".join(["*a"] * 11) + "]"
    deep = "a: &a0 1\n"
    for level in range(1, MAX_DEPTH + 2):
        deep += f"b{level}: &a{level} [*a{level - 1}]\n"
    started = time.monotonic()
    for text, message in (
        (bomb, "aliases expand to more than"),
        (long, "aliases expand to more than"),
        (keys, "aliases expand to more than"),
        (deep, f"nested deeper than {MAX_DEPTH} levels"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            parse_yaml("in.yaml", text)
    assert time.monotonic() - started < 10
    assert f"{MAX_EXPANSION:,}" == "1,000,000", "the message says so"
    assert len(parse_yaml("in.yaml", long.replace("*a, ", "", 3)).value["b"]) == 8


@pytest.mark.parametrize(
    "text",
    ["[" * 1_000_000, "{a: " * 500_000, "- " * 1_000_000, "? " * 500_000, "[[" + "&a " * 500_000],
    ids=["lists", "objects", "block lists", "keys", "anchors"],
)
def test_nesting_is_bounded_and_costs_little(text: str) -> None:
    started = time.monotonic()
    with pytest.raises(InvalidInputError):
        parse_yaml("in.yaml", text)
    assert time.monotonic() - started < 10
    deepest = "[" * MAX_DEPTH + "0" + "]" * MAX_DEPTH
    assert parse_yaml("in.yaml", deepest).value


@pytest.mark.thorough
def test_the_number_of_values_is_bounded() -> None:
    for parse, text in ((parse_yaml, "- a\n" * MAX_VALUES), (parse_json, "[" + "0, " * MAX_VALUES)):
        with pytest.raises(InvalidInputError, match="more than 200,000 values") as caught:
            parse("in", text)
        assert (caught.value.problems[0].line or 0) > 0


def test_of_thousands_of_problems_the_first_are_told() -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_yaml("in.yaml", "a: 1\n" * 100_000)
    assert len(caught.value.problems) == MAX_PROBLEMS


@given(text=st.text(alphabet="ab:-?[]{},&*!|>'\"%@#\\ \n\t~.<019e\x00\u2028", max_size=40))
def test_whatever_is_given_is_read_or_refused_without_its_values(text: str) -> None:
    canary = "canaryvalue"
    try:
        parse_yaml("in.yaml", text.replace("a", canary))
    except InvalidInputError as error:
        for problem in error.problems:
            assert canary not in problem.message + (problem.hint or "")
            assert problem.line is not None


def test_the_pure_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every build of PyYAML has the fast one."""
    monkeypatch.delattr(yaml, "CSafeLoader")
    text = "a: &x [1, 'b', yes]\nc: *x\n"
    assert parse_yaml("in.yaml", text).value == {"a": [1, "b", "yes"], "c": [1, "b", "yes"]}
    for wrong, message in (
        ("a: [1", "the closing bracket is missing"),
        ('a: "b', "the closing quote is missing"),
        (r'a: "\d"', "an invalid escape in a string"),
        ("a: 1\n- b", "a key is expected here"),
        ("a: 1\n b: 2", "a colon is not allowed here"),
        ("a:\n\tb: 1", "a tab in the indentation"),
        ('a: "\\ud800"', "half a surrogate pair in a string"),
        ('"a" "b"', "text after the end of the value"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            parse_yaml("in.yaml", wrong)
