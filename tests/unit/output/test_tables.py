"""Tables look as the official CLI's, and fit a terminal without losing a character."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from osmo_cli.output.tables import key_value_rows, render_table


def test_a_table_without_rows_is_its_header_and_rule() -> None:
    assert render_table(("Key", "Value"), []) == "Key   Value\n===========\n"


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [("backend-token", "2026-05-01"), ("x", "")]
    assert render_table(("Name", "Expires At (UTC)"), rows) == (
        "Name            Expires At (UTC)\n"
        "================================\n"
        "backend-token   2026-05-01\n"
        "x\n"
    )


def test_cells_of_several_lines_stay_in_their_column() -> None:
    rows = key_value_rows({"name": "gpu-a", "tests": ["a"], "online": True, "text": "{}"})
    assert render_table(("Key", "Value"), rows) == (
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
    table = render_table(("Name", "X"), [("日本", "1"), ("a", "2")])
    assert table.splitlines()[2:] == ["日本   1", "a      2"]


def test_nothing_is_cut_when_piped() -> None:
    assert "x" * 500 in render_table(("Key", "Value"), [("a", "x" * 500)], None)


def test_the_widest_column_is_folded_on_a_narrow_terminal() -> None:
    table = render_table(("Key", "Value"), [("uri", "abcdefghijklmnopqrst")], 16)
    assert table == (
        "Key   Value\n"
        "================\n"
        "uri   abcdefghij\n"
        "      klmnopqrst\n"
    )  # fmt: skip


def test_the_rule_stands_below_a_header_that_is_folded() -> None:
    table = render_table(("Expires At (UTC)", "X"), [("never", "1")], 12)
    assert table == (
        "Expires    X\n"
        "At (UTC)\n"
        "============\n"
        "never      1\n"
    )  # fmt: skip


@given(
    rows=st.lists(
        st.tuples(st.text("ab 日", max_size=30), st.text("ab\n", max_size=40)), max_size=4
    ),
    width=st.none() | st.integers(20, 60),
)
def test_a_table_fits_and_holds_every_character(
    rows: list[tuple[str, str]], width: int | None
) -> None:
    lines = render_table(("Name", "Value"), rows, width).splitlines()
    assert set(lines[1]) == {"="}
    shown = "".join(lines[:1] + lines[2:])
    for character in "ab日":
        in_rows = sum(cell.count(character) for row in rows for cell in row)
        assert shown.count(character) == in_rows + "NameValue".count(character)
    widest = max(map(cell_len, lines))
    first = max((cell_len(row[0]) for row in rows), default=4)
    second = max((cell_len(part) for row in rows for part in row[1].split("\n")), default=5)
    natural = max(first, 4) + 3 + max(second, 5)
    if width is not None and min(first, second) + 3 + 8 <= width:
        assert widest <= min(width, natural)
