"""Masking of what a service sends: by the schemas of every version, and by the fields' names."""

from __future__ import annotations

from typing import Any

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType
from osmo_cli.config.schemas.base import secret_paths
from osmo_cli.config.secrets import (
    MASK,
    mask_secret_changes,
    mask_secrets,
    mask_secrets_in_text,
)

CANARY = "canary-raw-9e1d"
WITH_SECRETS = [row for row in CONFIG_TYPES.values() if row.secrets]


@pytest.mark.parametrize("config_type", CONFIG_TYPES.values(), ids=lambda row: row.name)
def test_the_registry_has_the_secret_fields_of_every_version(config_type: ConfigType) -> None:
    in_schemas = {
        path
        for dialect in DIALECTS.values()
        if config_type.name in dialect.config_types
        for path in secret_paths(config_type.schema(dialect))
    }
    assert in_schemas <= config_type.secrets


def nested(path: tuple[Any, ...], value: Any) -> Any:
    return {("name" if path[0] == "*" else path[0]): nested(path[1:], value) if path[1:] else value}


@pytest.mark.parametrize("config_type", WITH_SECRETS, ids=lambda row: row.name)
@pytest.mark.parametrize("value", [CANARY, "eyJhbGciOi.a.b.c.d", 7, [CANARY], {"value": CANARY}])
def test_a_secret_field_is_masked_whatever_it_holds(config_type: ConfigType, value: Any) -> None:
    for path in config_type.secrets:
        assert mask_secrets(config_type, nested(path, value)) == nested(path, MASK)


@pytest.mark.parametrize("config_type", WITH_SECRETS, ids=lambda row: row.name)
@pytest.mark.parametrize(
    "name",
    [
        "access_key",
        "auth",
        "password",
        "private_key",
        "slack_token",
        "credential",
        "client_secret",
        "API_KEY",
        "secret_access_key",
    ],
)
def test_a_field_that_no_schema_knows_is_masked_by_its_name(
    config_type: ConfigType, name: str
) -> None:
    for data in ({name: CANARY}, {"unknown": [{"deeper": {name: CANARY}}]}):
        assert CANARY not in str(mask_secrets(config_type, data))


def test_other_fields_and_empty_secrets_stay() -> None:
    data = {
        "service_auth": {
            "keys": {"token": {"public_key": "{}", "private_key": ""}},
            "active_key": "token",
            "login_info": {"token_endpoint": "https://idp.example.com"},
            "max_token_duration": "365d",
        },
        "cli_config": {"credential": None},
        "buckets": {"password": {"access_key_id": "AKIA", "default_credential": None}},
    }
    for config_type in WITH_SECRETS:
        assert mask_secrets(config_type, data) == data


def test_types_without_secrets_are_left_alone() -> None:
    template = {"spec": {"env": [{"name": "A", "password": "in a template"}]}}
    assert mask_secrets(CONFIG_TYPES["POD_TEMPLATE"], template) is template


def bucket(access_key: Any) -> Any:
    return {"buckets": {"a": {"region": "r", "default_credential": {"access_key": access_key}}}}


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("one", "two", f"{MASK} <secret changed in r5>"),
        ("one", "one", MASK),
        (MASK, MASK, MASK),
        (MASK, f"{MASK} <secret changed in r5>", f"{MASK} <secret changed in r5>"),
        ("", "two", f"{MASK} <secret changed in r5>"),
        ("one", "", ""),
    ],
)
def test_a_changed_secret_is_marked(before: str, after: str, shown: str) -> None:
    first, second = mask_secret_changes(CONFIG_TYPES["DATASET"], bucket(before), bucket(after), 5)
    assert first == bucket(MASK if before else "")
    assert second == bucket(shown)


def test_a_secret_in_a_new_list_is_marked() -> None:
    first, second = mask_secret_changes(
        CONFIG_TYPES["DATASET"], {"x": []}, {"x": [{"password": CANARY}]}, 2
    )
    assert (first, second) == ({"x": []}, {"x": [{"password": f"{MASK} <secret changed in r2>"}]})


@pytest.mark.parametrize(
    "text",
    [
        f'{{"auth": "{CANARY}", "x": 1',
        f'"access_key" : "{CANARY}\n',
        f"{{access_key: '{CANARY}'}}",
        f"password = {CANARY}\n",
        f'"old_api_key": "a\\"{CANARY}"',
        f'"slack_token":\t{CANARY}, "b": 1',
    ],
)
def test_text_that_cannot_be_parsed_is_masked_by_names(text: str) -> None:
    assert CANARY not in mask_secrets_in_text(text)


def test_other_text_stays() -> None:
    text = '{"author": "me", "credential": {"endpoint": "s3://b"}, "tokens": ["a"], "x": "auth"}'
    assert mask_secrets_in_text(text) == text
