"""Fields of Kubernetes pods."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from osmo_cli.config.registry.definition import Finding, Rule, warning
from osmo_cli.config.schemas.rules.kubernetes import has_placeholder

POD_FIELDS = ("apiVersion", "kind", "metadata", "spec")
_SPEC = (
    *("activeDeadlineSeconds", "affinity", "automountServiceAccountToken", "containers"),
    *("dnsConfig", "dnsPolicy", "enableServiceLinks", "ephemeralContainers", "hostAliases"),
    *("hostIPC", "hostNetwork", "hostPID", "hostUsers", "hostname", "hostnameOverride"),
    *("imagePullSecrets", "initContainers", "nodeName", "nodeSelector", "os", "overhead"),
    *("preemptionPolicy", "priority", "priorityClassName", "readinessGates", "resourceClaims"),
    *("resources", "restartPolicy", "runtimeClassName", "schedulerName", "schedulingGates"),
    *("securityContext", "serviceAccount", "serviceAccountName", "setHostnameAsFQDN"),
    *("shareProcessNamespace", "subdomain", "terminationGracePeriodSeconds", "tolerations"),
    *("topologySpreadConstraints", "volumes"),
)
_CONTAINER = (
    *("args", "command", "env", "envFrom", "image", "imagePullPolicy", "lifecycle"),
    *("livenessProbe", "name", "ports", "readinessProbe", "resizePolicy", "resources"),
    *("restartPolicy", "securityContext", "startupProbe", "stdin", "stdinOnce"),
    *("terminationMessagePath", "terminationMessagePolicy", "tty", "volumeDevices"),
    *("volumeMounts", "workingDir"),
)
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def _misspelt(known: tuple[str, ...], kind: str) -> Rule:
    """A rule: no field that looks like one of `known` and is none; new ones are no mistake."""

    def rule(value: Any) -> Iterator[Finding]:
        for field in value if isinstance(value, dict) else ():
            near = get_close_matches(field, known, n=1, cutoff=0.8) if field not in known else []
            if near:
                message = f"Kubernetes knows no such field of {kind}"
                yield warning(message, f'did you mean "{near[0]}"?', at=(field,), at_key=True)

    return rule


pod_spec_fields = _misspelt(_SPEC, "a pod's spec")
container_fields = _misspelt(_CONTAINER, "a container")


def pod_fields(value: Any) -> Iterator[Finding]:
    """The fields of a pod; of `spec` the fields stand in it, not beside it."""
    for field in value if isinstance(value, dict) else ():
        if field in POD_FIELDS:
            continue
        hint = f"fields: {', '.join(POD_FIELDS)}"
        if field in _SPEC:
            hint = 'put it into "spec"'
        elif near := get_close_matches(field, POD_FIELDS, n=1):
            hint = f'did you mean "{near[0]}"?'
        yield warning("a pod has no such field", hint, at=(field,), at_key=True)


def toleration(value: Any) -> Iterator[Finding]:
    """One toleration of taints."""
    if not isinstance(value, dict):
        return
    operator, effect = value.get("operator"), value.get("effect")
    is_wrong = not has_placeholder(operator) and operator not in (None, "", "Exists", "Equal")
    if is_wrong:
        yield Finding('must be "Exists" or "Equal"', at=("operator",))
    if not has_placeholder(effect) and effect not in (None, "", *_EFFECTS):
        names = ", ".join(f'"{name}"' for name in _EFFECTS[:-1])
        yield Finding(f'must be {names} or "{_EFFECTS[-1]}"', at=("effect",))
    if operator == "Exists" and value.get("value"):
        yield Finding('cannot be given with operator "Exists"', at=("value",))
    is_equal = operator != "Exists" and not is_wrong and not has_placeholder(operator)
    if is_equal and not value.get("key"):
        hint = 'give the taint\'s key, or operator "Exists" for all taints'
        yield Finding("a toleration without a key", hint)
