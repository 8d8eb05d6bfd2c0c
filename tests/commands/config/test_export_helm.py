"""`osmo config export --helm`: a service of 6.3 becomes values from which 6.4 is the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from osmo_cli.config.changes.merge import differences
from osmo_cli.config.helm.charts import CHARTS
from osmo_cli.config.helm.inputs import values_inputs
from osmo_cli.config.helm.reading import parse_values
from osmo_cli.config.helm.render import file_section, render
from osmo_cli.config.registry.dialects import V6_3, V6_4
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.secrets import MASK
from osmo_cli.local.admin import add_backend
from tests.support.databases import new_database
from tests.support.kubernetes_clients import KubernetesClients
from tests.support.processes import Shell
from tests.support.values_compared import different_objects

SECRET = "the-secret-value"
CREDENTIAL = {"endpoint": "s3://b/workflows", "region": "us-west-2", "access_key_id": "id"}
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data:
  config.yaml: |
{{- $sections := dict }}
{{- range $name := list "service" "workflow" "pools" "podTemplates" "resourceValidations"
     "backends" "backendTests" "groupTemplates" "roles" }}
{{- with index $.Values.configuration $name }}
{{- $_ := set $sections (snakecase $name) . }}
{{- end }}
{{- end }}
{{ toYaml $sections | indent 4 }}
"""


def given() -> dict[tuple[str, str | None], Any]:
    """What an administrator stored on the 6.3 service."""
    objects: dict[tuple[str, str | None], Any] = {
        ("SERVICE", None): {
            "service_base_url": "https://osmo.example.com",
            "agent_queue_size": 2048,
        },
        ("WORKFLOW", None): {
            "max_num_tasks": 250,
            "workflow_data": {"credential": CREDENTIAL | {"access_key": SECRET}},
            "workflow_alerts": {
                "slack_token": SECRET,
                "smtp_settings": {"host": "h", "sender": "s", "password": SECRET},
            },
            "backend_images": {
                "credential": {"registry": "nvcr.io", "username": "u", "auth": SECRET}
            },
        },
        ("DATASET", None): {
            "default_bucket": "d",
            "buckets": {"d": {"dataset_path": "s3://b/d", "description": "Data"}},
        },
        ("BACKEND_TEST", "nccl"): {
            "name": "nccl",
            "description": "d",
            "cron_schedule": "0 * * * *",
            "common_pod_template": ["y"],
            "node_conditions": ["osmo.nvidia.com/nccl"],
        },
        ("ROLE", "ops"): {
            "name": "ops",
            "description": "08",
            "policies": [{"actions": ["pool:List", "config:Read"], "resources": ["*"]}],
            "external_roles": ["idp-ops"],
            "sync_mode": "force",
        },
        ("POD_TEMPLATE", "y"): {"spec": {"nodeSelector": {"on": "1e3"}, "priority": 5}},
        ("GROUP_TEMPLATE", "net"): {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "net"},
            "data": {"x": "0755"},
        },
    }
    for number in range(20):
        objects["POOL", f"pool-{number}"] = {
            "backend": "gpu-a",
            "description": f"Pool {number}",
            "default_platform": "h100",
            "common_pod_template": ["default_user", "y"],
            "platforms": {"h100": {"description": "H100"}, "a100": {}},
        }
    return objects


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("source")
    db = folder / "local.db"
    new_database(db, V6_3.name)
    add_backend(db, "gpu-a")
    add_backend(db, "default")
    shell = Shell.at(folder / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(db))
    order = list(CONFIG_TYPES)
    for (kind, name), value in sorted(given().items(), key=lambda entry: order.index(entry[0][0])):
        words = [kind] if name is None else [kind, name, "--create"]
        done = shell.osmo("config", "update", *words, "-f", "-", input=json.dumps(value))
        assert done.code == 0, done
    done = shell.osmo(
        "config", "update", "BACKEND", "gpu-a", "-f", "-", input='{"tests": ["nccl"]}'
    )
    assert done.code == 0, done
    return shell


def _states(shell: Shell, names: frozenset[str]) -> dict[str, Any]:
    return {
        name: json.loads(shell.ok("config", "show", name, "-t", "json")) for name in sorted(names)
    }


def _load(folder: Path, sections: dict[str, Any], template: Path) -> Shell:
    """A 6.4 service with a configuration and the Secrets of the template, filled in."""
    file, db = folder / "config.yaml", folder / "managed.db"
    file.write_text(yaml.safe_dump(sections))
    for manifest in yaml.safe_load_all(template.read_text()):
        for key, content in manifest["stringData"].items():
            secret = folder / "secrets" / manifest["metadata"]["name"] / key
            secret.parent.mkdir(parents=True, exist_ok=True)
            secret.write_text(content.replace('""', SECRET))
    new_database(db, V6_4.name, managed=True)
    for backend in ("gpu-a", "default"):
        add_backend(db, backend)
    return Shell.at(
        folder / "home",
        OSMO_URL="local",
        OSMO_LOCAL_DB=str(db),
        OSMO_LOCAL_CONFIGMAP=str(file),
    )


def _rendered_by_helm(clients: KubernetesClients, folder: Path, values: Path) -> dict[str, Any]:
    """The configuration that real Helm makes of values, with a chart of the same defaults."""
    chart = folder / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: osmo\nversion: 1.0.0\n")
    (chart / "values.yaml").write_text(json.dumps(CHARTS["osmo"].defaults))
    (chart / "templates" / "config.yaml").write_text(TEMPLATE)
    done = clients.run("helm", "template", "osmo", str(chart), "-f", str(values))
    assert done.returncode == 0, done.stderr
    config: dict[str, Any] = yaml.safe_load(yaml.safe_load(done.stdout)["data"]["config.yaml"])
    return config


def test_a_6_3_service_becomes_a_6_4_service(
    service: Shell, tmp_path: Path, kubernetes_clients: KubernetesClients
) -> None:
    values = tmp_path / "values.yaml"
    done = service.osmo("config", "export", "--helm", str(values), "--chart", "osmo")
    assert done.code == 0, done
    assert SECRET not in values.read_text() + done.out + done.err
    assert MASK not in values.read_text()
    template = tmp_path / "values.secrets.yaml"
    assert template.stat().st_mode & 0o777 == 0o600
    # What has no place there is said, with what to do.
    for part in ("DATASET: d", "workflow.workflow_data: credential"):
        assert re.search(rf"^  {part}: .*; .*", done.err, re.MULTILINE), done.err
    rendered = _rendered_by_helm(kubernetes_clients, tmp_path, values)
    document = parse_values("values.yaml", values.read_text())
    ours = render(CHARTS["osmo"], document.value).sections
    assert document.value["externalUrl"] == "https://osmo.example.com"
    # The chart of the test derives nothing.
    del ours["service"]["service_base_url"]
    for name in ("workflow_data", "workflow_log", "workflow_app"):
        del ours["workflow"][name]
    rendered["service"] = rendered.get("service") or {}
    assert {key: rendered[key] for key in rendered} == {
        file_section(key): value for key, value in ours.items()
    }
    rendered["service"]["service_base_url"] = document.value["externalUrl"]
    managed = _load(tmp_path, rendered, template)
    types = V6_4.config_types
    before, after = _states(service, types), _states(managed, types)
    assert list(_lost(before, after)) == []
    # A plan of the values has nothing to do.
    plan = managed.osmo("config", "plan", "--helm", str(values), "-t", "json")
    assert plan.code == 0, plan
    assert json.loads(plan.out)["changes"] == []
    more = tmp_path / "more.yaml"
    pools = {"pool-3": {"description": "new"}, "pool-20": {"backend": "gpu-a"}}
    more.write_text(json.dumps({"configuration": {"pools": pools, "roles": {"ops": {}}}}))
    plan = managed.osmo("config", "plan", "--helm", str(values), str(more), "-t", "json")
    assert [
        (change["action"], change["type"], change["name"])
        for change in json.loads(plan.out)["changes"]
    ] == [("create", "POOL", "pool-20"), ("update", "POOL", "pool-3")]
    text = values.read_text()
    less = tmp_path / "less.yaml"
    less.write_text(re.sub(r"(?ms)^    pool-7:\n.*?(?=^    pool-8:)", "", text))
    plan = managed.osmo("config", "plan", "--helm", str(less))
    assert "pool-7" in plan.out
    assert "1 to delete" in plan.out, plan
    answers = {CONFIG_TYPES[name].path: state for name, state in after.items()}
    planned = different_objects(values_inputs([document], CHARTS["osmo"], V6_4), answers)
    storage = {"workflow_data", "workflow_log", "workflow_app"}
    assert [name for name, change in planned if change.path[0] not in storage] == []
    assert answers["workflow"]["labels_config"] == {"policy": [], "pod_label_prefix": ""}


IGNORED = {
    # An operator's.
    ("BACKEND", "k8s_uid"),
    # Of the token keys and of storage, which the chart sets.
    ("SERVICE", "service_auth"),
    ("WORKFLOW", "workflow_data"),
    # New in 6.4.
    ("WORKFLOW", "labels_config"),
}


def _lost(before: dict[str, Any], after: dict[str, Any]) -> Any:
    for name, state in before.items():
        config_type = CONFIG_TYPES[name]
        objects = [(None, state, after[name])]
        if config_type.named is not None:
            then, now = config_type.items_in(state), config_type.items_in(after[name])
            assert then.keys() == now.keys(), name
            objects = [(key, then[key], now[key]) for key in then]
        for item, old, new in objects:
            shape = Shape(config_type, V6_4, item)
            wanted = shape.with_kept(new, shape.editable(old))
            for difference in differences(wanted, shape.editable(new)):
                if (name, difference.path[0] if difference.path else "") in IGNORED:
                    continue
                yield name, item, difference


def test_an_existing_file_keeps_its_comments_order_and_quotes(
    service: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(
        "# Ours\n"
        "replicas: 3   # three\n"
        "configuration:\n"
        "  enabled: true\n"
        "  workflow:\n"
        "    # the limit\n"
        "    max_num_tasks: 0250  # as agreed\n"
        "    max_log_lines: 5\n"
        "  podTemplates:\n"
        "    gone: {spec: {}}\n"
        "image: 'a'\n"
    )
    assert service.osmo("config", "export", "--helm", str(file), "--chart", "osmo").code == 0
    text = file.read_text()
    for kept in ("# Ours\nreplicas: 3   # three\n", "    # the limit\n", "image: 'a'\n"):
        assert kept in text
    assert re.search("max_num_tasks: 250 +# as agreed\n", text)
    assert "gone" not in text
    assert "max_log_lines" not in text
    fresh = tmp_path / "fresh.yaml"
    service.ok("config", "export", "--helm", str(fresh), "--chart", "osmo")
    made, alone = (parse_values("v", path.read_text()).value for path in (file, fresh))
    assert made == alone | {"replicas": 3, "image": "a"}
    # Again, it changes nothing.
    assert service.osmo("config", "export", "--helm", str(file), "--chart", "osmo").code == 0
    assert file.read_text() == text


@pytest.mark.sample(1)
@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_renders_to_the_configuration_of_the_service(
    chart: str, service: Shell, tmp_path: Path
) -> None:
    for more in ([], ["--all-fields"]):
        done = service.osmo("config", "export", "--helm", "-", "--chart", chart, *more)
        assert done.code == 0, done
        sections = render(CHARTS[chart], parse_values("v", done.out).value).sections
        assert len(sections["pools"]) == 21
        assert sections["podTemplates"]["y"] == given()["POD_TEMPLATE", "y"]
        assert sections["roles"]["ops"]["sync_mode"] == "force"
        assert sections["workflow"]["max_num_tasks"] == 250
        assert sections["service"]["service_base_url"] == "https://osmo.example.com"
        assert sections["backends"]["gpu-a"]["k8s_namespace"]
        assert ("dataset" in sections) is (chart == "service")
