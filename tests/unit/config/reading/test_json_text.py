"""Parsing JSON with places: what is right is read as json does, what is wrong has its place."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.problems import InvalidInputError, Path, path_text
from osmo_cli.config.reading.document import Document, line_and_column
from osmo_cli.config.reading.json_text import MAX_DEPTH, parse_json

scalars = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)
layouts = st.sampled_from(
    [
        {"indent": None},
        {"indent": 2},
        {"indent": "\t", "separators": (" ,", "\n:  ")},
        {"indent": None, "separators": (",", ":"), "ensure_ascii": True},
    ]
)


def places_in(value: Any, path: Path = ()) -> list[Path]:
    if isinstance(value, dict):
        members: list[tuple[str | int, Any]] = list(value.items())
    elif isinstance(value, list):
        members = list(enumerate(value))
    else:
        members = []
    return [path] + [p for key, inner in members for p in places_in(inner, (*path, key))]


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


@given(value=values, layout=layouts, line_end=st.sampled_from(["\n", "\r\n"]))
def test_reads_what_json_reads_and_knows_each_place(
    value: Any, layout: dict[str, Any], line_end: str
) -> None:
    text = json.dumps(value, **({"ensure_ascii": False} | layout)).replace("\n", line_end)
    document = parse_json("in.json", f" {line_end}{text}{line_end}")
    assert document.value == json.loads(text)
    assert repr(document.value) == repr(json.loads(text)), "types differ"
    assert set(document.places) == set(places_in(value))
    for path, place in document.places.items():
        stands_there, _ = json.JSONDecoder().raw_decode(document.text, place.value)
        assert stands_there == at(value, path)
        if path and isinstance(path[-1], str):
            assert place.key is not None
            key, _ = json.JSONDecoder().raw_decode(document.text, place.key)
            assert key == path[-1]
            assert place.key < place.value
        else:
            assert place.key is None


@given(text=st.text(alphabet='{}[]",:0123456789.-+eEtrufalsn \n\\', max_size=30))
def test_takes_nothing_that_json_refuses(text: str) -> None:
    def no_constant(name: str) -> Any:
        raise ValueError(name)

    try:
        expected = json.loads(text, parse_constant=no_constant)
    except ValueError:
        with pytest.raises(InvalidInputError, match="not JSON"):
            parse_json("in.json", text)
        return
    more_rules = ("duplicate key", "more than 40 digits", "too large", "surrogate")
    try:
        value = parse_json("in.json", text).value
    except InvalidInputError as error:
        reason = str(error)
    else:
        assert value == expected
        return
    assert any(rule in reason for rule in more_rules)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "1:1", "the text ends where a value is expected"),
        ("{", "1:2", "the text ends inside an object"),
        ('{"a"', "1:5", "a colon is expected after the key"),
        ('{"a":', "1:6", "the text ends where a value is expected"),
        ('{"a": 1', "1:8", 'the closing "}" is missing'),
        ('{"a": 1 "b": 2}', "1:9", 'a comma or "}" is expected'),
        ('{\n  "a": 1,\n}', "3:1", "a comma before the closing bracket (remove the comma)"),
        ("[1, 2,]", "1:7", "a comma before the closing bracket"),
        ("[1 2]", "1:4", 'a comma or "]" is expected'),
        ("[1", "1:3", 'the closing "]" is missing'),
        ("{a: 1}", "1:2", "a key without quotes (put the key in double quotes)"),
        ("{@: 1}", "1:2", "a string without quotes"),
        ("{5: 1}", "1:2", "a string without quotes"),
        ("{'a': 1}", "1:2", "a string in single quotes (use double quotes)"),
        ("{\"a\": 'b'}", "1:7", "a string in single quotes (use double quotes)"),
        ('{"a": True}', "1:7", "true must be lower-case (write true)"),
        ('{"a": None}', "1:7", "not a JSON value (write null)"),
        ('{"a": yes}', "1:7", "a string without quotes (put it in double quotes)"),
        ('{"a": NaN}', "1:7", "NaN and Infinity are not JSON numbers"),
        ('{"a": -Infinity}', "1:7", "NaN and Infinity are not JSON numbers"),
        ('{"a": 01}', "1:7", "not a decimal number"),
        ('{"a": 1e400}', "1:7", "the number is too large"),
        ('{"a": ' + "9" * 41 + "}", "1:7", "a number of more than 40 digits"),
        ('{"a": "b\nc"}', "1:9", "a control character in a string"),
        ('{"a": "b', "1:7", "the closing quote is missing"),
        (r'{"a": "b\x"}', "1:9", "an invalid escape in a string"),
        (r'{"a": "\ud800"}', "1:7", "half a surrogate pair in a string"),
        (r'{"\udc00": 1}', "1:2", "half a surrogate pair in a string"),
        ('{"a": 1}\n{"b": 2}', "2:1", "a second document"),
        ("# a comment", "1:1", "a comment, which JSON does not have"),
    ],
)
def test_says_what_is_wrong_and_where(text: str, place: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_json("in.json", text)
    assert str(caught.value).startswith(f"in.json:{place}: not JSON: {message}")
    assert len(caught.value.problems) == 1


def test_all_duplicate_keys_are_named_at_their_second_place() -> None:
    text = '{\n  "a": {"x": 1,\n        "x": 2},\n  "b": 1,\n  "b": 2\n}'
    with pytest.raises(InvalidInputError) as caught:
        parse_json("in.json", text)
    problems_at = [(p.line, p.column, path_text(p.path), p.message) for p in caught.value.problems]
    message = "duplicate key"
    assert problems_at == [(3, 9, "a.x", message), (5, 3, "b", message)]


def test_nesting_is_bounded() -> None:
    deepest = "[" * MAX_DEPTH + "0" + "]" * MAX_DEPTH
    assert parse_json("in.json", deepest).value
    for text in (f"[{deepest}]", "[" * 100_000, '{"a":' * 100_000):
        with pytest.raises(InvalidInputError, match=f"nested deeper than {MAX_DEPTH} levels"):
            parse_json("in.json", text)


def test_numbers_keep_their_kind() -> None:
    value = parse_json("in.json", "[1, 1.0, -0, 1e2, 12345678901234567890]").value
    assert value == [1, 1.0, 0, 100.0, 12345678901234567890]
    assert [type(number) for number in value] == [int, float, int, float, int]
    assert not math.copysign(1, value[2]) < 0


def test_surrogate_pairs_are_one_character() -> None:
    assert parse_json("in.json", r'"\ud83d\ude00"').value == "\U0001f600"


@given(text=st.text(alphabet="ab\n\r\t\u00e9\U0001f600"), data=st.data())
def test_line_and_column_count_characters(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    line, column = line_and_column(text, offset)
    lines = text.split("\n")
    assert sum(len(text_line) + 1 for text_line in lines[: line - 1]) + column - 1 == offset
    assert column >= 1


def test_a_problem_in_a_part_that_is_not_there_stands_at_its_parent() -> None:
    document: Document = parse_json("in.json", '{\n  "a": {"b": 1}}')
    problem = document.problem("is missing", ("a", "c", "d"))
    assert (problem.line, problem.column) == (2, 8)
    assert str(problem) == "in.json:2:8: a.c.d: is missing"
    at_key = document.problem("is unknown", ("a", "b"), at_key=True)
    assert (at_key.line, at_key.column) == (2, 9)
