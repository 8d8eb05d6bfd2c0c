"""The Helm charts that a service's configuration comes from, as data.

Source: docs/service/helm-values.md#charts and docs/service/helm-values.md#chart-defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from osmo_cli.config.problems import Path


def _keys(*names: str) -> dict[str, Any]:
    """A map with these keys, whose values are no maps."""
    return {name: {} for name in names}


_DEFAULTS: dict[str, Any] = {
    "workflow": _keys("default_exec_timeout", "max_exec_timeout", "max_num_tasks"),
    "pools": {
        "default": {
            **_keys("backend", "description", "default_platform"),
            **_keys("common_pod_template", "common_resource_validations"),
            "common_default_variables": _keys(
                "USER_CPU", "USER_GPU", "USER_MEMORY", "USER_STORAGE"
            ),
            "platforms": {"default": {}},
        }
    },
    "podTemplates": {
        name: {"spec": _keys("containers")} for name in ("default_ctrl", "default_user")
    },
    "resourceValidations": _keys("default_cpu", "default_memory", "default_gpu", "default_storage"),
    "backends": {
        "default": {
            "description": {},
            "scheduler_settings": _keys("scheduler_name", "scheduler_timeout", "scheduler_type"),
        }
    },
    "roles": {
        name: _keys("description", "policies", "external_roles")
        for name in ("osmo-admin", "osmo-user", "osmo-default", "osmo-ctrl", "osmo-backend")
    },
}
_STORAGE = (
    "the osmo chart replaces this from externalDependencies.objectStorage and "
    "secrets.objectStorage: set those instead"
)


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes:
        root: the block of the values that holds the configuration.
        defaults: keys of the values that the chart sets by default, below `root`; a key whose
            value is not a map has an empty one.
        mounting: how the service gets at a Secret; may hold `{name}`.
        derived: what to do about a value that the chart writes itself, by path below `root`.
        also: what else there is to know about values of this chart.
    """

    root: str
    mounting: str
    defaults: Mapping[str, Any] = field(default_factory=lambda: _DEFAULTS)
    derived: Mapping[Path, str] = field(default_factory=dict)
    also: str | None = None

    def sets(self, path: Path) -> bool:
        """Whether the chart's defaults have a value at `path`, so that null removes it."""
        here = self.defaults
        for step in path:
            if step not in here:
                return False
            here = here[str(step)]
        return True

    def note_on(self, path: Path) -> str | None:
        """What the chart does with a value at `path` or around it."""
        return next(
            (note for at, note in self.derived.items() if path[: len(at)] == at),
            None,
        )


_SERVICE = Chart(
    root="services.configs",
    mounting="add `- secretName: {name}` to services.configs.secretRefs",
)
_OSMO = Chart(
    root="configuration",
    mounting="mount it at /etc/osmo/secrets/{name} in api, worker, logger and agent (extraVolumes "
    "and extraVolumeMounts; with the `service` chart, secretRefs)",
    defaults={**_DEFAULTS, "workflow": {**_DEFAULTS["workflow"], "labels_config": {"policy": {}}}},
    derived={
        ("service", "service_base_url"): "the osmo chart always writes externalUrl here: "
        "set that instead",
        **{
            ("workflow", name): _STORAGE
            for name in ("workflow_data", "workflow_log", "workflow_app")
        },
    },
    also="for the `service` chart, write services.configs instead of configuration",
)
CHARTS: dict[str, Chart] = {chart.root: chart for chart in (_SERVICE, _OSMO)}
"""Charts by the block that holds the configuration."""
