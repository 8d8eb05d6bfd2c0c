"""GROUP_TEMPLATE: Kubernetes objects that each group of tasks gets.

The service checks only what identifies the object (docs/service/templates.md#group-templates).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import RootModel, model_validator
from pydantic_core import PydanticCustomError

from osmo_cli.config.registry.definition import Definition, Finding, checks, warning
from osmo_cli.config.schemas.rules import kubernetes
from osmo_cli.config.schemas.rules.placeholders import placeholder_checks

BAD_TEMPLATE = "group_template"
_API_VERSION = re.compile(r"([a-z0-9.-]+/)?v[a-z0-9]+")


class GroupTemplate(RootModel[dict[str, Any]]):
    """A Kubernetes object."""

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
                    "{field} is required in a Kubernetes object",
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


def _api_version(value: Any) -> Iterator[Finding]:
    is_version = isinstance(value, str) and _API_VERSION.fullmatch(value)
    if not is_version and not kubernetes.has_placeholder(value):
        yield Finding("must be an API version such as v1 or resource.nvidia.com/v1beta1")


def _kind(value: Any) -> Iterator[Finding]:
    if not isinstance(value, str):
        yield Finding("must be a string", "such as ConfigMap")


def _name(value: Any) -> Iterator[Finding]:
    if not isinstance(value, str):
        yield Finding("must be a string")
    elif not kubernetes.has_placeholder(value):
        hint = 'add "{{WF_GROUP_UUID}}" to it'
        yield warning("every group of tasks would create an object with this same name", hint)
        if not kubernetes.is_subdomain(value):
            yield warning("most Kubernetes names may have a-z, 0-9, - and . only")


DEFINITION = Definition(
    models={"6.2": GroupTemplate},
    helm_section="groupTemplates",
    checks=(
        *placeholder_checks(),
        *checks(_api_version, "an API version", "apiVersion"),
        *checks(_name, "different for each group", "metadata.name"),
        *checks(kubernetes.mapping, "an object", "metadata"),
        *checks(_kind, "a string", "kind"),
        *kubernetes.label_checks("metadata.labels"),
        *kubernetes.annotation_checks("metadata.annotations"),
    ),
    keywords={
        "": {
            "properties": {
                "apiVersion": {"type": "string", "description": "Version of the Kubernetes API."},
                "kind": {"type": "string", "description": "Kind of the object."},
                "metadata": {
                    "type": "object",
                    "description": "Identifies the object; OSMO chooses the namespace.",
                    "properties": {
                        "name": {"type": "string", "description": "Name of the object."},
                        "namespace": False,
                    },
                    "required": ["name"],
                },
            },
            "required": ["apiVersion", "kind", "metadata"],
        }
    },
)
