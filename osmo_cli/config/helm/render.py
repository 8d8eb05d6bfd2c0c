"""What a chart makes of values: the configuration that the service is given.

Equals what the real charts rendered (tests/conformance/test_helm_renders.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

from osmo_cli.config.helm.charts import Chart
from osmo_cli.config.helm.derived import Release
from osmo_cli.config.helm.merge import over_defaults, replaced_maps
from osmo_cli.config.helm.values_yaml import as_served, lost_in_helm
from osmo_cli.config.problems import Path
from osmo_cli.config.values import ABSENT, value_at

_EMPTY: tuple[Any, ...] = (None, {}, [], "", 0, False)


@dataclass(frozen=True)
class Remark:
    """What a chart, or Helm, does with a value.

    Attributes:
        path: of the value, from the top of the values.
        message: what happens, or what is wrong.
        kind: `refused`: nothing is rendered, or the service cannot read it; `missing`: refused,
            unless another values file has the value; `changed`: it arrives as something else.
    """

    path: Path
    message: str
    kind: Literal["refused", "missing", "changed"]


@dataclass(frozen=True)
class Rendered:
    """What a chart renders.

    Attributes:
        sections: the configuration, by the names of sections in the values.
        at: path of the sections in the values.
        enabled: whether the chart writes it.
        remarks: about single values.
    """

    sections: dict[str, Any]
    at: Path
    enabled: bool = True
    remarks: list[Remark] = field(default_factory=list)

    @property
    def file(self) -> dict[str, Any] | None:
        """The content of `config.yaml`; None where the chart writes or renders nothing."""
        if not self.enabled or any(remark.kind != "changed" for remark in self.remarks):
            return None
        return {file_section(name): value for name, value in self.sections.items()}


def file_section(name: str) -> str:
    """The name in the file of a section of the values: `podTemplates` is `pod_templates`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def render(chart: Chart, values: dict[str, Any], release: Release | None = None) -> Rendered:
    """Render merged values, without the chart's defaults, as the chart does."""
    release = release or Release()
    merged = over_defaults(values, chart.defaults)
    at = chart.sections_at(merged)
    is_snapshot = at != chart.block
    sections: dict[str, Any] = {}
    given = value_at(merged, at)
    for name in chart.sections:
        value = value_at(given, (name,), ABSENT)
        if value is not ABSENT and value not in _EMPTY:
            sections[name] = deepcopy(value)
        elif chart.writes_empty_sections:
            sections[name] = {}
    derivations = chart.snapshot_derivations if is_snapshot else chart.derivations
    for derive in derivations:
        derive(merged, sections, release)
    enabled = chart.switch is None or bool(value_at(merged, (*chart.block, chart.switch)))
    remarks = [*_remarks(chart, values, merged), *_lost(sections, at)]
    return Rendered(as_served(sections), at, enabled, remarks)


def _remarks(chart: Chart, values: dict[str, Any], merged: dict[str, Any]) -> Iterator[Remark]:
    for length in range(1, len(chart.block) + 1):
        around = value_at(values, chart.block[:length], ABSENT)
        if around not in (ABSENT, None) and not isinstance(around, dict):
            yield Remark(chart.block[:length], "must be a map", "refused")
            return
    for path in replaced_maps(values, chart.defaults):
        yield Remark(path, "replaces a map of the chart's defaults with something else", "changed")
    for requirement in chart.requirements:
        value = value_at(merged, requirement.path)
        if requirement.unless is not None and value_at(merged, requirement.unless):
            continue
        if value in (None, ""):
            message = f"the {chart.name} chart requires a value"
            yield Remark(requirement.path, message, "missing")
        elif not re.fullmatch(requirement.pattern, str(value)):
            yield Remark(requirement.path, f"must be {requirement.words}", "refused")
    for path, reason in chart.refused.items():
        if value_at(merged, path):
            yield Remark(path, reason, "refused")


def _lost(sections: dict[str, Any], at: Path) -> Iterator[Remark]:
    for lost in lost_in_helm(sections):
        yield Remark((*at, *lost.path), lost.message, "refused" if lost.breaks else "changed")
