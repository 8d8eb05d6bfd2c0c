"""What a JWT says about itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.credentials import jwt
from osmo_cli.errors import OsmoError

MakeJwt = Callable[..., str]


def test_claims_are_read_without_the_key(make_jwt: MakeJwt) -> None:
    text = make_jwt(unique_name="ada", roles=["osmo-admin"], exp=1700000300)

    assert jwt.is_jwt(text)
    assert jwt.decode_claims(text)["unique_name"] == "ada"
    assert jwt.expires_at(text) == 1700000300


@pytest.mark.parametrize(
    ("now", "expired"), [(1000, False), (1297, False), (1298, True), (1300, True)]
)
def test_jwt_is_refreshed_three_seconds_early(make_jwt: MakeJwt, now: int, expired: bool) -> None:
    assert jwt.is_expired(make_jwt(exp=1300), now) is expired


@pytest.mark.parametrize("expiry", [None, "soon", True, float("nan"), float("inf")])
def test_jwt_without_usable_expiry_has_none(make_jwt: MakeJwt, expiry: object) -> None:
    text = make_jwt(exp=expiry)

    assert jwt.expires_at(text) is None
    assert not jwt.is_expired(text, 10**12)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "a.b.c.d",
        "..",
        "e30.!!!.e30",
        "e30.W10.e30",
        "e30.é.e30",
        "Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmF",
    ],
)
def test_what_is_no_jwt_is_told_from_one(text: str) -> None:
    assert not jwt.is_jwt(text)
    with pytest.raises(OsmoError, match="not a JWT"):
        jwt.expires_at(text)


@given(st.text(alphabet="eyJ0.-_A=é\n", max_size=40))
def test_any_text_is_a_jwt_or_is_not(text: str) -> None:
    if jwt.is_jwt(text):
        assert text.count(".") == 2
