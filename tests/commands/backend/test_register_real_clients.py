"""`osmo backend register --apply` with real kubectl and helm, on a small API server of the test."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.kubernetes_clients import KubernetesClients
from tests.support.loopback import Request, Server
from tests.support.loopback import answer as wire
from tests.support.processes import Shell

KINDS = {"namespaces": "Namespace", "secrets": "Secret"}


@dataclass
class Cluster:
    """An API server that keeps namespaces and Secrets, as far as kubectl needs it."""

    objects: dict[str, Any] = field(default_factory=dict)

    def script(self, request: Request) -> bytes:
        path = request.target.partition("?")[0].rstrip("/")
        if path == "/api":
            return _json({"kind": "APIVersions", "versions": ["v1"]})
        if path == "/apis":
            return _json({"kind": "APIGroupList", "apiVersion": "v1", "groups": []})
        if path == "/api/v1":
            return _json(_resources())
        if request.method == "POST":
            new = json.loads(request.body)
            self.objects[f"{path}/{new['metadata']['name']}"] = new
            return _json(new, 201)
        if request.method == "GET" and path in self.objects:
            return _json(self.objects[path])
        if request.method == "DELETE" and self.objects.pop(path, None):
            return _json({"kind": "Status", "apiVersion": "v1", "status": "Success"})
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404}
        return _json({**status, "reason": "NotFound", "message": f"{path} not found"}, 404)


def _json(value: Any, status: int = 200) -> bytes:
    return wire(status, json.dumps(value))


def _resources() -> dict[str, Any]:
    verbs = ["create", "delete", "get", "list", "patch"]
    resources = [
        {"name": name, "kind": kind, "namespaced": kind == "Secret", "verbs": verbs}
        for name, kind in KINDS.items()
    ]
    return {"kind": "APIResourceList", "groupVersion": "v1", "resources": resources}


def kubeconfig(url: str) -> str:
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "gpu",
            "clusters": [{"name": "gpu", "cluster": {"server": url}}],
            "users": [{"name": "gpu", "user": {}}],
            "contexts": [{"name": "gpu", "context": {"cluster": "gpu", "user": "gpu"}}],
        }
    )


def test_kubectl_applies_the_manifests_and_undo_deletes_them(
    tmp_path: Path, kubernetes_clients: KubernetesClients
) -> None:
    cluster = Cluster()
    with Server(cluster.script) as server:
        shell = Shell.at(
            tmp_path / "home",
            OSMO_URL="local",
            NGC_API_KEY="nvapi-the-registry-key",
            KUBECONFIG=str(tmp_path / "kubeconfig"),
        )
        (tmp_path / "kubeconfig").write_text(kubeconfig(server.url))
        bin = tmp_path / "bin"
        bin.mkdir()
        # Validation needs the whole OpenAPI document of a cluster.
        (bin / "kubectl").write_text(
            f'#!/bin/sh\ncase "$*" in *apply*) set -- "$@" --validate=false ;; esac\n'
            f'exec {kubernetes_clients.kubectl} "$@"\n'
        )
        (bin / "helm").write_text("#!/bin/sh\ncat >/dev/null\necho '{\"version\": 1}'\n")
        for path in bin.iterdir():
            path.chmod(0o755)
        shell.env["PATH"] = f"{bin}{os.pathsep}{shell.env['PATH']}"
        shell.ok("local", "reset", "--dialect", "6.4")
        shell.ok("local", "add-backend", "gpu-a")
        register = ("backend", "register", "gpu-a", "--out", "out", "--kube-context", "gpu")
        done = shell.osmo(*register, "--apply", "--service-url", "https://osmo.example.com")
        assert done.code == 0, done
        secrets = {path for path in cluster.objects if "/secrets/" in path}
        # The Secret for the service's own cluster is not applied to this one.
        assert secrets == {
            "/api/v1/namespaces/osmo/secrets/nvcr-secret",
            "/api/v1/namespaces/osmo/secrets/osmo-backend-token-gpu-a",
            "/api/v1/namespaces/osmo-test/secrets/nvcr-secret",
        }
        assert "created secret/osmo/osmo-backend-token-gpu-a in the cluster" in done.err
        undone = shell.osmo(*register, "--undo")
        assert undone.code == 0, undone
        assert not [path for path in cluster.objects if "/secrets/" in path]
        assert "kept namespace/osmo in the cluster" in undone.err
        assert set(cluster.objects) == {"/api/v1/namespaces/osmo", "/api/v1/namespaces/osmo-test"}


def test_helm_has_the_options_that_are_used(kubernetes_clients: KubernetesClients) -> None:
    used = {
        ("upgrade",): ("--install", "--version", "--values", "--output", "--kube-context"),
        ("uninstall",): ("--ignore-not-found", "--namespace"),
        ("repo", "add"): ("--force-update", "--username", "--password-stdin"),
    }
    for words, options in used.items():
        text = kubernetes_clients.run("helm", *words, "--help").stdout
        assert [option for option in options if option not in text] == []
