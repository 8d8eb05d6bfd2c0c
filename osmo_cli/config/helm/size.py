"""The size of the ConfigMap that holds a configuration (docs/service/helm-values.md#yaml)."""

from __future__ import annotations

import json
from typing import Any

from osmo_cli.config.problems import Problem

LIMIT = 1024 * 1024
"""What Kubernetes accepts as the data of a ConfigMap, in bytes."""
_NEAR = 900 * 1024
_CERTAINLY_SMALL = 256 * 1024
"""Size as JSON below which YAML, with its indentation, is not near the limit."""


def configmap_size(file: Any) -> int:
    """Return the size in bytes of the YAML that a chart writes, or of its JSON if that is small."""
    size = len(json.dumps(file, ensure_ascii=False).encode())
    if size < _CERTAINLY_SMALL:
        return size
    from osmo_cli.config.helm.values_yaml import write_values

    return len(write_values(file).encode())


def size_problem(file: Any, name: str) -> Problem | None:
    """Return what is wrong with the size of a configuration that comes from the file `name`."""
    size = configmap_size(file)
    if size <= _NEAR:
        return None
    words = f"the configuration has {size // 1024:,} KiB; a ConfigMap holds {LIMIT // 1024:,} KiB"
    hint = "remove templates, pools or roles that are not used"
    return Problem(words, name, hint=hint, severity="error" if size > LIMIT else "warning")
