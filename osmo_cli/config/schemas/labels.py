"""`labels_config` of WORKFLOW: labels that workflows must have.

See docs/service/workflow.md#labels_config.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from osmo_cli.config.schemas.base import ConfigModel
from osmo_cli.config.schemas.rules.kubernetes import SUBDOMAIN_LENGTH, is_label_key, is_label_value

BAD_LABEL = "label_rule"
_MOST_RULES = 16
_LONGEST_MESSAGE = 256


def _refuse(message: str) -> PydanticCustomError:
    return PydanticCustomError(BAD_LABEL, "{rule}", {"rule": message})


def _key(value: str) -> str:
    if not is_label_key(value):
        raise _refuse("must be the key of a Kubernetes label, such as team or example.com/team")
    return value


def _value(value: str) -> str:
    if not is_label_value(value):
        raise _refuse(
            "must be the value of a Kubernetes label: up to 63 letters, digits, -, _ and ."
        )
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
    """Policy for one label."""

    key: Annotated[str, AfterValidator(_key)]
    allow_list: list[Annotated[str, AfterValidator(_value)]] = []
    enforcement: Literal["off", "warn", "enforce"] = "off"
    assert_message: Annotated[str, AfterValidator(_message)] = ""


def _unique(policy: list[LabelPolicy]) -> list[LabelPolicy]:
    if len(policy) > _MOST_RULES:
        raise _refuse(f"at most {_MOST_RULES} labels are allowed")
    if len({label.key for label in policy}) < len(policy):
        raise _refuse("duplicate key")
    return policy


class LabelsConfig(ConfigModel):
    """Labels of workflows."""

    policy: Annotated[list[LabelPolicy], AfterValidator(_unique)] = []
    pod_label_prefix: Annotated[str, AfterValidator(_prefix)] = ""


LABEL_DESCRIPTIONS = {
    "labels_config": "Labels that workflows must have.",
    "policy": "Policies, one for each label.",
    "pod_label_prefix": "Prefix of the label's key on pods.",
    "key": "Key of the label.",
    "allow_list": "Allowed values; empty for any.",
    "enforcement": "What happens to a workflow without the label.",
    "assert_message": "Message to the user of such a workflow.",
}
"""By the end of a field's path."""
