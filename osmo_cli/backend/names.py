"""Names of a backend and of what its operator needs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from osmo_cli.accounts.names import check_name
from osmo_cli.accounts.tokens import NAME_PATTERN
from osmo_cli.errors import UsageError

BACKEND_PATTERN = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SECRET_PATTERN = rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*"
_NAMESPACE_PATTERN = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
# The chart writes the name without quotes (docs/service/backend-operator.md#chart-values).
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_YAML_NUMBER = re.compile(
    r"[0-9][0-9_]*(\.[0-9_]*)?([eE][0-9]+)?|0x[0-9a-fA-F_]+|0o?[0-7_]+|0b[01_]+"
)


def check_backend_name(name: str) -> str:
    """Return the name of a backend to register.

    Raises:
        UsageError: it cannot be part of a path, or the operator's chart would not write it as a
            string.
    """
    check_name(
        name,
        BACKEND_PATTERN,
        what="the name of a backend",
        rule="use ASCII letters, digits, -, _ and .; start and end with a letter or digit",
    )
    if name.lower() in _YAML_WORDS or _YAML_NUMBER.fullmatch(name):
        raise UsageError(
            f'"{name}" cannot be the name of a backend: YAML reads it as a boolean or number, '
            "and the operator's chart does not quote it",
            hint=f"for example backend-{name}",
        )
    return name


def check_namespace(name: str) -> str:
    """Return the name of a Kubernetes namespace. Raises UsageError if it is invalid."""
    return check_name(
        name,
        _NAMESPACE_PATTERN,
        what="the name of a Kubernetes namespace",
        rule="use up to 63 of a-z, 0-9 and -; start and end with a letter or digit",
    )


@dataclass(frozen=True)
class SecretRef:
    """A Kubernetes Secret, by its namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def check_secret_ref(text: str) -> SecretRef:
    """Return the Secret that `NAMESPACE/NAME` names. Raises UsageError if it is invalid."""
    namespace, slash, name = text.partition("/")
    if not slash:
        raise UsageError(
            f'"{text}" is not a Secret', hint="write it as NAMESPACE/NAME, such as osmo/agent-token"
        )
    check_name(
        name,
        _SECRET_PATTERN,
        what="the name of a Kubernetes Secret",
        rule="use up to 253 of a-z, 0-9, - and .; start and end with a letter or digit",
    )
    return SecretRef(check_namespace(namespace), name)


def token_name(backend: str) -> str:
    """The default name of the access token of a backend's operator."""
    name = re.sub(r"[^a-zA-Z0-9_-]", "-", backend) + "-token"
    return name if re.match(NAME_PATTERN, name) else f"backend-{name}"


def role_name(backend: str) -> str:
    """The name of the role that allows an operator to connect as this backend only.

    It does not start with `osmo-`, as the roles of pools do (docs/service/role.md#standard-roles).
    """
    return f"backend-{backend}"


def credential_name(backend: str) -> str:
    """The name of a backend's bootstrap credential
    (docs/service/backend-operator.md#bootstrap-secrets)."""
    return re.sub(r"[^a-z0-9]+", "-", backend.lower())
