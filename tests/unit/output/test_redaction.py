"""Secrets that a service or a program repeats: in any form, in part, and beside other text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from osmo_cli.output.redaction import Redactor, looks_generated, looks_like_a_name
from tests.support.leaks import ENCODINGS, base64_of, leaked

TOKEN = "nvapi-AbCd3fGh1jKlMn0pQrStUvWxYz-tail99"
SECRETS = {
    "token": TOKEN,
    "signs": "pa\"ss\\wö/rd+1 %41&<x>'9",
    "access key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "hex": "5f3c9a77ab01e2d4" * 4,
    "words": "correct-horse-battery",
    "short": "t0k3n!",
}


def redacted(secret: str, text: str) -> str:
    redactor = Redactor()
    redactor.add(secret)
    return redactor.redact(text)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_known_in_every_form(kind: str, encoding: str) -> None:
    secret, encode = SECRETS[kind], ENCODINGS[encoding]
    around = redacted(secret, f"the service said: {encode(secret)}, and more")
    assert around.startswith("the service said: ")
    assert around.endswith(", and more")
    assert "(secret)" in around
    left = around.replace("(secret)", "")
    assert leaked(left, secret) == []


def test_the_search_for_leaks_finds_every_form() -> None:
    for encoding, encode in ENCODINGS.items():
        assert leaked(f"x {encode(TOKEN)} y", TOKEN), encoding


MARKS = ("...", "…", "[...]", "[…]", "****", "<snip>", "'...'", "[12 more]", "(truncated)")


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("kind", ["token", "access key", "hex", "words"])
def test_both_sides_of_a_shortening_are_hidden(kind: str, mark: str) -> None:
    secret = SECRETS[kind]
    text = f"bad value: {secret[:12]}{mark}{secret[-7:]}!"
    assert redacted(secret, text) == "bad value: (secret)!"
    assert redacted(secret, f"{{'auth': '{secret[:5]}{mark} of it") == (
        f"{{'auth': '(secret){mark} of it"
    )
    assert redacted(secret, f"of it {mark}{secret[-5:]}'}}") == f"of it {mark}(secret)'}}"


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("name", ["auth", "access_key", "p" * 20])
def test_what_pydantic_shows_of_a_value_is_hidden(kind: str, name: str) -> None:
    class Model(BaseModel):
        field: int

    secret = SECRETS[kind] * 2
    for value in (secret, {name: secret}, [{"a": {name: secret, "b": 1}}], (name, secret)):
        with pytest.raises(ValidationError) as caught:
            Model(field=value)  # type: ignore[arg-type]
        for text in (str(caught.value), json.dumps(str(caught.value)), str(caught.value.errors())):
            shown = redacted(secret, text)
            assert leaked(shown, secret) == []


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        (TOKEN, TOKEN[:20]),
        (TOKEN, f"starts with {TOKEN[3:17]}"),
        (SECRETS["hex"], f"digest {SECRETS['hex'][9:30]}"),
        (SECRETS["access key"], f"key {SECRETS['access key'][-16:]} is unknown"),
        (TOKEN, base64_of(TOKEN)[:24]),
    ],
)
def test_a_cut_off_echo_is_hidden(secret: str, text: str) -> None:
    shown = redacted(secret, text)
    assert "(secret)" in shown
    assert len(shown) <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "Waiting for up to 5 minutes ...",
        "the registry is not reachable",
        "a horse, a battery and a correct answer",
        "pool a100-80gb-east has 8 nodes...",
        "abc...xyz",
        "nva...l99",
        "a%20b+c&amp;d \\n \\u00e9",
        "**********",
        "eyJhIjoxfQ",
        "deadbeef 5f3c 20260102T0304",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    redactor = Redactor()
    for secret in SECRETS.values():
        redactor.add(secret)
    assert redactor.redact(text) == text


def test_secrets_inside_a_secret_are_known() -> None:
    redactor = Redactor()
    login = {"username": "$oauthtoken", "auth": base64_of("$oauthtoken:hunter2hunter2")}
    redactor.add(json.dumps({"auths": {"nvcr.io": login}}))
    redactor.add(json.dumps({"kty": "RSA", "n": "modulus1234", "d": "private1234x"}))
    text = "nvcr.io $oauthtoken hunter2hunter2 modulus1234 private1234x"
    assert redactor.redact(text) == "nvcr.io $oauthtoken (secret) modulus1234 (secret)"


def test_data_for_machines_keeps_names_that_are_secrets_elsewhere() -> None:
    redactor = Redactor()
    for secret in ("gpu-cluster", "https://gpu-cluster.example.com:8443", "team 7", TOKEN):
        redactor.add(secret)
    value = {"gpu-cluster": ["https://gpu-cluster.example.com:8443/x", f"a {TOKEN} b", 1, None]}
    expected = {"gpu-cluster": ["https://gpu-cluster.example.com:8443/x", "a (secret) b", 1, None]}
    assert redactor.redact_data(value) == expected
    assert redactor.redact("on gpu-cluster") == "on (secret)"


@pytest.mark.parametrize("name", ["gpu-cluster", "gpu-a100", "us-west-2", "NVIDIA", "10.0.0.1"])
def test_names(name: str) -> None:
    assert looks_like_a_name(name)
    assert not looks_generated(name)


@pytest.mark.parametrize("kind", ["token", "access key", "hex"])
def test_generated_secrets(kind: str) -> None:
    assert looks_generated(SECRETS[kind])
    assert not looks_like_a_name(SECRETS[kind])


@given(st.text(max_size=60), st.text(st.characters(exclude_categories=["Cs"]), min_size=6))
def test_any_text_is_taken(text: str, secret: str) -> None:
    redactor = Redactor()
    redactor.add(secret)
    for around in (text, f"{text} {json.dumps(secret)}", f"{text}\\{secret}%4"):
        assert isinstance(redactor.redact(around), str)
