from __future__ import annotations

import kubernetes_validate
import pytest
import yaml

from osmo_cli.backend.manifests import (
    full_name,
    image_pull_secret,
    is_control,
    manifests,
    namespace,
    secret,
    token_in,
    write_manifests,
)
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from tests.support.kubernetes_clients import KubernetesClients
from tests.unit.backend.registrations import registration_for

TOKEN = "t" * 43
KEY = "nvapi-key"
KEYS = ["nvapi-AbC_d-123", "a<&>b", "é\u2028'\"\\", "$HOME `x`", "a:b=c"]
BY_NAME = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)


@BY_NAME
def test_manifests_fit_the_schemas_of_kubernetes(dialect: Dialect) -> None:
    objects = manifests(registration_for(dialect), TOKEN, KEY)
    assert {item["kind"] for item in objects} == {"Namespace", "Secret"}
    for item in objects:
        kubernetes_validate.validate(item, "1.31", strict=True)


@BY_NAME
def test_each_cluster_gets_its_own_secret(dialect: Dialect) -> None:
    objects = manifests(registration_for(dialect), TOKEN, KEY)
    text = write_manifests(objects)
    assert list(yaml.safe_load_all(text)) == objects
    assert token_in(text) == TOKEN
    assert token_in(text, control=True) == (TOKEN if dialect.bootstrap_secrets else None)
    names = [full_name(item) for item in objects if not is_control(item)]
    assert len(set(names)) == len(names)
    assert "namespace/default" not in names
    assert {"namespace/osmo", "namespace/osmo-test"} <= set(names)
    assert {"secret/osmo/nvcr-secret", "secret/osmo-test/nvcr-secret"} <= set(names)


def test_without_a_token_and_a_key_there_is_no_secret() -> None:
    objects = manifests(registration_for(DIALECTS["6.0"]), None, None)
    assert {item["kind"] for item in objects} == {"Namespace"}
    assert token_in(write_manifests(objects)) is None


@pytest.mark.parametrize("text", ["", "a: b", "- 1", "kind: Secret", "{"])
def test_what_is_not_manifests_has_no_token(text: str) -> None:
    with pytest.raises(ValueError, match="Kubernetes objects"):
        token_in(text)


@pytest.mark.parametrize("key", KEYS)
def test_an_image_pull_secret_is_the_one_of_kubectl(
    kubernetes_clients: KubernetesClients, key: str
) -> None:
    made = kubernetes_clients.run(
        "kubectl",
        *("create", "secret", "docker-registry", "nvcr-secret", "-n", "osmo"),
        *("--docker-server=nvcr.io", "--docker-username=$oauthtoken", f"--docker-password={key}"),
        *("--dry-run=client", "-o", "yaml"),
    )
    assert made.returncode == 0, made.stderr
    ours = image_pull_secret("nvcr-secret", "osmo", "nvcr.io", "$oauthtoken", key)
    assert write_manifests([ours]) == made.stdout


def test_a_token_secret_and_a_namespace_are_those_of_kubectl(
    kubernetes_clients: KubernetesClients,
) -> None:
    dry = ("--dry-run=client", "-o", "yaml")
    literal = f"--from-literal=token={TOKEN}"
    words = ("create", "secret", "generic", "agent-token", "-n", "osmo", literal)
    made = kubernetes_clients.run("kubectl", *words, *dry)
    assert made.stdout == write_manifests([secret("agent-token", "osmo", {"token": TOKEN})])
    made = kubernetes_clients.run("kubectl", "create", "namespace", "osmo", *dry)
    assert {**namespace("osmo"), "spec": {}, "status": {}} == yaml.safe_load(made.stdout)
