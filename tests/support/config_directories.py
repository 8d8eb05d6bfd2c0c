"""Directories of configurations, and a shell of a service that they can be applied to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from osmo_cli.local.admin import add_backend
from tests.support.databases import new_database
from tests.support.processes import Shell

CONFIGS: dict[str, Any] = {
    "workflow.yaml": {"max_num_tasks": 50},
    "pod_template/a100.json": {"spec": {"nodeSelector": {"gpu": "a100"}}},
    "backend/gpu-a.yaml": {"description": "Rack 4"},
    "pool/research.yaml": {
        "description": "Research",
        "backend": "gpu-a",
        "common_pod_template": ["a100"],
    },
}


def local_shell(folder: Path, dialect: str) -> Shell:
    """A shell that uses the embedded service without a server, with the backend gpu-a."""
    database = folder / "service.db"
    new_database(database, dialect)
    add_backend(database, "gpu-a")
    return Shell.at(folder / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(database))


def write_configs(shell: Shell, files: Mapping[str, Any], folder: str = "configs") -> None:
    """Write files into a directory of the shell's home."""
    for name, content in files.items():
        path = shell.home / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content) if path.suffix == ".json" else yaml.safe_dump(content))
