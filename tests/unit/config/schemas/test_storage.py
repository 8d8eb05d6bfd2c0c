"""Credentials of object stores and registries as inputs, by version.

docs/service/workflow.md#storage-addresses
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from osmo_cli.config.registry.dialects import DIALECTS, V6_2, Dialect
from osmo_cli.config.registry.types import WORKFLOW
from tests.support.versions import since
from tests.unit.config.inputs import check, lines, live_workflow

KEYLESS = [dialect for dialect in DIALECTS.values() if dialect.keyless_credentials]
OLDER = [dialect for dialect in DIALECTS.values() if not dialect.keyless_credentials]
AT = "in.json:1:34: workflow_data.credential."


def data_credential(**fields: Any) -> str:
    return json.dumps({"workflow_data": {"credential": {"endpoint": "s3://b/"} | fields}})


def named(dialect: Dialect) -> str:
    return dialect.name


@pytest.mark.parametrize("dialect", KEYLESS, ids=named)
def test_a_credential_without_keys_is_stored_without_keys(dialect: Dialect) -> None:
    checked = check(data_credential(addressing_style="path"), WORKFLOW, dialect)
    assert lines(checked) == []
    assert checked.wanted["workflow_data"]["credential"] == {
        "endpoint": "s3://b",
        "region": None,
        "override_url": None,
        "addressing_style": "path",
    }


@pytest.mark.parametrize("dialect", OLDER, ids=named)
def test_older_versions_want_both_keys(dialect: Dialect) -> None:
    assert lines(check(data_credential(), WORKFLOW, dialect)) == [
        AT + "access_key_id: this field is required",
        AT + "access_key: this field is required",
    ]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=named)
@pytest.mark.parametrize(
    ("given", "missing"), [("access_key_id", "access_key"), ("access_key", "access_key_id")]
)
def test_one_key_of_two_is_refused(given: str, missing: str, dialect: Dialect) -> None:
    checked = check(data_credential(**{given: "x"}), WORKFLOW, dialect)
    assert lines(checked) == [AT + f"{missing}: this field is required"]


@pytest.mark.parametrize("dialect", KEYLESS, ids=named)
def test_what_is_wrong_is_said_once_of_the_form_that_is_meant(dialect: Dialect) -> None:
    text = data_credential(regoin="x")
    assert lines(check(text, WORKFLOW, dialect)) == [
        'in.json:1:58: workflow_data.credential.regoin: unknown field (did you mean "region"?)'
    ]
    text = data_credential(access_key_id="i", access_key="k", addressing_style="dots")
    [line] = lines(check(text, WORKFLOW, dialect))
    assert line.endswith('addressing_style: must be "virtual", "path" or "auto"')
    [line] = lines(check('{"workflow_data": {"credential": 5}}', WORKFLOW, dialect))
    assert line == "in.json:1:34: workflow_data.credential: must be an object, not a number"


def test_a_field_of_a_later_version_is_called_so() -> None:
    text = data_credential(access_key_id="i", access_key="k", addressing_style="path")
    [line] = lines(check(text, WORKFLOW, V6_2))
    assert line.endswith(
        "addressing_style: not sent: 6.2 does not have this field "
        f"(it exists in {', '.join(since('6.3'))})"
    )


PASSWORD = '{"backend_images": {"credential": {"password": %s}}}'


@pytest.mark.parametrize("dialect", KEYLESS, ids=named)
def test_the_other_name_of_a_registry_s_secret(dialect: Dialect) -> None:
    checked = check(PASSWORD % '"x"', WORKFLOW, dialect)
    assert lines(checked) == []
    registry = live_workflow(dialect)["backend_images"]["credential"]
    assert checked.wanted["backend_images"]["credential"] == registry | {"auth": "x"}
    assert lines(check(PASSWORD % "5", WORKFLOW, dialect)) == [
        "in.json:1:48: backend_images.credential.auth: must be a string, not a number "
        "(write it in double quotes)"
    ]


@pytest.mark.parametrize("dialect", OLDER, ids=named)
def test_older_versions_have_one_name_for_it(dialect: Dialect) -> None:
    [line] = lines(check(PASSWORD % '"x"', WORKFLOW, dialect))
    assert "password: unknown field" in line


@pytest.mark.parametrize("dialect", KEYLESS, ids=named)
def test_both_names_at_once_are_refused(dialect: Dialect) -> None:
    [line] = lines(check(PASSWORD % '"x", "auth": "y"', WORKFLOW, dialect))
    assert "password: unknown field" in line
