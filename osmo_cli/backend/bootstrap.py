"""Rotating the token of a bootstrap Secret: the service accepts the old one beside the new one
(docs/service/backend-operator.md#rotation)."""

from __future__ import annotations

import base64
import shlex
from dataclasses import dataclass, field
from typing import Any

from osmo_cli.backend.manifests import secret, write_manifests
from osmo_cli.backend.names import SecretRef
from osmo_cli.backend.registration import CONTROL_LABEL, TOKEN_KEY
from osmo_cli.config.problems import InvalidInputError
from osmo_cli.errors import UsageError

PREVIOUS_KEY = "previous-token"


@dataclass(frozen=True)
class BootstrapSecret:
    """A bootstrap Secret as its cluster has it.

    Attributes:
        ref: its namespace and name.
        labels: its labels, which its manifests keep.
        token: the token.
        previous: the token before that, where a rotation is not finished.
    """

    ref: SecretRef
    labels: dict[str, str]
    token: str = field(repr=False)
    previous: str | None = field(repr=False)

    def rotated(self, token: str, others: tuple[SecretRef, ...]) -> str:
        """Return the manifests in which a new token has the place of this one.

        Args:
            token: the new token.
            others: further Secrets that get the new token, such as the operator's.
        """
        own = secret(
            self.ref.name, self.ref.namespace, {PREVIOUS_KEY: self.token, TOKEN_KEY: token}
        )
        own["metadata"]["labels"] = self.labels | dict([CONTROL_LABEL])
        return write_manifests(
            [own, *(secret(ref.name, ref.namespace, {TOKEN_KEY: token}) for ref in others)]
        )


def parse_bootstrap_secret(file: str, text: str) -> BootstrapSecret:
    """Return the Secret in the output of `kubectl get secret NAME -o yaml` (or `json`).

    Args:
        file: name of the file, for messages.
        text: the manifest.

    Raises:
        UsageError: it is not the manifest of one Secret with a token.
    """
    from osmo_cli.config.reading.yaml_text import parse_yaml

    try:
        item = parse_yaml(file, text).value
        metadata, data = item["metadata"], item["data"]
        if item["kind"] != "Secret":
            raise ValueError
        return BootstrapSecret(
            SecretRef(str(metadata["namespace"]), str(metadata["name"])),
            {str(key): str(value) for key, value in (metadata.get("labels") or {}).items()},
            _decoded(data[TOKEN_KEY]),
            _decoded(data[PREVIOUS_KEY]) if PREVIOUS_KEY in data else None,
        )
    except (InvalidInputError, KeyError, TypeError, AttributeError, ValueError):
        # The text holds a secret, so that nothing of it is shown.
        raise UsageError(
            f"{file} is not the manifest of one Secret with a key {TOKEN_KEY}",
            hint="kubectl get secret NAME --namespace NAMESPACE --output yaml prints it",
        ) from None


def forget_previous(ref: SecretRef) -> str:
    """The command that ends the overlap: it removes the old token from the Secret."""
    patch = f'[{{"op": "remove", "path": "/data/{PREVIOUS_KEY}"}}]'
    words = ["kubectl", "patch", "secret", ref.name, "--namespace", ref.namespace]
    return shlex.join([*words, "--type", "json", "--patch", patch])


def _decoded(value: Any) -> str:
    return base64.b64decode(value, validate=True).decode("ascii").strip()
