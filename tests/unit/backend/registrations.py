"""Registrations for tests, one for each version."""

from __future__ import annotations

from osmo_cli.backend.names import credential_name
from osmo_cli.backend.registration import Namespaces, Registration, chart_version
from osmo_cli.config.registry.dialects import Dialect


def registration_for(dialect: Dialect, backend: str = "gpu-a", **changes: object) -> Registration:
    facts = dialect.operator_chart
    version, tag = chart_version(facts, None, facts.image_tag or "6.0.0")
    values: dict[str, object] = {
        "backend": backend,
        "service_url": "https://osmo.example.com",
        "namespaces": Namespaces("osmo", "default", "osmo-test", "osmo"),
        "token": f"{backend}-token",
        "bootstrap": dialect.bootstrap_secrets,
        "token_secret": facts.token_secret.format(credential=credential_name(backend)),
        "pulls_images": True,
        "chart": "osmo/backend-operator",
        "chart_version": version,
        "image_tag": tag,
        "kube_context": "",
        "facts": facts,
    }
    return Registration(**(values | changes))  # type: ignore[arg-type]
