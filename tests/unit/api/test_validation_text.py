"""What pydantic writes about an input, without the input where it may be secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from osmo_cli.api.errors import error_from
from osmo_cli.api.validation_text import without_inputs

SECRET = "s3cr3t-\"qu'oted\\, input_type=str] d4ta"


class Credential(BaseModel):
    model_config = ConfigDict(extra="forbid")
    auth: str = ""
    endpoint: str = ""


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")
    max_num_tasks: int = 0
    slack_token: int = 0
    credential: Credential = Credential()
    pools: dict[str, Credential] = {}
    download_type: Any = None


def refused(value: Any) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Model.model_validate(value)
    return caught.value


SECRET_INPUTS: dict[str, Any] = {
    "a secret field": {"slack_token": SECRET},
    "a number in a secret field": {"slack_token": 1234.5},
    "below a credential": {"credential": {"endpoint": [SECRET]}},
    "an unknown field": {"slack_tokn": SECRET},
    "an unknown field below": {"credential": {"auht": SECRET}},
    "an object": {"pools": {"a": SECRET}, "max_num_tasks": {"token": SECRET}},
    "a list": {"max_num_tasks": [SECRET]},
    "a long list": {"max_num_tasks": [SECRET] * 9},
    "the whole": [SECRET],
    "a shortened string": {"max_num_tasks": SECRET * 9},
    "a string of quotes": {"max_num_tasks": SECRET},
}


@pytest.mark.parametrize("name", SECRET_INPUTS)
@pytest.mark.parametrize("form", ["text", "one line", "python", "json", "quoted json", "prefixed"])
def test_a_secret_input_is_dropped(name: str, form: str) -> None:
    error = refused(SECRET_INPUTS[name])
    text = {
        "text": str(error),
        "one line": " ".join(str(error).split("\n")),
        "python": f"Internal server error: {error.errors(include_url=False)}",
        "json": error.json(include_url=False),
        "quoted json": f"bad request: {json.loads(error.json())}",
        "prefixed": f"Internal server error: {error}",
    }[form]
    shown = without_inputs(text)
    assert not [part for part in ("s3cr3t", "d4ta", "1234.5") if part in shown]
    for problem in error.errors():
        assert problem["type"] in shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"max_num_tasks": "many"}, "input_value='many'"),
        ({"max_num_tasks": 20.5}, "input_value=20.5"),
        ({"max_num_tasks": None}, "input_value=None"),
    ],
)
def test_the_input_of_a_named_field_that_is_not_secret_stays(value: Any, text: str) -> None:
    error = refused(value)
    assert text in str(error)
    assert without_inputs(str(error)) == str(error)


@pytest.mark.parametrize(
    "text",
    [
        "1 validation error for X\nscheduler\n  unexpected value; permitted: 'kai' "
        "(type=value_error.const; given=s3cr3t; permitted=('kai',))",
        "input_value='s3cr3t",
        "x [type=a, input_value='s3cr3t...",
        "[{'input': {'auth': 's3cr3t'",
        '{"detail": [{"ctx": {"error": "s3cr3t"}, "msg": "bad"}]}',
    ],
)
def test_other_forms(text: str) -> None:
    assert "s3cr3t" not in without_inputs(text)


@pytest.mark.parametrize(
    "text",
    ["the input 'x' is not valid", "", 'no "input" given', "Pool a already exists.", "a\n b\nc"],
)
def test_other_text_stays(text: str) -> None:
    assert without_inputs(text) == text


@pytest.mark.parametrize("status", [400, 422, 500])
@pytest.mark.parametrize("key", ["message", "detail"])
def test_an_error_of_the_service_has_no_secret_input(status: int, key: str) -> None:
    error = refused({"credential": {"auht": SECRET}, "max_num_tasks": "many"})
    body = json.dumps({key: str(error), "error_code": "USAGE"}).encode()
    message = error_from(status, body, "application/json", "PATCH /x").message
    assert "s3cr3t" not in message
    assert "credential.auht\n  Extra inputs are not permitted [type=extra_forbidden" in message
    assert "input_value='many'" in message
