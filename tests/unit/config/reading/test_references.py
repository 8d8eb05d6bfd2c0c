"""Values from elsewhere: what is a reference and what is not, and where the problems are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.problems import InvalidInputError
from osmo_cli.config.reading.document import MAX_BYTES, Document
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.reading.references import Lookup, References, references_in, resolve
from osmo_cli.config.reading.yaml_text import parse_yaml
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import BACKEND, CONFIG_TYPES, WORKFLOW
from osmo_cli.config.schemas.base import secret_paths
from osmo_cli.errors import UsageError
from tests.unit.config.reading.test_json_text import values

VALUES = {
    ("env", "NAME"): "value",
    ("env", "OTHER"): "${env:NAME}",
    ("file", "a b/c.txt"): "two\nlines",
    ("keyring", "ngc/me"): "key",
}


def lookup(source: str, name: str) -> str:
    if (source, name) not in VALUES:
        raise UsageError(f"{source} has no {name}", hint="set it")
    return VALUES[source, name]


SHAPE = Shape(BACKEND, DIALECTS["6.0"], "gpu-a")
SECRET = Shape(WORKFLOW, DIALECTS["6.0"])


def resolve_all(document: Document, look_up: Lookup = lookup) -> Document:
    """Resolve in every field, as with `--references`."""
    return resolve(document, SHAPE, References(look_up, everywhere=True))


def given_as(value: Any) -> Document:
    return parse_json("in.json", json.dumps(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${env:NAME}", "value"),
        ("https://u:${env:NAME}@h/${keyring:ngc/me}", "https://u:value@h/key"),
        ("${file:a b/c.txt}", "two\nlines"),
        # What a value says is not looked up again.
        ("${env:OTHER}", "${env:NAME}"),
        ("$${env:NAME}", "${env:NAME}"),
        ("$$${env:NAME}", "$${env:NAME}"),
        ("$${FOO} $$ $", "${FOO} $$ $"),
        ("$${a}${env:NAME}", "${a}value"),
        *((text, text) for text in ("$oauthtoken", "$", "$$", "${", "${}", "${FOO}", "${env}")),
        *(
            (text, text)
            for text in ("${FOO:-x}", "${foo:=x}", "${foo:?x}", "${foo:+x}", "${x:0:2}")
        ),
        *((text, text) for text in ("{{ x }}", "{{env:NAME}}", "$(env:NAME)", "${{ env:NAME }}")),
        *((text, text) for text in ("$env:NAME", "{env:NAME}", "^Ready$", "a$b", "$ {env:NAME}")),
    ],
)
def test_what_a_text_becomes(text: str, value: str) -> None:
    for document in (
        given_as({"a": [{"b": text}]}),
        parse_yaml("in.yaml", "a:\n  - b: " + json.dumps(text)),
    ):
        resolved = resolve_all(document)
        assert resolved.value == {"a": [{"b": value}]}
        assert document.value == {"a": [{"b": text}]}, "the input itself is changed"


def test_values_from_elsewhere_are_known_by_their_places() -> None:
    document = given_as({"a": "${env:NAME}!", "b": ["x", "$${y}", "${keyring:ngc/me}"], "c": 1})
    resolved = resolve_all(document)
    assert resolved.references() == {("a",): "value!", ("b", 2): "key"}
    assert resolved.places["a",].reference == "${env:NAME}!"
    assert resolved.at("b").references() == {(2,): "key"}
    assert document.references() == {}


def test_keys_are_left_alone() -> None:
    assert resolve_all(given_as({"${env:NAME}": 1})).value == {"${env:NAME}": 1}


@given(value=values)
def test_what_has_no_reference_stays_as_it_is(value: Any) -> None:
    document = given_as(value)
    resolved = resolve_all(document)
    if "${" not in document.text:
        assert repr(resolved.value) == repr(document.value)
        assert resolved.references() == {}


@given(text=st.text(alphabet="${}:envANME \n", max_size=30))
def test_doubling_makes_any_text_literal(text: str) -> None:
    document = given_as([text.replace("${", "$${")])
    assert resolve_all(document).value == [text]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${env:GONE}", "env has no GONE (set it)"),
        ("a${env:}", "a reference without a name (write ${env:NAME})"),
        ("${keyring: }", "a reference without a name (write ${keyring:SERVICE/USER})"),
        ("${env:NAME", "the closing brace of a reference is missing (write ${env:NAME})"),
        ("${file:${env:NAME}/x}", "a reference inside a reference (references cannot be nested)"),
        (
            "${vault:x/y}",
            'unknown source "vault" in a reference (sources: env, file, keyring; write',
        ),
        ("${Env:NAME}", 'unknown source "Env" in a reference'),
        ("${files:/x}", 'unknown source "files" in a reference'),
    ],
)
def test_what_is_wrong_has_its_place(text: str, message: str) -> None:
    document = parse_json("in.json", '{\n  "a": {"b":  ' + json.dumps(text) + "}}")
    with pytest.raises(InvalidInputError) as caught:
        resolve_all(document)
    assert str(caught.value).startswith(f"in.json:2:15: a.b: {message}")
    assert "value" not in str(caught.value).replace("source of values", "")


def test_all_problems_are_told_at_once_and_each_source_is_asked_once() -> None:
    asked = []

    def counting(source: str, name: str) -> str:
        asked.append(name)
        return lookup(source, name)

    text = "a: ${env:GONE} ${env:LOST}\nb: ${env:GONE}\nc: ${env:NAME}${env:NAME}\n"
    with pytest.raises(InvalidInputError) as caught:
        resolve_all(parse_yaml("in.yaml", text), counting)
    places = [(p.line, p.column, p.message) for p in caught.value.problems]
    assert places == [
        (1, 4, "env has no GONE"),
        (1, 4, "env has no LOST"),
        (2, 4, "env has no GONE"),
    ]
    assert sorted(asked) == ["GONE", "LOST", "NAME"]


def secret(text: str) -> dict[str, Any]:
    return {"backend_images": {"credential": {"auth": text, "registry": text}}}


def test_only_a_secret_field_is_looked_up() -> None:
    """A service, or another administrator, cannot make a client send its files."""
    text = "x $${y} ${env:NAME}"
    resolved = resolve(given_as(secret(text)), SECRET, References(lookup))
    credential = resolved.value["backend_images"]["credential"]
    assert credential == {"auth": "x ${y} value", "registry": text}
    (warning,) = resolved.warnings
    assert warning.message == "a reference outside a secret field is stored as written"
    assert warning.path == ("backend_images", "credential", "registry")
    assert warning.severity == "warning"
    assert list(resolved.references()) == [("backend_images", "credential", "auth")]


@pytest.mark.parametrize("text", ["${FOO}", "$${FOO}", "${x:-y}", "${vault:x}", "$oauthtoken"])
def test_other_text_outside_secret_fields_is_not_mentioned(text: str) -> None:
    resolved = resolve(given_as({"description": text}), SHAPE, References(lookup))
    assert (resolved.value, resolved.warnings) == ({"description": text}, ())


def test_what_is_stored_as_written_is_not_mentioned_again() -> None:
    live = {"description": "${file:/etc/passwd}"}
    resolved = resolve(given_as(live), SHAPE, References(lookup), stored=live)
    assert (resolved.value, resolved.warnings) == (live, ())


def test_a_secret_field_that_the_service_shows_is_not_looked_up() -> None:
    live = secret("${env:NAME}")
    resolved = resolve(given_as(live), SECRET, References(lookup), stored=live)
    assert resolved.value == live
    (warning,) = resolved.warnings
    assert "auth: not a reference: this string is already stored as written" in str(warning)


def test_a_reference_that_the_service_holds_is_refused() -> None:
    evil = {"a": ["x", {"prefix ${file:/etc/passwd}": "${env:NAME} ${FOO} $${env:OTHER}"}]}
    held = frozenset(references_in(evil))
    assert held == {"${file:/etc/passwd}", "${env:NAME}"}
    references = References(lookup, everywhere=True, held=lambda: held)
    document = given_as({"a": "${keyring:ngc/me}", "b": "my ${env:NAME}"})
    with pytest.raises(InvalidInputError) as caught:
        resolve(document, SHAPE, references)
    (problem,) = caught.value.problems
    assert problem.path == ("b",)
    assert problem.message == "the service holds ${env:NAME} too: it is not looked up"
    # What a service never shows cannot have come from it.
    field = secret("${env:NAME}")["backend_images"]["credential"].pop("auth")
    document = given_as({"backend_images": {"credential": {"auth": field}}})
    resolved = resolve(document, SECRET, references)
    assert resolved.value == {"backend_images": {"credential": {"auth": "value"}}}


def test_the_service_is_asked_only_for_a_reference_outside_secret_fields() -> None:
    def fail() -> set[str]:
        raise AssertionError("asked")

    references = References(lookup, everywhere=True, held=fail)
    resolve(
        given_as({"backend_images": {"credential": {"auth": "${env:NAME}"}}}), SECRET, references
    )
    resolve(given_as({"description": "${FOO}"}), SHAPE, references)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_the_registry_knows_the_secrets_of_the_schemas(dialect: Any) -> None:
    for name in dialect.config_types:
        config_type = CONFIG_TYPES[name]
        for item in (None, "name") if config_type.named else (None,):
            shape = Shape(config_type, dialect, item)
            if item is None and config_type.whole is None:
                continue
            secrets = {tuple(path) for path in secret_paths(shape.model())}
            assert all(shape.is_secret(path) for path in secrets)
            assert not any(shape.is_secret(path[:-1]) for path in secrets)


def test_what_values_add_is_bounded() -> None:
    document = given_as(["${env:BIG}" * 10] * 10)
    with pytest.raises(InvalidInputError, match="larger than 4 MiB"):
        resolve_all(document, lambda source, name: "x" * (MAX_BYTES // 50))


def test_a_name_is_no_secret() -> None:
    document = resolve_all(given_as([{"name": "${env:NAME}"}]))
    with pytest.raises(InvalidInputError) as caught:
        document.keyed_by_name()
    message = "in.json:1:11: [0].name: a name cannot be a reference (the value comes from a ref"
    assert str(caught.value).startswith(message)
    assert '"value"' not in str(caught.value)


def test_no_repr_shows_a_value() -> None:
    document = resolve_all(given_as({"a": "${env:NAME}"}))
    assert "value'" not in repr(document)
    assert "'value" not in repr(document)
