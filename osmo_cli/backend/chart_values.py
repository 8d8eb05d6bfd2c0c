"""Values of the operator's chart (docs/service/backend-operator.md#chart-values)."""

from __future__ import annotations

from typing import Any

from osmo_cli.backend.registration import PULL_SECRET, TOKEN_KEY, Registration


def chart_values(registration: Registration) -> dict[str, Any]:
    """The values with which the operator's chart is deployed."""
    namespaces = registration.namespaces
    common = {
        "osmoImageTag": registration.image_tag,
        "serviceUrl": registration.service_url,
        "agentNamespace": namespaces.operator,
        "backendNamespace": namespaces.workflows,
        "backendTestNamespace": namespaces.tests,
        "backendName": registration.backend,
        "accountTokenSecret": registration.token_secret,
        "accountTokenSecretKey": TOKEN_KEY,
        "loginMethod": "token",
    }
    if registration.pulls_images:
        common["imagePullSecret"] = PULL_SECRET
    extra = dict(registration.facts.values)
    return {"global": common | extra.pop("global", {}), **extra}


def control_values(registration: Registration) -> dict[str, Any]:
    """The values with which the service's own chart accepts the operator's bootstrap token
    (docs/service/backend-operator.md#bootstrap-secrets)."""
    credential = {
        "name": registration.token,
        "existingSecret": {"name": registration.token_secret},
    }
    return {"services": {"backendApiTokens": {"enabled": True, "credentials": [credential]}}}
