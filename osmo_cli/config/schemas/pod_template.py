"""POD_TEMPLATE: parts of Kubernetes pods (docs/service/templates.md#pod-templates).

The service stores any object; whether Kubernetes accepts it shows only when a workflow runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import RootModel

from osmo_cli.config.registry.definition import Check, Definition, checks
from osmo_cli.config.schemas.rules import kubernetes, pods
from osmo_cli.config.schemas.rules.placeholders import placeholder_checks


class PodTemplate(RootModel[dict[str, Any]]):
    """A part of a pod."""


def _container_checks() -> Iterator[Check]:
    for containers in ("spec.containers.*", "spec.initContainers.*"):
        yield from checks(kubernetes.dns_label, "a name", f"{containers}.name")
        yield from checks(
            kubernetes.quantity,
            "an amount, such as `500m` or `1Gi`",
            f"{containers}.resources.limits.*",
            f"{containers}.resources.requests.*",
        )


DEFINITION = Definition(
    models={"seed": PodTemplate},
    helm_section="podTemplates",
    checks=(
        *checks(pods.pod, "fields of a pod, with the types of Kubernetes", ""),
        *placeholder_checks(),
        *kubernetes.label_checks("metadata.labels", "spec.nodeSelector"),
        *kubernetes.annotation_checks("metadata.annotations"),
        *checks(pods.toleration, "a toleration", "spec.tolerations.*"),
        *checks(kubernetes.dns_label, "a name", "spec.volumes.*.name"),
        *_container_checks(),
    ),
    known_fields=pods.POD_FIELDS,
    initial_names={
        "seed": frozenset({"default_amd64", "default_ctrl", "default_user"}),
        "6.0": frozenset({"default_ctrl", "default_user"}),
    },
)
