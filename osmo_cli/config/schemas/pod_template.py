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
        yield from checks(pods.container_fields, "fields of a container", containers)
        yield from checks(kubernetes.dns_label, "a name", f"{containers}.name")
        yield from checks(
            kubernetes.quantity,
            "an amount, such as `500m` or `1Gi`",
            f"{containers}.resources.limits.*",
            f"{containers}.resources.requests.*",
        )
        yield from checks(
            kubernetes.mapping,
            "an object",
            f"{containers}.resources",
            f"{containers}.resources.limits",
            f"{containers}.resources.requests",
        )


DEFINITION = Definition(
    models={"seed": PodTemplate},
    helm_section="podTemplates",
    checks=(
        *checks(pods.pod_fields, "fields of a pod", ""),
        *placeholder_checks(),
        *checks(
            kubernetes.mapping,
            "an object",
            "spec",
            "metadata",
            "metadata.labels",
            "metadata.annotations",
            "spec.nodeSelector",
            "spec.affinity",
            "spec.securityContext",
        ),
        *checks(
            kubernetes.mappings,
            "a list of objects",
            "spec.containers",
            "spec.initContainers",
            "spec.volumes",
            "spec.tolerations",
            "spec.imagePullSecrets",
            "spec.resourceClaims",
        ),
        *kubernetes.label_checks("metadata.labels", "spec.nodeSelector"),
        *kubernetes.annotation_checks("metadata.annotations"),
        *checks(pods.pod_spec_fields, "fields of a pod's spec", "spec"),
        *checks(pods.toleration, "a toleration", "spec.tolerations.*"),
        *checks(kubernetes.dns_label, "a name", "spec.volumes.*.name"),
        *_container_checks(),
    ),
    known_fields=frozenset(pods.POD_FIELDS),
    initial_names=frozenset({"default_ctrl", "default_user"}),
)
