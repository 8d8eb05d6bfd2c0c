"""The kubectl and helm commands that deploy a backend's operator and remove it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from osmo_cli.backend.registration import (
    CHART,
    CHART_REPOSITORY,
    CONTROL_LABEL,
    REGISTRY_USER,
    RELEASE,
    Operator,
    Registration,
)

CONTROL_COMMENT = "    # in the cluster of the service"
KEY_VARIABLE = "NGC_API_KEY"
"""The environment variable with the key that pulls images and charts."""


def apply_manifests(registration: Registration, file: str) -> list[str]:
    """Create the namespaces and Secrets of the backend's cluster."""
    selector = _not_control() if registration.bootstrap else ()
    return _kubectl(registration, "apply", "--filename", file, *selector)


def apply_other_manifests(file: str) -> list[str]:
    """Create what is not for the service's cluster."""
    return ["kubectl", "apply", "--filename", file, *_not_control()]


def _not_control() -> tuple[str, str]:
    label, value = CONTROL_LABEL
    return "--selector", f"{label}!={value}"


def apply_control_manifests(file: str) -> list[str]:
    """Create the Secret of the service's cluster."""
    label, value = CONTROL_LABEL
    return ["kubectl", "apply", "--filename", file, "--selector", f"{label}={value}"]


def add_repository(registration: Registration) -> list[str]:
    """Make the chart's repository known; its password is read from standard input."""
    name = CHART.partition("/")[0]
    login = ["--username", REGISTRY_USER, "--password-stdin"] if registration.pulls_images else []
    return ["helm", "repo", "add", name, CHART_REPOSITORY, "--force-update", *login]


def install(registration: Registration, values: str) -> list[str]:
    """Deploy the operator, or change a deployed one."""
    return _helm(
        registration,
        *("upgrade", "--install", RELEASE, registration.chart),
        *("--version", registration.chart_version, "--values", values),
    )


def show_pods(registration: Registration) -> list[str]:
    """Show the operator's pods."""
    return _kubectl(registration, "get", "pods", "--namespace", registration.namespaces.operator)


def restart(registration: Registration) -> list[str]:
    """Restart the operator, so that it reads its token again."""
    namespace = registration.namespaces.operator
    names = [f"{RELEASE}-osmo-backend-{part}" for part in ("listener", "worker")]
    words = ["rollout", "restart", "deployment", *names, "--namespace", namespace]
    return _kubectl(registration, *words)


def uninstall(operator: Operator) -> list[str]:
    """Remove the operator."""
    return _helm(operator, "uninstall", RELEASE, "--ignore-not-found")


def delete_secret(operator: Operator, namespace: str, name: str) -> list[str]:
    """Delete a Secret of the backend's cluster."""
    words = ["delete", "secret", name, "--namespace", namespace, "--ignore-not-found"]
    return _kubectl(operator, *words)


def removal(operator: Operator) -> list[list[str]]:
    """Remove the operator and its token; namespaces stay, with whatever is in them."""
    namespaces, name = operator.namespaces, operator.token_secret
    lines = [uninstall(operator), delete_secret(operator, namespaces.operator, name)]
    if operator.bootstrap:
        # The cluster of the service, whose context is not known.
        words = ["delete", "secret", name, "--namespace", namespaces.control, "--ignore-not-found"]
        lines.append(["kubectl", *words])
    return lines


def command_line(words: Sequence[str]) -> str:
    """A command as it is typed into a shell."""
    return shlex.join(words)


def removal_lines(operator: Operator) -> list[str]:
    """The commands of `removal`, as typed into a shell."""
    lines = [command_line(words) for words in removal(operator)]
    if operator.bootstrap:
        lines[-1] += CONTROL_COMMENT
    return lines


def repository_lines(registration: Registration) -> list[str]:
    """The commands that make the chart's repository known, as typed into a shell."""
    if registration.chart != CHART:
        return []
    line = command_line(add_repository(registration))
    if registration.pulls_images:
        line = f'printf %s "${KEY_VARIABLE}" | {line}'
    return [line, command_line(["helm", "repo", "update", CHART.partition("/")[0]])]


def _kubectl(operator: Operator, *words: str) -> list[str]:
    context = operator.kube_context
    return ["kubectl", *(["--context", context] if context else []), *words]


def _helm(operator: Operator, *words: str) -> list[str]:
    context = operator.kube_context
    return [
        *("helm", *words, "--namespace", operator.namespaces.operator),
        *(["--kube-context", context] if context else []),
    ]
