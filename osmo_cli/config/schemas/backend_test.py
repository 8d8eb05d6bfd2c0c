"""BACKEND_TEST: tests that run on the nodes of backends (api.md 3.9)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from osmo_cli.config.schemas.base import ConfigModel, ReadOnlyObject


class BackendTest(ConfigModel):
    """One test."""

    name: str
    description: str
    cron_schedule: Annotated[str, Field(min_length=1, description="Five fields, as in cron.")]
    test_timeout: Annotated[str, Field(description="30 s to 24 h, such as 300s.")] = "300s"
    common_pod_template: Annotated[list[str], Field(min_length=1)]
    parsed_pod_template: ReadOnlyObject = {}
    node_conditions: Annotated[list[str], Field(min_length=1)]


SCHEMAS: dict[str, type[BaseModel]] = {"seed": BackendTest, "6.0": BackendTest}
