"""What charts write into the configuration themselves (docs/service/helm-values.md#charts)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osmo_cli.config.values import value_at
from osmo_cli.quick_dataclass import dataclass

LOCATIONS = {"workflow_data": "workflows", "workflow_log": "logs", "workflow_app": "apps"}
"""Fields of `workflow` with a storage location, and its name in the `osmo` charts."""


@dataclass(frozen=True)
class Release:
    """The name and namespace that a chart is installed with."""

    name: str = "osmo"
    namespace: str = "osmo"


def address_from_hostname(values: Any, sections: dict[str, Any], release: Release) -> None:
    """`service_base_url` from `services.service.hostname`, if the section has anything at all."""
    service = sections.get("service")
    hostname = value_at(values, ("services", "service", "hostname"))
    if service and hostname and not service.get("service_base_url"):
        service["service_base_url"] = f"https://{hostname}"


def address_from_external_url(values: Any, sections: dict[str, Any], release: Release) -> None:
    """`service_base_url`, always."""
    service = sections.get("service") or {}
    sections["service"] = service | {"service_base_url": values.get("externalUrl")}


def namespaces(values: Any, sections: dict[str, Any], release: Release) -> None:
    """`k8s_namespace` of backends that have none: the namespace of the release."""
    for backend in _maps(sections.get("backends")):
        if not backend.get("k8s_namespace"):
            backend["k8s_namespace"] = release.namespace


def _maps(section: Any) -> list[dict[str, Any]]:
    if not isinstance(section, dict):
        return []
    return [item for item in section.values() if isinstance(item, dict)]


def storage(values: Any, sections: dict[str, Any], release: Release) -> None:
    """Replace the storage locations of `workflow`, with all that is in them."""
    workflow = sections.get("workflow")
    if not workflow:
        return
    embedded = value_at(values, ("embeddedDependencies", "objectStorage")) or {}
    external = value_at(values, ("externalDependencies", "objectStorage")) or {}
    settings = value_at(values, ("secrets", "objectStorage")) or {}
    if embedded.get("enabled"):
        port = value_at(values, ("rustfs", "service", "endpoint", "port"))
        buckets = embedded.get("buckets")
        address: Any = f"http://{release.name}-rustfs-svc:{port}"
        region = value_at(values, ("rustfs", "config", "rustfs", "region"))
        secret = value_at(values, ("rustfs", "secret", "existingSecret"))
    else:
        buckets = external.get("buckets")
        address, region = external.get("endpoint"), external.get("region")
        secret = settings.get("existingSecret")
    for field, location in LOCATIONS.items():
        credential = {
            "endpoint": f"s3://{value_at(buckets, (location,))}/{location}",
            "override_url": address,
            "region": region,
            "secretName": secret,
            "secretKey": value_at(settings, ("keys", "credentials")),
        }
        workflow[field] = {"credential": _filled(credential)}


def credentials(values: Any, sections: dict[str, Any], release: Release) -> None:
    """Replace the credentials of the storage locations, and keep what is beside them."""
    workflow = sections.get("workflow")
    if not workflow:
        return
    settings = value_at(values, ("secrets", "objectStorage")) or {}
    for field, location in LOCATIONS.items():
        credential = _credential(values, settings, location, release)
        beside = workflow.get(field)
        workflow[field] = (beside if isinstance(beside, dict) else {}) | {
            "credential": _filled(credential)
        }


def _credential(
    values: Any, settings: Mapping[str, Any], location: str, release: Release
) -> dict[str, Any]:
    secret = {
        "secretName": settings.get("existingSecret"),
        "secretKey": value_at(settings, ("keys", "credentials")),
    }
    if value_at(values, ("embeddedDependencies", "objectStorage", "enabled")):
        return {
            "endpoint": f"s3://osmo-{location}/{location}",
            "override_url": f"http://{release.name}-rustfs-svc.{release.namespace}.svc:9000",
            "region": "us-east-1",
            **secret,
            "secretName": secret["secretName"] or f"{release.name}-rustfs-credentials",
        }
    external = value_at(values, ("externalDependencies", "objectStorage")) or {}
    of_location = value_at(settings, ("credentialSecretRefs", location)) or {}
    if value_at(external, ("authentication", "type")) == "sdkDefault":
        secret = {}
    elif of_location.get("name"):
        secret = {"secretName": of_location["name"], "secretKey": of_location.get("key")}
    return {
        "endpoint": value_at(external, ("locations", location)),
        "override_url": value_at(external, ("s3", "overrideUrl")),
        "region": value_at(external, ("s3", "region")),
        **secret,
    }


def images(values: Any, sections: dict[str, Any], release: Release) -> None:
    """`backend_images.init` and `client`, if `workflow` has anything at all."""
    workflow = sections.get("workflow")
    if not workflow:
        return
    base = f"{values.get('imageRegistry')}/{values.get('imageRepository')}"
    tag = values.get("imageTag")
    given = workflow.get("backend_images") or {}
    workflow["backend_images"] = {
        "init": f"{base}/init-container:{tag}",
        "client": f"{base}/client:{tag}",
    } | _filled(given)


def _filled(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if inner not in (None, "")}
