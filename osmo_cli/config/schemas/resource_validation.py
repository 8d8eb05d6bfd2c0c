"""RESOURCE_VALIDATION: what workflows may ask for (api.md 3.9)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, RootModel

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.schemas.base import ConfigModel


class ResourceAssertion(ConfigModel):
    """One comparison that has to hold."""

    operator: Literal["GT", "GE", "LT", "LE", "EQ"]
    left_operand: str
    right_operand: str
    assert_message: str


class ResourceValidation(RootModel[list[ResourceAssertion]]):
    """Comparisons that have to hold, all of them."""


SCHEMAS: dict[str, type[BaseModel]] = dict.fromkeys(DIALECTS, ResourceValidation)
