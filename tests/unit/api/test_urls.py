"""Paths are built so that no name can lead to another object."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.api.urls import build_path
from osmo_cli.errors import ExitCode, UsageError


@pytest.mark.parametrize(
    ("segments", "path"),
    [
        (["api", "version"], "/api/version"),
        (["a b", "nope#x", "q?y=1&z", "100%"], "/a%20b/nope%23x/q%3Fy%3D1%26z/100%25"),
        (["ä", "日本"], "/%C3%A4/%E6%97%A5%E6%9C%AC"),
        (["a%2F..%2Fb"], "/a%252F..%252Fb"),
        (["...", ".hidden"], "/.../.hidden"),
    ],
)
def test_each_segment_is_quoted(segments: list[str], path: str) -> None:
    assert build_path(segments) == path


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        (".", "is a relative path"),
        ("..", "is a relative path"),
        ("nope/../agent-victim", "contains a slash"),
        ("a\\b", "contains a slash"),
        ("a\nb", "cannot be printed"),
        ("a\0", "cannot be printed"),
        ("\x1b[31m", "cannot be printed"),
        ("admin\u202egnp", "cannot be printed"),
        ("\ud800", "cannot be printed"),
    ],
)
def test_a_name_that_would_be_another_path_is_refused(segment: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        build_path(["api", "configs", segment])
    assert caught.value.exit_code is ExitCode.INVALID
    assert segment == "" or segment not in caught.value.message or segment.isprintable()


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_what_is_built_names_exactly_these_segments(segments: list[str]) -> None:
    try:
        path = build_path(segments)
    except UsageError:
        return
    assert urlsplit("http://host" + path).path == path
    assert [unquote(part) for part in path[1:].split("/")] == segments
