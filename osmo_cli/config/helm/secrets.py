"""The Kubernetes Secrets that values refer to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from osmo_cli.config.problems import Path, path_text

_LONGEST_NAME = 56


@dataclass(frozen=True)
class SecretToCreate:
    """A Secret that must exist when the values are deployed.

    Attributes:
        name: its name.
        key: the key whose content is a YAML mapping.
        fields: the keys of that mapping.
        path: the place in the values that refers to it.
    """

    name: str
    key: str
    fields: tuple[str, ...]
    path: Path


def secret_name(path: Path) -> str:
    """A name for the Secret of a field: `osmo-workflow-log-credential`."""
    words = "-".join(str(step) for step in path[-2:]).lower()
    plain = "".join(char if char.isascii() and char.isalnum() else "-" for char in words)
    return f"osmo-{plain}"[:_LONGEST_NAME].strip("-")


def secrets_template(secrets: Iterable[SecretToCreate]) -> str:
    """Return manifests of Secrets whose values are still to be written."""
    from osmo_cli.config.helm.values_yaml import write_values

    parts = []
    for secret in secrets:
        content = "".join(f'{name}: ""\n' for name in secret.fields)
        manifest: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": secret.name},
            "type": "Opaque",
            "stringData": {secret.key: content},
        }
        comment = f"# {path_text(secret.path)}\n"
        parts.append(comment + write_values(manifest))
    return "---\n".join(parts)
