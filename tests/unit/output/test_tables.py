"""Tables look like the official CLI's and fit a terminal without cutting words."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from osmo_cli.output.tables import key_value_rows, render_table

HISTORY = ("Config Type", "Name", "Revision", "Username", "Created At", "Description", "Tags")
HISTORY_PRIORITIES = (0, 0, 0, 2, 1, 1, 3)
HISTORY_ROWS = [
    (
        "RESOURCE_VALIDATION",
        "default_cpu",
        "1",
        "system",
        "Nov 25, 2026 01:41 UTC",
        "Put complete resource validation default_cpu",
        "initial-config",
    ),
    (
        "POD_TEMPLATE",
        "-",
        "2",
        "alice@example.com",
        "Nov 25, 2026 01:41 UTC",
        "Put complete pod template",
        "-",
    ),
]


def text_of(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    return render_table(headers, rows, width).text


def test_a_table_without_rows_is_its_header_and_rule() -> None:
    assert text_of(("Key", "Value"), []) == "Key   Value\n===========\n"


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [("backend-token", "2026-05-01"), ("x", "")]
    assert text_of(("Name", "Expires At (UTC)"), rows) == (
        "Name            Expires At (UTC)\n"
        "================================\n"
        "backend-token   2026-05-01\n"
        "x\n"
    )


def test_cells_of_several_lines_stay_in_their_column() -> None:
    rows = key_value_rows({"name": "gpu-a", "tests": ["a"], "online": True, "text": "{}"})
    assert text_of(("Key", "Value"), rows) == (
        "Key      Value\n"
        "==============\n"
        "name     gpu-a\n"
        "tests    [\n"
        '           "a"\n'
        "         ]\n"
        "online   true\n"
        "text     {}\n"
    )


def test_wide_characters_take_two_columns() -> None:
    table = text_of(("Name", "X"), [("日本", "1"), ("a", "2")])
    assert table.splitlines()[2:] == ["日本   1", "a      2"]


def test_nothing_is_cut_when_piped() -> None:
    assert "x" * 500 in text_of(("Key", "Value"), [("a", "x" * 500)], None)


@pytest.mark.parametrize("width", [None, 200])
def test_a_table_with_enough_room_is_the_same_on_a_terminal(width: int | None) -> None:
    table = render_table(HISTORY, HISTORY_ROWS, width)
    assert table == render_table(HISTORY, HISTORY_ROWS)
    assert table.hidden == ()


def test_a_long_word_is_folded_to_the_width() -> None:
    assert text_of(("Key", "Value"), [("uri", "abcdefghijklmnopqrst")], 16) == (
        "Key   Value\n"
        "================\n"
        "uri   abcdefghij\n"
        "      klmnopqrst\n"
    )  # fmt: skip


def test_the_rule_stands_below_a_header_that_is_wrapped() -> None:
    assert text_of(("Expires At (UTC)", "X"), [("never", "1")], 14) == (
        "Expires At   X\n"
        "(UTC)\n"
        "==============\n"
        "never        1\n"
    )  # fmt: skip


def test_an_indentation_is_kept_when_a_line_is_wrapped() -> None:
    rows = key_value_rows({"alerts": {"text": "several words in one line"}})
    assert text_of(("Key", "Value"), rows, 30) == (
        "Key      Value\n"
        "=============================\n"
        "alerts   {\n"
        '           "text": "several\n'
        '           words in one line"\n'
        "         }\n"
    )


@pytest.mark.parametrize(
    ("width", "hidden"),
    [
        (60, ("Username", "Description", "Tags")),
        (80, ("Username", "Tags")),
        (100, ("Tags",)),
        (120, ()),
        (170, ()),
    ],
)
def test_the_least_needed_columns_give_way(width: int, hidden: tuple[str, ...]) -> None:
    table = render_table(HISTORY, HISTORY_ROWS, width, HISTORY_PRIORITIES)
    assert table.hidden == hidden
    lines = table.text.splitlines()
    assert max(map(cell_len, lines)) <= width
    words = {word for line in lines for word in line.split()}
    shown = [index for index, header in enumerate(HISTORY) if header not in hidden]
    for row in HISTORY_ROWS:
        assert {word for index in shown for word in row[index].split()} <= words


def test_the_first_two_columns_stay_by_default() -> None:
    rows = [("a" * 10, "b" * 10, "c" * 10, "d" * 10)]
    assert render_table("ABCD", rows, 24).hidden == ("C", "D")
    assert render_table("ABCD", rows, 38).hidden == ("D",)


@given(
    rows=st.lists(
        st.tuples(st.text("ab 日", max_size=30), st.text("ab \n", max_size=40)), max_size=4
    ),
    width=st.none() | st.integers(10, 60),
)
def test_a_table_fits_and_holds_every_character(
    rows: list[tuple[str, str]], width: int | None
) -> None:
    table = render_table(("Name", "Value"), rows, width)
    assert table.hidden == ()
    lines = table.text.splitlines()
    rule = next(number for number, line in enumerate(lines) if set(line) == {"="})
    shown = "".join(lines[:rule] + lines[rule + 1 :])
    for character in "ab日":
        in_rows = sum(cell.count(character) for row in rows for cell in row)
        assert shown.count(character) == in_rows + "NameValue".count(character)
    if width is not None:
        assert max(map(cell_len, lines)) <= width


@given(
    rows=st.lists(st.lists(st.text("abc ", max_size=30), min_size=4, max_size=4), max_size=3),
    width=st.integers(40, 100),
)
@example(
    rows=[["", "", "aaaaa", ""], ["aaaaaaaa", "  aaaaaaaaaaa", "", "a" * 24]],
    width=46,
)
def test_words_are_cut_only_if_longer_than_half_of_the_terminal(
    rows: list[list[str]], width: int
) -> None:
    words = [word for row in rows for cell in row[:2] for word in cell.split()]
    assume(all(len(word) <= (width - 3) // 2 for word in words))
    lines = render_table(("A", "B", "C", "D"), rows, width).text.splitlines()
    assert max(map(cell_len, lines)) <= width
    shown = {word for line in lines for word in line.split()}
    assert set(words) <= shown
