"""A user and a service of one generation, configured by its database or by Helm values."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from tests.support.deploying import deploy_values
from tests.support.processes import Result, Shell, serving

_RELOAD_SECONDS = 20.0
MANAGED = "ConfigMap"
WORLDS = [
    *DIALECTS,
    *(f"{name} {MANAGED}" for name, dialect in DIALECTS.items() if dialect.helm_root),
]
"""Every generation, and again those whose configuration can come from a chart."""

_CHART: dict[str, Any] = {
    "backends": {"gpu-a": {"k8s_namespace": "osmo"}},
    "workflow": {},
    "service": {},
    "pools": {"default": {"backend": "gpu-a"}},
    "pod_templates": {},
    "resource_validations": {},
    "roles": {"osmo-user": {"description": "Users", "policies": []}},
}


@dataclass
class World:
    """A shell of an administrator, and what its service is like.

    Attributes:
        url: of the service.
        configmap: the file that the service's configuration comes from, or None.
    """

    shell: Shell
    url: str
    dialect: Dialect
    configmap: Path | None

    def change(self, *words: str, until: Callable[[], bool]) -> Result:
        """Run a command that writes, and carry out what it says where the service refuses writes.

        Args:
            words: the command.
            until: tells that the service serves the change.
        """
        result = self.shell.osmo(*words)
        if self.configmap is None:
            assert result.code == 0, result
            return result
        assert result.code == 6, result
        assert "traceback" not in result.err.lower()
        self.deploy(result)
        deadline = time.monotonic() + _RELOAD_SECONDS
        while not until() and time.monotonic() < deadline:
            time.sleep(0.1)
        return result

    def deploy(self, refusal: Result) -> None:
        """What an administrator does with the printed values: merge, as Helm does, and deploy."""
        assert self.configmap is not None
        content = yaml.safe_load(self.configmap.read_text())
        deploy_values(content, refusal, self.dialect)
        new = self.configmap.with_suffix(".new")
        new.write_text(yaml.safe_dump(content))
        new.replace(self.configmap)

    def shown(self, *words: str) -> Any:
        """What `osmo config show` shows; None where there is no such thing."""
        result = self.shell.osmo("config", "show", *words)
        return json.loads(result.out) if result.code == 0 else None

    def writes(self, *words: str) -> int:
        """How many requests other than GET a command sends."""
        debugged = self.shell.osmo("--debug", *words).err
        return len(re.findall(r"^debug: (?!GET)[A-Z]+ ", debugged, re.MULTILINE))


@contextmanager
def world(name: str, folder: Path) -> Iterator[World]:
    """The world of that name (`WORLDS`), with an administrator and the backend gpu-a."""
    speaks, _, managed = name.partition(" ")
    configmap = None
    if managed:
        folder.mkdir(parents=True, exist_ok=True)
        configmap = folder / "config.yaml"
        configmap.write_text(yaml.safe_dump(_CHART))
    with serving(folder / "service", dialect=speaks, configmap=configmap) as service:
        shell = Shell.at(folder / "user")
        shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        yield World(shell, service.url, DIALECTS[speaks], configmap)
