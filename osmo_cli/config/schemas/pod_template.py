"""POD_TEMPLATE: pieces of Kubernetes pods; the service takes any object (api.md 3.9)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, RootModel

from osmo_cli.config.registry.dialects import DIALECTS


class PodTemplate(RootModel[dict[str, Any]]):
    """A piece of a pod."""


SCHEMAS: dict[str, type[BaseModel]] = dict.fromkeys(DIALECTS, PodTemplate)
