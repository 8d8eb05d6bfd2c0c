"""BACKEND_TEST: tests that run on the nodes of backends (api.md 3.9)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from osmo_cli.config.checking.rules.kubernetes import is_subdomain
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.schemas.base import ConfigModel, ReadOnlyObject

BAD_VALUE = "backend_test_value"
_TIMEOUT = re.compile(r"(\d+[smhd])+", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SHORTEST, _LONGEST = 30, 86400
_LONGEST_CONDITION = 316
_CRON_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_CRON_FIELD = re.compile(r"[0-9*\-,/?LW#]+")
# Numbers that are points in time; not the step behind / or the week behind #.
_CRON_NUMBER = re.compile(r"(?<![/#\d])\d+")


def _refuse(field: str, message: str) -> PydanticCustomError:
    # A text that is no literal: pydantic would take braces in it for context.
    return PydanticCustomError(BAD_VALUE, "{rule}", {"rule": message, "field": field})


def _name(value: str) -> str:
    if value and not is_subdomain(value):
        raise _refuse("name", "not a name of a Kubernetes object: a-z, 0-9, - and . only")
    return value


def _cron(value: str) -> str:
    fields = value.split()
    if value and len(fields) != 5:
        raise _refuse("cron_schedule", "not a schedule of five fields, as in cron")
    if not all(map(_CRON_FIELD.fullmatch, fields)):
        raise _refuse("cron_schedule", "fields are of digits and * - , / ? L W #, without names")
    for field, (least, most) in zip(fields, _CRON_RANGES, strict=False):
        if any(not least <= int(number) <= most for number in _CRON_NUMBER.findall(field)):
            raise _refuse("cron_schedule", f"{field} is not within {least} to {most}")
    return value


def _timeout(value: str) -> str:
    seconds = sum(int(part[:-1]) * _SECONDS[part[-1]] for part in re.findall(r"\d+[smhd]", value))
    if not _TIMEOUT.fullmatch(value) or not _SHORTEST <= seconds <= _LONGEST:
        raise _refuse("test_timeout", "not a duration between 30s and 24h, such as 300s")
    return value


def _condition(value: str) -> str:
    if value.count("/") > 1 or len(value) > _LONGEST_CONDITION:
        raise _refuse(
            "node_conditions", f"at most one / and {_LONGEST_CONDITION} characters are permitted"
        )
    return value


class BackendTest(ConfigModel):
    """One test."""

    name: Annotated[str, Field(min_length=1), AfterValidator(_name)]
    description: str
    cron_schedule: Annotated[str, Field(min_length=1), AfterValidator(_cron)]
    test_timeout: Annotated[str, AfterValidator(_timeout)] = "300s"
    common_pod_template: Annotated[list[str], Field(min_length=1)]
    parsed_pod_template: ReadOnlyObject = {}
    node_conditions: Annotated[
        list[Annotated[str, AfterValidator(_condition)]], Field(min_length=1)
    ]


SCHEMAS: dict[str, type[BaseModel]] = dict.fromkeys(DIALECTS, BackendTest)
