"""`labels_config` of WORKFLOW, from 6.4 on: which labels workflows must have (api.md 3.7)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from osmo_cli.config.checking.rules.kubernetes import SUBDOMAIN_LENGTH, is_label_key, is_label_value
from osmo_cli.config.schemas.base import ConfigModel

BAD_LABEL = "label_rule"
_MOST_RULES = 16
_LONGEST_MESSAGE = 256


def _refuse(message: str) -> PydanticCustomError:
    return PydanticCustomError(BAD_LABEL, "{rule}", {"rule": message})


def _key(value: str) -> str:
    if not is_label_key(value):
        raise _refuse("not a key of a Kubernetes label, such as team or example.com/team")
    return value


def _value(value: str) -> str:
    if not is_label_value(value):
        raise _refuse("not a value of a Kubernetes label: letters, digits, -, _ and . (63 at most)")
    return value


def _message(value: str) -> str:
    if len(value) > _LONGEST_MESSAGE or len(value.splitlines()) > 1 or value.endswith("\n"):
        raise _refuse(f"must be one line of at most {_LONGEST_MESSAGE} characters")
    return value


def _prefix(value: str) -> str:
    if len(value) > SUBDOMAIN_LENGTH or any(map(str.isspace, value)):
        raise _refuse(f"must be at most {SUBDOMAIN_LENGTH} characters without spaces")
    return value


class LabelPolicy(ConfigModel):
    """One label."""

    key: Annotated[str, AfterValidator(_key), Field(description="Key of the label.")]
    allow_list: Annotated[
        list[Annotated[str, AfterValidator(_value)]],
        Field(description="The values that it may have; empty for any."),
    ] = []
    enforcement: Annotated[
        Literal["off", "warn", "enforce"],
        Field(description="What becomes of a workflow without it."),
    ] = "off"
    assert_message: Annotated[
        str, AfterValidator(_message), Field(description="What its user is told.")
    ] = ""


def _once_each(policy: list[LabelPolicy]) -> list[LabelPolicy]:
    if len(policy) > _MOST_RULES:
        raise _refuse(f"at most {_MOST_RULES} labels are permitted")
    if len({label.key for label in policy}) < len(policy):
        raise _refuse("each key is permitted once")
    return policy


class LabelsConfig(ConfigModel):
    """The labels of workflows, and what comes before their keys on the pods."""

    policy: Annotated[list[LabelPolicy], AfterValidator(_once_each)] = []
    pod_label_prefix: Annotated[str, AfterValidator(_prefix)] = ""
