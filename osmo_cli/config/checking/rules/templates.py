"""POD_TEMPLATE and GROUP_TEMPLATE: the service takes anything, Kubernetes does not (api.md 3.9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from osmo_cli.config.checking.rules.kubernetes import has_placeholder, is_subdomain
from osmo_cli.config.checking.rules.rule import Finding, Rule, warning

_POD = ("apiVersion", "kind", "metadata", "spec")
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
_API_VERSION = re.compile(r"([a-z0-9.-]+/)?v[a-z0-9]+")


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
        if field in _POD:
            continue
        hint = f"fields: {', '.join(_POD)}"
        if field in _SPEC:
            hint = 'put it into "spec"'
        elif near := get_close_matches(field, _POD, n=1):
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


def api_version(value: Any) -> Iterator[Finding]:
    """`v1`, or `group/v1`."""
    is_one = isinstance(value, str) and _API_VERSION.fullmatch(value)
    if not is_one and not has_placeholder(value):
        yield Finding("not a version of an API, such as v1 or resource.nvidia.com/v1beta1")


def kind(value: Any) -> Iterator[Finding]:
    """The kind of an object."""
    if not isinstance(value, str):
        yield Finding("must be a text", "such as ConfigMap")


def of_each_group(value: Any) -> Iterator[Finding]:
    """The name of an object that is made for each group of tasks."""
    if not isinstance(value, str):
        yield Finding("must be a text")
    elif not has_placeholder(value):
        hint = 'put "{{WF_GROUP_UUID}}" into it'
        yield warning("every group of tasks would make an object of this one name", hint)
        if not is_subdomain(value):
            yield warning("most kinds of objects have names of a-z, 0-9, - and . only")
