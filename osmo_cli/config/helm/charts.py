"""The Helm charts that a service's configuration comes from, as data.

Source: docs/service/helm-values.md#charts and docs/service/helm-values.md#chart-defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from osmo_cli.config.helm import derived
from osmo_cli.config.helm.defaults import SECTIONS_6_3, SECTIONS_6_4, SECTIONS_LATER
from osmo_cli.config.problems import Path
from osmo_cli.config.values import ABSENT, value_at
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from osmo_cli.config.registry.dialects import Dialect

Derivation = Callable[[Any, dict[str, Any], derived.Release], None]
"""Changes the sections as a chart does; takes the merged values, the sections and the release."""

_EXTERNAL_URL = (
    r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[1-9][0-9]{0,4})?"
    r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*"
)
_SECRET_KEY = r"[A-Za-z0-9._-]+"  # noqa: S105


@dataclass(frozen=True)
class Requirement:
    """What a chart refuses to render without.

    Attributes:
        path: of the value, from the top.
        pattern: what a value must match; by default anything but an empty one.
        unless: path of a switch that makes the value unnecessary.
        words: the pattern in words.
    """

    path: Path
    pattern: str = r"(?s).+"
    unless: Path | None = None
    words: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes:
        name: what `--chart` takes.
        summary: what it is, for help.
        block: path of the values that hold the configuration.
        sections: what each section is set to by default, by its name in the values.
        values: other defaults, from the top of the values.
        switch: key of the block that turns the configuration on; None: it is always on.
        snapshot: key of the block that replaces the default sections as a whole; None: none does.
        writes_empty_sections: the file has every section, also an empty one.
        secret_refs: key of the block that lists the Secrets to mount, or None.
        mounting: how the service gets at a Secret; may hold `{name}`.
        derivations: what the chart writes itself.
        snapshot_derivations: the same for a snapshot.
        requirements: what it does not render without.
        refused: switches and blocks that it refuses, with the reason.
        derived: what to do about a value that the chart writes itself, by path below the sections.
        external_url: it writes `externalUrl` as `service_base_url`.
        storage: how its values name storage: `buckets` of one store, `locations` (addresses), or
            None where the section's own fields do.
        also: what else there is to know about values of this chart.
    """

    name: str
    summary: str
    block: Path
    sections: Mapping[str, Any]
    mounting: str
    values: Mapping[str, Any] = field(default_factory=dict)
    switch: str | None = "enabled"
    snapshot: str | None = None
    writes_empty_sections: bool = False
    secret_refs: str | None = "secretRefs"  # noqa: S105
    derivations: tuple[Derivation, ...] = ()
    snapshot_derivations: tuple[Derivation, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    refused: Mapping[Path, str] = field(default_factory=dict)
    derived: Mapping[Path, str] = field(default_factory=dict)
    external_url: bool = False
    storage: str | None = None
    also: str | None = None

    @property
    def defaults(self) -> dict[str, Any]:
        """All default values, from the top."""
        block = dict(self.sections)
        if self.switch is not None:
            block[self.switch] = False
        if self.snapshot is not None:
            block[self.snapshot] = None
        result: dict[str, Any] = block
        for step in reversed(self.block):
            result = {str(step): result}
        return result | dict(self.values)

    @property
    def writes_to(self) -> Path:
        """Where a whole configuration goes."""
        return self.block if self.snapshot is None else (*self.block, self.snapshot)

    def sections_at(self, values: Any) -> Path:
        """Where `values` hold their sections: in the snapshot, if there is one."""
        if self.snapshot is not None:
            inside = (*self.block, self.snapshot)
            if value_at(values, inside) is not None:
                return inside
        return self.block

    def sets(self, path: Path) -> bool:
        """Whether the default sections have a value at `path`, so that null removes it.

        The path of an empty section counts as none.
        """
        value = value_at(self.sections, path, ABSENT)
        return value is not ABSENT and not (len(path) == 1 and value == {})

    def note_on(self, path: Path) -> str | None:
        """What the chart does with a value at `path` or around it."""
        return next(
            (note for at, note in self.derived.items() if path[: len(at)] == at),
            None,
        )


_STORAGE = (
    "the osmo chart replaces this from externalDependencies.objectStorage and "
    "secrets.objectStorage: set those instead"
)
_ADDRESS = "the osmo chart always writes externalUrl here: set that instead"
_IMAGES = "the osmo chart fills this in from imageRegistry, imageRepository and imageTag"
_EMBEDDED = ("embeddedDependencies", "objectStorage", "enabled")
_OBJECTS = ("externalDependencies", "objectStorage")

SERVICE = Chart(
    name="service",
    summary="the service chart, for 6.3",
    block=("services", "configs"),
    sections=SECTIONS_6_3,
    mounting="add `- secretName: {name}` to services.configs.secretRefs",
    derivations=(derived.address_from_hostname,),
)
SERVICE_6_4 = replace(
    SERVICE,
    name="service-6.4",
    summary="the service chart of August 2026, for 6.4",
    sections=SECTIONS_6_4,
    derivations=(derived.address_from_hostname, derived.namespaces),
)
OSMO = Chart(
    name="osmo",
    summary="the unified osmo chart of August 2026, for 6.4",
    block=("configuration",),
    sections=SECTIONS_6_4,
    mounting="mount it at /etc/osmo/secrets/{name} in api, worker, logger and agent (extraVolumes "
    "and extraVolumeMounts; with the `service` chart, secretRefs)",
    values={
        "externalUrl": "",
        "embeddedDependencies": {
            "objectStorage": {
                "enabled": False,
                "buckets": {name: f"osmo-{name}" for name in derived.LOCATIONS.values()},
            }
        },
        "secrets": {"objectStorage": {"keys": {"credentials": "object-storage.yaml"}}},
        "rustfs": {
            "secret": {"existingSecret": "osmo-rustfs-credentials"},
            "service": {"endpoint": {"port": 9000}},
            "config": {"rustfs": {"region": "us-east-1"}},
        },
    },
    secret_refs=None,
    derivations=(derived.address_from_external_url, derived.storage, derived.namespaces),
    requirements=(
        Requirement(("externalUrl",), _EXTERNAL_URL, words="an http or https address"),
        Requirement(
            ("externalDependencies", "postgresql", "host"),
            unless=("embeddedDependencies", "postgresql", "enabled"),
        ),
        Requirement(
            ("externalDependencies", "valkey", "host"),
            unless=("embeddedDependencies", "valkey", "enabled"),
        ),
        Requirement((*_OBJECTS, "endpoint"), unless=_EMBEDDED),
        *(
            Requirement((*_OBJECTS, "buckets", name), unless=_EMBEDDED)
            for name in derived.LOCATIONS.values()
        ),
        Requirement(("secrets", "objectStorage", "existingSecret"), unless=_EMBEDDED),
        Requirement(
            ("secrets", "objectStorage", "keys", "credentials"),
            _SECRET_KEY,
            words="a key of a Secret: letters, digits, ., _ and -",
        ),
    ),
    refused={
        ("planes", "compute", "enabled"): "this chart cannot deploy the compute plane",
        ("controlPlane",): "this chart does not take it; its services are set directly",
        ("components",): "this chart does not take it; its services are set directly",
    },
    derived={
        ("service", "service_base_url"): _ADDRESS,
        **{("workflow", name): _STORAGE for name in derived.LOCATIONS},
    },
    external_url=True,
    storage="buckets",
    also="for the `service` chart, write services.configs instead of configuration",
)
OSMO_SNAPSHOT = Chart(
    name="osmo-snapshot",
    summary="the later osmo chart, with configuration.snapshot",
    block=("configuration",),
    sections=SECTIONS_LATER,
    mounting="add `- secretName: {name}` to configuration.secretRefs",
    values={
        "externalUrl": "http://osmo-gateway",
        "imageRegistry": "nvcr.io",
        "imageRepository": "nvidia/osmo",
        "imageTag": "latest",
        "embeddedDependencies": {"objectStorage": {"enabled": True}},
        "secrets": {"objectStorage": {"keys": {"credentials": "object-storage.yaml"}}},
    },
    switch=None,
    snapshot="snapshot",
    writes_empty_sections=True,
    derivations=(
        derived.address_from_external_url,
        derived.credentials,
        derived.images,
        derived.namespaces,
    ),
    snapshot_derivations=(
        derived.address_from_external_url,
        derived.images,
        derived.namespaces,
    ),
    requirements=(Requirement(("externalUrl",), _EXTERNAL_URL, words="an http or https address"),),
    derived={
        ("service", "service_base_url"): _ADDRESS,
        ("workflow", "backend_images", "init"): _IMAGES,
        ("workflow", "backend_images", "client"): _IMAGES,
    },
    external_url=True,
    storage="locations",
)
CHARTS: dict[str, Chart] = {
    chart.name: chart for chart in (SERVICE, SERVICE_6_4, OSMO, OSMO_SNAPSHOT)
}
"""Charts by name."""


def chart_of(dialect: Dialect) -> Chart | None:
    """The chart that a service of `dialect` usually comes from; None for one without."""
    return CHARTS[dialect.helm_chart] if dialect.helm_chart is not None else None
