"""Which service a URL names, and which URLs are refused without repeating what is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.credentials.origin import LOCAL, parse_origin
from osmo_cli.errors import UsageError


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://osmo.example.com", "https://osmo.example.com"),
        ("https://osmo.example.com/", "https://osmo.example.com"),
        (" HTTPS://OSMO.Example.COM:443\n", "https://osmo.example.com"),
        ("https://osmo.example.com:8443", "https://osmo.example.com:8443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.8.9.1:8000", "http://127.8.9.1:8000"),
        ("http://localhost:443", "http://localhost:443"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://[2001:DB8:0:0::1]", "https://[2001:db8::1]"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://osmo_gateway", "https://osmo_gateway"),
        ("local", "local"),
    ],
)
def test_one_service_has_one_spelling(url: str, text: str) -> None:
    origin = parse_origin(url)

    assert str(origin) == text
    assert parse_origin(str(origin)) == origin


def test_embedded_service_is_local_and_no_other_is() -> None:
    assert parse_origin("local") is LOCAL
    assert LOCAL.is_local
    assert not LOCAL.is_loopback
    assert not parse_origin("http://localhost").is_local
    assert not parse_origin("https://local").is_local


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("", "is empty", "https://"),
        ("osmo.example.com", "no scheme", "write https://osmo.example.com"),
        ("localhost:8000", "no scheme", "write https://localhost:8000"),
        ("ftp://osmo.example.com", "ftp://", "https://"),
        ("file:///etc/passwd", "file://", "https://"),
        ("https://ada:s3cret@osmo.example.com", "user information", "@"),
        ("https://s3cret@osmo.example.com/path", "user information", "@"),
        ("https://osmo.example.com/api?access_token=s3cret", "more than scheme", "write https://o"),
        ("https://osmo.example.com?access_token=s3cret", "more than scheme", "write https://o"),
        ("https://osmo.example.com#s3cret", "more than scheme", "write https://osmo.example.com"),
        ("https://osmo.example.com/?", "more than scheme", "write https://osmo.example.com"),
        ("https://osmo.example.com:s3cret", "no valid host and port", "https://"),
        ("https://osmo.example.com:99999", "no valid host and port", "https://"),
        ("https://osmo.example.com:0", "port 0", "port"),
        ("https://", "no valid host", "https://"),
        ("https://osmo..example.com", "no valid host", "https://"),
        ("https://-osmo", "no valid host", "https://"),
        ("https://" + "a" * 64, "no valid host", "https://"),
        ("https://[::1", "no valid host", "https://"),
        ("https://[fe80::1%25eth0]", "no valid host", "https://"),
        ("https://127.1", "no valid host", "https://"),
        ("https://0x7f000001", "no valid host", "https://"),
        ("https://2130706433", "no valid host", "https://"),
        ("https://osmo.exa mple.com", "an invalid character", "https://"),
        ("https://osmo.example.com\\@evil.example.com", "an invalid character", "https://"),
        ("https://osmo.example\r\n.com", "an invalid character", "https://"),
        ("http://osmo.example.com", "plain http", "--allow-http"),
        ("http://127.0.0.1.example.com", "plain http", "--allow-http"),
        ("http://[::2]", "plain http", "--allow-http"),
    ],
)
def test_what_names_no_service_is_refused(url: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_origin(url)

    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert "s3cret" not in caught.value.message + (caught.value.hint or "")


def test_token_in_place_of_the_url_is_not_repeated() -> None:
    token = "Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmF"
    with pytest.raises(UsageError) as caught:
        parse_origin(token)

    assert token not in caught.value.message + (caught.value.hint or "")


def test_plain_http_to_another_machine_needs_permission() -> None:
    assert str(parse_origin("http://osmo.example.com", allow_http=True)) == (
        "http://osmo.example.com"
    )


@given(st.text(max_size=60), st.sampled_from(["", "https://", "http://"]))
def test_any_text_is_an_origin_or_a_clear_error(text: str, scheme: str) -> None:
    try:
        origin = parse_origin(scheme + text, allow_http=True)
    except UsageError:
        return
    assert parse_origin(str(origin), allow_http=True) == origin
