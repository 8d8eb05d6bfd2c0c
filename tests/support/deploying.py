"""What an administrator does with the Helm values that a refused write prints."""

from __future__ import annotations

import re
from typing import Any

import yaml

from osmo_cli.config.registry.dialects import Dialect
from tests.support.processes import Result


def deploy_values(content: dict[str, Any], refusal: Result, dialect: Dialect) -> None:
    """Change the sections of a ConfigMap's file as stdout and the notes on stderr say.

    Args:
        content: the sections, by their names in the file.
        refusal: the command's output.
        dialect: of the service; names the root of the values.
    """
    assert dialect.helm_root is not None
    values = yaml.safe_load(refusal.out) or {}
    for step in dialect.helm_root.split("."):
        values = values.get(step, {})
    for section, change in values.items():
        merge_values(content.setdefault(snake_case(section), {}), change)
    root = re.escape(dialect.helm_root)
    for path in re.findall(rf"{root}\.(\S+): delete this key", refusal.err):
        _delete(content, path.split("."))


def merge_values(values: dict[str, Any], change: dict[str, Any]) -> None:
    """Merge as Helm does: maps by key, null removes a key, anything else replaces."""
    for key, value in change.items():
        if value is None:
            values.pop(key, None)
        elif isinstance(value, dict) and isinstance(values.get(key), dict):
            merge_values(values[key], value)
        else:
            values[key] = value


def snake_case(name: str) -> str:
    """Return the file's name of a section of the values: `podTemplates` is `pod_templates`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _delete(content: dict[str, Any], steps: list[str]) -> None:
    section, *inner = steps
    target = content[snake_case(section)]
    for step in inner[:-1]:
        target = target[step]
    del target[inner[-1]]
