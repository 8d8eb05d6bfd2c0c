"""GROUP_TEMPLATE: Kubernetes objects that a group of tasks gets (api.md 3.9)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, RootModel, model_validator
from pydantic_core import PydanticCustomError

BAD_TEMPLATE = "group_template"


class GroupTemplate(RootModel[dict[str, Any]]):
    """A Kubernetes object; the service looks at what identifies it only."""

    @model_validator(mode="before")
    @classmethod
    def _identifies_itself(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        metadata = value.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        for field, given in (
            ("apiVersion", value.get("apiVersion")),
            ("kind", value.get("kind")),
            ("metadata.name", metadata.get("name")),
        ):
            if not given:
                raise PydanticCustomError(
                    BAD_TEMPLATE,
                    "{field} is missing, which every Kubernetes object needs",
                    {"field": field, "rule": f'must have "{field}" field.'},
                )
        if "namespace" in metadata:
            raise PydanticCustomError(
                BAD_TEMPLATE,
                "cannot be set: OSMO chooses the namespace",
                {
                    "field": "metadata.namespace",
                    "rule": 'must not have "metadata.namespace" set. '
                    "The namespace is assigned by OSMO at runtime.",
                },
            )
        return value


SCHEMAS: dict[str, type[BaseModel]] = dict.fromkeys(("6.2", "6.3", "6.4"), GroupTemplate)
