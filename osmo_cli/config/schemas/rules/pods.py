"""Fields of Kubernetes pods and their types.

A template is a part of a pod, so that nothing is required. A field that is not known here is a
warning, since a later version of Kubernetes may have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from osmo_cli.config.problems import Path
from osmo_cli.config.registry.definition import Finding, warning
from osmo_cli.config.schemas.rules.kubernetes import has_placeholder


@dataclass(frozen=True)
class _Object:
    """An object of Kubernetes.

    Attributes:
        name: what it is, for messages.
        fields: its fields with their types.
        is_open: it may have other fields.
    """

    name: str
    fields: Mapping[str, _Type]
    is_open: bool = False


@dataclass(frozen=True)
class _List:
    item: _Object


_Type = Literal["string", "boolean", "integer", "object", "objects", "strings", "any"] | (
    _Object | _List
)


def _same(kind: _Type, *names: str) -> dict[str, _Type]:
    return dict.fromkeys(names, kind)


_CONTAINER_SECURITY = _Object(
    "a container's securityContext",
    {
        **_same("boolean", "allowPrivilegeEscalation", "privileged", "readOnlyRootFilesystem"),
        **_same("integer", "runAsGroup", "runAsUser"),
        **_same("object", "appArmorProfile", "seLinuxOptions", "seccompProfile", "windowsOptions"),
        "capabilities": _Object("capabilities", _same("strings", "add", "drop")),
        "procMount": "string",
        "runAsNonRoot": "boolean",
    },
)
_PROBE = _Object(
    "a probe",
    {
        **_same("object", "exec", "grpc", "httpGet", "tcpSocket"),
        **_same(
            "integer",
            "failureThreshold",
            "initialDelaySeconds",
            "periodSeconds",
            "successThreshold",
            "terminationGracePeriodSeconds",
            "timeoutSeconds",
        ),
    },
)
_CONTAINER = _Object(
    "a container",
    {
        **_same("strings", "args", "command"),
        "env": _List(
            _Object(
                "an environment variable",
                {"name": "string", "value": "string", "valueFrom": "object"},
            )
        ),
        **_same("objects", "envFrom", "resizePolicy", "volumeDevices"),
        **_same("string", "image", "imagePullPolicy", "restartPolicy", "workingDir"),
        **_same("string", "terminationMessagePath", "terminationMessagePolicy"),
        "lifecycle": "object",
        **_same(_PROBE, "livenessProbe", "readinessProbe", "startupProbe"),
        # Checked in more detail elsewhere.
        "name": "any",
        "ports": _List(
            _Object(
                "a port",
                {
                    **_same("integer", "containerPort", "hostPort"),
                    **_same("string", "hostIP", "name", "protocol"),
                },
            )
        ),
        "resources": _Object(
            "resources", {"claims": "objects", **_same("object", "limits", "requests")}
        ),
        "securityContext": _CONTAINER_SECURITY,
        **_same("boolean", "stdin", "stdinOnce", "tty"),
        "volumeMounts": _List(
            _Object(
                "a volume mount",
                {
                    **_same("string", "mountPath", "mountPropagation", "name"),
                    **_same("string", "recursiveReadOnly", "subPath", "subPathExpr"),
                    "readOnly": "boolean",
                },
            )
        ),
    },
)
_VOLUME = _Object(
    "a volume",
    {
        "name": "any",
        "emptyDir": _Object("an emptyDir", {"medium": "string", "sizeLimit": "any"}),
        "hostPath": _Object("a hostPath", _same("string", "path", "type")),
        **_same(
            "object",
            "awsElasticBlockStore",
            "azureDisk",
            "azureFile",
            "cephfs",
            "cinder",
            "configMap",
            "csi",
            "downwardAPI",
            "ephemeral",
            "fc",
            "flexVolume",
            "flocker",
            "gcePersistentDisk",
            "gitRepo",
            "glusterfs",
            "image",
            "iscsi",
            "nfs",
            "persistentVolumeClaim",
            "photonPersistentDisk",
            "portworxVolume",
            "projected",
            "quobyte",
            "rbd",
            "scaleIO",
            "secret",
            "storageos",
            "vsphereVolume",
        ),
    },
)
_POD_SECURITY = _Object(
    "a pod's securityContext",
    {
        **_same("integer", "fsGroup", "runAsGroup", "runAsUser"),
        **_same("string", "fsGroupChangePolicy", "seLinuxChangePolicy"),
        **_same("object", "appArmorProfile", "seLinuxOptions", "seccompProfile", "windowsOptions"),
        "runAsNonRoot": "boolean",
        "supplementalGroups": "any",
        "supplementalGroupsPolicy": "string",
        "sysctls": "objects",
    },
)
_TOLERATION = _Object(
    "a toleration",
    {**_same("any", "effect", "key", "operator", "value"), "tolerationSeconds": "integer"},
)
_SPEC = _Object(
    "a pod's spec",
    {
        **_same("integer", "activeDeadlineSeconds", "priority", "terminationGracePeriodSeconds"),
        **_same("object", "affinity", "dnsConfig", "nodeSelector", "os", "overhead", "resources"),
        **_same("boolean", "automountServiceAccountToken", "enableServiceLinks"),
        **_same("boolean", "hostIPC", "hostNetwork", "hostPID", "hostUsers"),
        **_same("boolean", "setHostnameAsFQDN", "shareProcessNamespace"),
        **_same(_List(_CONTAINER), "containers", "initContainers"),
        **_same("objects", "ephemeralContainers", "hostAliases", "imagePullSecrets"),
        **_same("objects", "readinessGates", "resourceClaims", "schedulingGates"),
        **_same("string", "dnsPolicy", "hostname", "hostnameOverride", "nodeName"),
        **_same("string", "preemptionPolicy", "priorityClassName", "restartPolicy"),
        **_same("string", "runtimeClassName", "schedulerName", "subdomain"),
        **_same("string", "serviceAccount", "serviceAccountName"),
        "securityContext": _POD_SECURITY,
        "tolerations": _List(_TOLERATION),
        "topologySpreadConstraints": "objects",
        "volumes": _List(_VOLUME),
    },
)
_METADATA = _Object("metadata", _same("object", "annotations", "labels"), is_open=True)
_POD = _Object(
    "a pod", {**_same("string", "apiVersion", "kind"), "metadata": _METADATA, "spec": _SPEC}
)
POD_FIELDS = frozenset(_POD.fields)
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_EXPECTED = {
    "string": (str, "a string"),
    "boolean": (bool, "true or false"),
    "integer": (int, "an integer"),
    "object": (dict, "an object"),
}


def pod(value: Any) -> Iterator[Finding]:
    """Check the fields of a pod and their types, at every depth that is known here."""
    if isinstance(value, dict):
        yield from _fields(value, _POD, ())


def _check(value: Any, kind: _Type, at: Path) -> Iterator[Finding]:
    if value is None or kind == "any" or has_placeholder(value):
        return
    if isinstance(kind, _List):
        yield from _items(value, kind.item, at)
    elif kind == "objects":
        yield from _items(value, "object", at)
    elif kind == "strings":
        yield from _items(value, "string", at)
    elif isinstance(kind, _Object):
        if isinstance(value, dict):
            yield from _fields(value, kind, at)
        else:
            yield Finding("must be an object", at=at)
    else:
        yield from _scalar(value, kind, at)


def _items(value: Any, kind: _Type, at: Path) -> Iterator[Finding]:
    if not isinstance(value, list):
        yield Finding("must be a list", at=at)
        return
    for index, item in enumerate(value):
        yield from _check(item, kind, (*at, index))


def _scalar(value: Any, kind: str, at: Path) -> Iterator[Finding]:
    expected, words = _EXPECTED[kind]
    is_integral = kind == "integer" and isinstance(value, float) and value.is_integer()
    if is_integral or (
        isinstance(value, expected) and (kind == "boolean" or not isinstance(value, bool))
    ):
        return
    yield Finding(f"must be {words}", _quotes_hint(value, kind), at=at)


def _quotes_hint(value: Any, kind: str) -> str | None:
    if kind == "string" and not isinstance(value, dict | list):
        return "write it in double quotes"
    is_boolean = kind == "boolean" and value in ("true", "false")
    is_number = kind == "integer" and isinstance(value, str) and value.isdecimal()
    return "write it without quotes" if is_boolean or is_number else None


def _fields(value: dict[str, Any], kind: _Object, at: Path) -> Iterator[Finding]:
    for field, inner in value.items():
        if field in kind.fields:
            yield from _check(inner, kind.fields[field], (*at, field))
        elif not kind.is_open:
            message = f"Kubernetes has no such field in {kind.name}"
            yield warning(message, _instead(field, kind), at=(*at, field), at_key=True)


def _instead(field: str, kind: _Object) -> str | None:
    if kind is _POD and field in _SPEC.fields:
        return 'put it into "spec"'
    if near := get_close_matches(field, kind.fields, n=1):
        return f'did you mean "{near[0]}"?'
    return f"fields: {', '.join(kind.fields)}" if kind is _POD else None


def toleration(value: Any) -> Iterator[Finding]:
    """Check a toleration of taints."""
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
        yield Finding('cannot be set with operator "Exists"', at=("value",))
    is_equal = operator != "Exists" and not is_wrong and not has_placeholder(operator)
    if is_equal and not value.get("key"):
        hint = 'set the taint\'s key, or operator "Exists" for all taints'
        yield Finding("a toleration needs a key", hint)
