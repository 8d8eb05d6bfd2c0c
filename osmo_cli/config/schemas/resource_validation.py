"""RESOURCE_VALIDATION: conditions on what workflows may request."""

from __future__ import annotations

from typing import Literal

from pydantic import RootModel

from osmo_cli.config.registry.definition import Definition
from osmo_cli.config.schemas.base import ConfigModel
from osmo_cli.config.schemas.rules.placeholders import placeholder_checks


class ResourceAssertion(ConfigModel):
    """A comparison that must hold."""

    operator: Literal["GT", "GE", "LT", "LE", "EQ"]
    left_operand: str
    right_operand: str
    assert_message: str


class ResourceValidation(RootModel[list[ResourceAssertion]]):
    """Comparisons that must all hold."""


DEFINITION = Definition(
    models={"seed": ResourceValidation},
    helm_section="resourceValidations",
    checks=(*placeholder_checks(),),
    initial_names={"seed": frozenset({"default_cpu", "default_memory", "default_storage"})},
    descriptions={
        "operator": "How the left operand must compare with the right one.",
        "left_operand": "A number, a quantity, or a variable in double braces.",
        "right_operand": "A number, a quantity, or a variable in double braces.",
        "assert_message": "Message to the user if the comparison does not hold.",
    },
    keywords={
        "left_operand": {"examples": ["{{USER_CPU}}"]},
        "right_operand": {"examples": ["{{K8_CPU}}"]},
    },
)
