"""BACKEND_TEST: tests that run on the nodes of backends (docs/service/backend-test.md#fields)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from osmo_cli.config.registry.definition import Definition, checks, references
from osmo_cli.config.schemas.base import ConfigModel, ReadOnlyObject
from osmo_cli.config.schemas.rules.kubernetes import is_subdomain
from osmo_cli.config.schemas.rules.lists import no_duplicates
from osmo_cli.config.schemas.rules.schedules import runs_at_all

BAD_VALUE = "backend_test_value"
_TIMEOUT = re.compile(r"(\d+[smhd])+", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SHORTEST, _LONGEST = 30, 86400
_LONGEST_CONDITION = 316
_CRON_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_CRON_FIELD = re.compile(r"[0-9*\-,/?LW#]+")
# Numbers that are points in time; not the step after / or the week after #.
_CRON_NUMBER = re.compile(r"(?<![/#\d])\d+")
_KUBERNETES_NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"


def _refuse(field: str, message: str) -> PydanticCustomError:
    # Not the message itself, since pydantic would take braces in it for context.
    return PydanticCustomError(BAD_VALUE, "{rule}", {"rule": message, "field": field})


def _name(value: str) -> str:
    if value and not is_subdomain(value):
        raise _refuse("name", "must be a Kubernetes name: a-z, 0-9, - and . only")
    return value


def _cron(value: str) -> str:
    fields = value.split()
    if value and len(fields) != 5:
        raise _refuse("cron_schedule", "must be a cron schedule with five fields")
    if not all(map(_CRON_FIELD.fullmatch, fields)):
        raise _refuse("cron_schedule", "fields may have digits and * - , / ? L W #, but no names")
    for field, (least, most) in zip(fields, _CRON_RANGES, strict=False):
        if any(not least <= int(number) <= most for number in _CRON_NUMBER.findall(field)):
            raise _refuse("cron_schedule", f"{field} is not within {least} to {most}")
    return value


def _timeout(value: str) -> str:
    seconds = sum(int(part[:-1]) * _SECONDS[part[-1]] for part in re.findall(r"\d+[smhd]", value))
    if not _TIMEOUT.fullmatch(value) or not _SHORTEST <= seconds <= _LONGEST:
        raise _refuse("test_timeout", "must be a duration from 30s to 24h, such as 300s")
    return value


def _condition(value: str) -> str:
    if value.count("/") > 1 or len(value) > _LONGEST_CONDITION:
        message = f"may have at most one / and {_LONGEST_CONDITION} characters"
        raise _refuse("node_conditions", message)
    return value


class BackendTest(ConfigModel):
    """A test."""

    name: Annotated[str, Field(min_length=1), AfterValidator(_name)]
    description: str
    cron_schedule: Annotated[str, Field(min_length=1), AfterValidator(_cron)]
    test_timeout: Annotated[str, AfterValidator(_timeout)] = "300s"
    common_pod_template: Annotated[list[str], Field(min_length=1)]
    parsed_pod_template: ReadOnlyObject = {}
    node_conditions: Annotated[
        list[Annotated[str, AfterValidator(_condition)]], Field(min_length=1)
    ]


DEFINITION = Definition(
    models={"seed": BackendTest},
    helm_section="backendTests",
    checks=(
        *checks(no_duplicates, "no duplicates", "node_conditions"),
        *checks(runs_at_all, "a cron schedule", "cron_schedule"),
    ),
    references=(*references("POD_TEMPLATE", "common_pod_template.*"),),
    descriptions={
        "name": "Name of the test: a Kubernetes name of a-z, 0-9, - and . only.",
        "description": "What the test checks.",
        "cron_schedule": "When it runs: a cron schedule with five fields.",
        "test_timeout": "How long it may run: 30s to 24h, such as 300s or 1h30m.",
        "common_pod_template": "Names of POD_TEMPLATE items, combined in this order.",
        "parsed_pod_template": "The combined templates.",
        "node_conditions": "Types of the conditions that the test sets on nodes.",
    },
    keywords={
        "name": {"pattern": _KUBERNETES_NAME},
        "cron_schedule": {
            "pattern": r"^\s*([0-9*\-,/?LW#]+\s+){4}[0-9*\-,/?LW#]+\s*$",
            "examples": ["0 3 * * *"],
        },
        "test_timeout": {"pattern": r"^([0-9]+[smhd])+$", "examples": ["300s", "1h30m"]},
    },
)
