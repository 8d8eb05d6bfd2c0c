"""Kubernetes objects of a backend, written as `kubectl create --dry-run=client -o yaml` does."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any

from osmo_cli.backend.names import SecretRef
from osmo_cli.backend.registration import (
    CONTROL_LABEL,
    PULL_SECRET,
    REGISTRY,
    REGISTRY_USER,
    TOKEN_KEY,
    Registration,
)

_SEPARATOR = "---\n"
_ESCAPES = {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def namespace(name: str) -> dict[str, Any]:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def secret(name: str, namespace: str, data: dict[str, str], type: str = "") -> dict[str, Any]:
    """A Secret.

    Args:
        name: its name.
        namespace: its namespace.
        data: texts by key.
        type: its type; "" for a generic one.
    """
    return {
        "apiVersion": "v1",
        "data": {key: _base64(text) for key, text in data.items()},
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        **({"type": type} if type else {}),
    }


def image_pull_secret(
    name: str, namespace: str, registry: str, user: str, password: str
) -> dict[str, Any]:
    """A Secret with which images are pulled from a registry."""
    entry = {"username": user, "password": password, "auth": _base64(f"{user}:{password}")}
    text = json.dumps({"auths": {registry: entry}}, ensure_ascii=False, separators=(",", ":"))
    for character, escape in _ESCAPES.items():  # as Go's encoder, which kubectl uses
        text = text.replace(character, escape)
    kind = "kubernetes.io/dockerconfigjson"
    return secret(name, namespace, {".dockerconfigjson": text}, kind)


def manifests(
    registration: Registration, token: str | None, registry_key: str | None
) -> list[dict[str, Any]]:
    """The objects that a backend needs before its operator is deployed.

    Args:
        registration: the backend.
        token: text of the operator's token; None leaves its Secret out.
        registry_key: the key that pulls images; None leaves its Secrets out.
    """
    namespaces = registration.namespaces
    objects = [namespace(name) for name in namespaces.to_create()]
    if token is not None:
        objects += _token_secrets(registration, token)
    if registry_key is not None:
        # The tests of a backend pull images too (docs/service/backend-operator.md#chart-values).
        objects += [
            image_pull_secret(PULL_SECRET, name, REGISTRY, REGISTRY_USER, registry_key)
            for name in dict.fromkeys((namespaces.operator, namespaces.tests))
        ]
    return objects


def _token_secrets(registration: Registration, token: str) -> Iterator[dict[str, Any]]:
    data = {TOKEN_KEY: token}
    yield secret(registration.token_secret, registration.namespaces.operator, data)
    if registration.bootstrap:
        control = secret(registration.token_secret, registration.namespaces.control, data)
        label, value = CONTROL_LABEL
        yield control | {"metadata": control["metadata"] | {"labels": {label: value}}}


def secret_manifests(refs: Sequence[SecretRef], data: dict[str, str]) -> str:
    """The manifests of several Secrets with the same data, as a YAML stream."""
    return write_manifests([secret(ref.name, ref.namespace, data) for ref in refs])


def is_control(item: dict[str, Any]) -> bool:
    """Whether an object is for the cluster of the service, not of the backend."""
    label, value = CONTROL_LABEL
    return bool(item["metadata"].get("labels", {}).get(label) == value)


def full_name(item: dict[str, Any]) -> str:
    """The name of an object, such as `secret/osmo/agent-token` or `namespace/osmo`."""
    metadata = item["metadata"]
    parts = [item["kind"].lower(), metadata.get("namespace", ""), metadata["name"]]
    return "/".join(part for part in parts if part)


def secret_texts(objects: Sequence[dict[str, Any]]) -> list[str]:
    """What is secret in the text of manifests: the encoded data of their Secrets."""
    return [text for item in objects for text in item.get("data", {}).values()]


def write_manifests(objects: Sequence[dict[str, Any]]) -> str:
    """The objects as a YAML stream."""
    from osmo_cli.config.reading.yaml_text import write_yaml

    return _SEPARATOR.join(write_yaml(item) for item in objects)


def token_in(text: str, name: str | None = None, *, control: bool = False) -> str | None:
    """The token in the manifests that `write_manifests` wrote, or None.

    Args:
        text: the manifests.
        name: name of the Secret that holds the token; None for the first Secret with a token.
        control: the Secret of the service's cluster, not of the backend's.

    Raises:
        ValueError: the text is not such a stream.
    """
    from osmo_cli.config.problems import InvalidInputError
    from osmo_cli.config.reading.yaml_text import parse_yaml

    for part in text.split(f"\n{_SEPARATOR}"):
        try:
            item = parse_yaml("manifests", part).value
            if item["kind"] == "Secret" and is_control(item) is control:
                is_named = name in (None, item["metadata"]["name"])
                if is_named and TOKEN_KEY in item["data"]:
                    return base64.b64decode(item["data"][TOKEN_KEY], validate=True).decode()
        except (InvalidInputError, KeyError, TypeError, AttributeError, ValueError):
            raise ValueError("not a list of Kubernetes objects") from None
    return None


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
