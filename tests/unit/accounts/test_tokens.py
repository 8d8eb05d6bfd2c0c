"""What a token may be called, and until when it may live."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.accounts import tokens
from osmo_cli.errors import UsageError

TODAY = date(2026, 2, 20)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "today", lambda: TODAY)


@pytest.mark.parametrize("name", ["a", "Z", "backend-token", "a_b-c9", "a--b", "x1"])
def test_names_that_the_service_takes(name: str) -> None:
    assert tokens.check_token_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "1a", "-a", "_a", "a-", "a_", "a b", "a.b", "a/b", "ä", "a\n", "a?x", "٣a", "a٣"]
)
def test_names_that_the_service_refuses(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a token"):
        tokens.check_token_name(name)


@given(st.text(alphabet="aZ09-_./ é", max_size=5))
def test_names_follow_the_service_s_rule(name: str) -> None:
    service_rule = re.fullmatch(r"[a-zA-Z]([a-zA-Z0-9_-]*[a-zA-Z0-9])?", name)
    if service_rule:
        assert tokens.check_token_name(name) == name
    else:
        with pytest.raises(UsageError):
            tokens.check_token_name(name)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("2026-02-21", "2026-02-21"),
        ("2026-5-1", "2026-05-01"),
        ("2028-02-29", "2028-02-29"),
        (None, "2026-03-23"),
    ],
)
def test_dates_are_sent_in_full(text: str | None, sent: str) -> None:
    assert tokens.check_expiry(text, None) == sent


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "2026-13-01", "2027-02-29", "2026-05-01T00:00:00", "01-05-2026", "20260501",
     "2026-05-01 ", "2026-05-01\n", "٢٠٢٦-05-01", "0000-01-01"],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(UsageError, match="is not a date") as caught:
        tokens.check_expiry(text, None)
    assert caught.value.hint == "write it as YYYY-MM-DD, for example 2026-03-23"


@pytest.mark.parametrize("text", ["2026-02-20", "2026-02-19", "1999-12-31"])
def test_a_date_must_lie_ahead(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not in the future: today is 2026-02-20 \(UTC\)"):
        tokens.check_expiry(text, None)


@pytest.mark.parametrize(
    ("longest", "last"),
    [
        ("365d", "2027-02-20"),
        ("36h", "2026-02-21"),
        ("2880m", "2026-02-22"),
        ("172800s", "2026-02-22"),
        ("172800000ms", "2026-02-22"),
        ("172800000000us", "2026-02-22"),
    ],
)
def test_the_service_s_longest_life_is_the_limit(longest: str, last: str) -> None:
    assert tokens.check_expiry(last, longest) == last
    beyond = (date.fromisoformat(last) + timedelta(days=1)).isoformat()
    with pytest.raises(UsageError, match=f"{beyond} is too late.*at most {longest}") as caught:
        tokens.check_expiry(beyond, longest)
    assert caught.value.hint == f"the last possible date is {last}"


def test_the_default_keeps_within_the_longest_life() -> None:
    assert tokens.check_expiry(None, "7d") == "2026-02-27"
    assert tokens.check_expiry(None, "365d") == "2026-03-23"


@pytest.mark.parametrize("text", [None, "2026-02-21"])
@pytest.mark.parametrize("longest", ["23h", "0d"])
def test_a_life_of_less_than_a_day_allows_no_token(longest: str, text: str | None) -> None:
    # The service counts whole days, and today's date is refused.
    with pytest.raises(UsageError, match=f"at most {longest}") as caught:
        tokens.check_expiry(text, longest)
    assert caught.value.hint
    assert "2026-02-20" not in caught.value.hint


@pytest.mark.parametrize(
    "longest", ["", "forever", "P", "PT", "P1", "1w", "9" * 30 + "d", "-1d", "1.5d"]
)
def test_a_longest_life_that_is_not_understood_is_left_to_the_service(longest: str) -> None:
    assert tokens.check_expiry("2099-01-01", longest) == "2099-01-01"


@pytest.mark.parametrize("longest", ["7d", "P7D", "P1W", "P6DT24H", "PT168H30M5S"])
def test_a_longest_life_may_be_written_in_two_ways(longest: str) -> None:
    assert tokens.check_expiry("2026-02-27", longest) == "2026-02-27"
    with pytest.raises(UsageError, match=f"at most {longest}") as caught:
        tokens.check_expiry("2026-02-28", longest)
    assert caught.value.hint == "the last possible date is 2026-02-27"


@pytest.mark.parametrize(
    ("expires_at", "days"),
    [
        ("2026-02-27T00:00:00", 7),
        ("2026-02-20T00:00:00", 0),
        ("2026-02-19", -1),
        ("never", None),
    ],
)
def test_days_left(expires_at: str, days: int | None) -> None:
    assert tokens.days_left(expires_at) == days


def test_a_day_begins_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    before = datetime.now(UTC).date()
    assert before <= tokens.today() <= datetime.now(UTC).date()
