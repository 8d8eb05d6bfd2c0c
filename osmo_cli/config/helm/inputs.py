"""Values files as the inputs of a check or a plan: one for each object that they configure.

Several files are merged as Helm merges them, and laid over the chart's defaults. What is checked
beyond that of a directory is what a service in ConfigMap mode refuses, or cannot serve
(docs/service/configmap.md#loading-and-reloading).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from osmo_cli.config.helm.charts import Chart
from osmo_cli.config.helm.derived import Release, namespaces
from osmo_cli.config.helm.merge import merge_files
from osmo_cli.config.helm.reading import parse_values
from osmo_cli.config.helm.render import Rendered, file_section, render
from osmo_cli.config.helm.size import size_problem
from osmo_cli.config.problems import Path, Problem, path_text
from osmo_cli.config.reading.document import Document, Place
from osmo_cli.config.reading.files import read_input
from osmo_cli.config.reading.inputs import Group, Input, Inputs
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import BACKEND, CONFIG_TYPES, DATASET, ROLE, ConfigType
from osmo_cli.config.values import ABSENT, replaced, value_at

CREDENTIALS = frozenset({"credential", "default_credential"})
"""Objects that take their secret from a reference beside their other fields."""
_REFERENCE = frozenset({"secretName", "secretKey", "secret_file"})
_TEMPLATES = frozenset({"POD_TEMPLATE", "GROUP_TEMPLATE"})
_OF_BLOCK = frozenset({"extraAnnotations", "extraConfigMaps"})
_NULLS = {
    "POOL": "leaves the pool out",
    "POD_TEMPLATE": "lists the template as null",
    "ROLE": "leaves the role out",
}


@dataclass(frozen=True)
class ValuesFiles:
    """What values files configure.

    Attributes:
        inputs: one for each object, with its place in the last file that has it, and the problems
            of the files as values. What comes from a Secret, and `k8s_namespace` of a backend,
            is not part of them: the API does not show the one and does not take the other.
        prefixes: where each object is in the values, by config type and name.
        rendered: what the chart makes of the values.
        referring: paths of the credentials that refer to Secrets, which have the rest of them.
    """

    inputs: Inputs
    prefixes: dict[tuple[str, str | None], Path]
    rendered: Rendered
    referring: frozenset[Path] = frozenset()

    def without_new_credentials(self, live: Mapping[str, Any]) -> Inputs:
        """The inputs without credentials that `live` has not: what a Secret adds is not known.

        Args:
            live: the types' data as the service shows it, by name.
        """
        groups = [
            replace(group, inputs=[self._without(item, live) for item in group.inputs])
            for group in self.inputs.groups
        ]
        return replace(self.inputs, groups=groups)

    def _without(self, item: Input, live: Mapping[str, Any]) -> Input:
        name = item.shape.config_type.name
        if item.shape.name is not None or name not in live:
            return item
        prefix = self.prefixes[name, None]
        value = item.document.value
        for path in self.referring:
            inside = path[len(prefix) :]
            if path[: len(prefix)] == prefix and not value_at(live[name], inside):
                parent = value_at(value, inside[:-1])
                rest = {key: inner for key, inner in parent.items() if key != inside[-1]}
                value = replaced(value, inside[:-1], rest)
        return replace(item, document=replace(item.document, value=value))


def read_values_files(
    files: Sequence[str], chart: Chart, dialect: Dialect, release: Release | None = None
) -> ValuesFiles:
    """Read, merge and render values files.

    Args:
        files: their names, in the order of Helm's `-f`; `-` is standard input.
        chart: the chart that they are for.
        dialect: the version of the service.
        release: the name and namespace that the chart is installed with.

    Raises:
        UsageError: a file cannot be read.
        InvalidInputError: a file is not YAML as Helm reads it, or not a map.
    """
    documents = [parse_values(*read_input(file)) for file in files]
    return values_inputs(documents, chart, dialect, release)


def values_inputs(
    documents: Sequence[Document], chart: Chart, dialect: Dialect, release: Release | None = None
) -> ValuesFiles:
    """Merge and render values files that were read."""
    values = merge_files([document.value for document in documents])
    rendered = render(chart, values, release)
    reader = _Reader(documents, chart, dialect, values, rendered)
    problems = list(reader.problems())
    group = Group(is_directory=True)
    prefixes: dict[tuple[str, str | None], Path] = {}
    for config_type, name, path, value in reader.objects(problems):
        group.inputs.append(Input(reader.document(path, value), Shape(config_type, dialect, name)))
        prefixes[config_type.name, name] = path
    inputs = Inputs([group], problems, len(documents))
    return ValuesFiles(inputs, prefixes, rendered, frozenset(reader.referring))


@dataclass(frozen=True)
class _Reader:
    documents: Sequence[Document]
    chart: Chart
    dialect: Dialect
    values: dict[str, Any]
    rendered: Rendered
    referring: set[Path] = field(default_factory=set)

    def document(self, path: Path, value: Any) -> Document:
        """The object at `path` with its places in the last file that has it."""
        for document in reversed(self.documents):
            if path in document.places:
                places = {
                    at[len(path) :]: place
                    for at, place in document.places.items()
                    if at[: len(path)] == path
                }
                return replace(document, value=value, places=places, warnings=())
        document = self.documents[-1]
        near = self.chart.block
        while near not in document.places:
            near = near[:-1]
        place: Place = document.places[near]
        return replace(document, value=value, places={(): place}, warnings=())

    def problem(self, message: str, path: Path, **details: Any) -> Problem:
        """A problem at a path from the top of the values."""
        problem = self.document(path, None).problem(message, (), **details)
        if details.get("at_key"):
            for document in reversed(self.documents):
                if path in document.places:
                    return document.problem(message, path, **details)
        return replace(problem, path=path)

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the values as such."""
        for document in self.documents:
            yield from document.warnings
        missing = []
        for remark in self.rendered.remarks:
            if remark.kind == "missing":
                missing.append(path_text(remark.path))
                continue
            severity = "error" if remark.kind == "refused" else "warning"
            yield self.problem(remark.message, remark.path, severity=severity)
        if missing:
            message = f"the {self.chart.name} chart also requires {', '.join(missing)}"
            hint = "name the other values files too, in the order of Helm's -f"
            yield self.problem(message, (), hint=hint, severity="warning")
        yield from self._filled_namespaces()
        yield from self._unknown_keys()
        if not self.rendered.enabled:
            switch = (*self.chart.block, str(self.chart.switch))
            message = "the configuration is off: the chart writes none"
            yield self.problem(message, switch, hint="set it to true", severity="warning")
        if too_large := size_problem(
            {file_section(name): value for name, value in self.rendered.sections.items()},
            self.documents[-1].name,
        ):
            yield too_large

    def _unknown_keys(self) -> Iterator[Problem]:
        chart = self.chart
        own = {chart.switch, chart.snapshot, chart.secret_refs}
        block = value_at(self.values, chart.block)
        inside = value_at(self.values, self.rendered.at)
        if inside is None and block is None:
            yield self.problem(
                f"no {'.'.join(map(str, chart.block))}: the {chart.name} chart takes its "
                "configuration from there",
                (),
                hint="--chart selects another chart",
                severity="warning",
            )
        for key in inside if isinstance(inside, dict) else ():
            if key in chart.sections or key in own or key in _OF_BLOCK:
                continue
            by_file_name = {file_section(name): name for name in chart.sections}
            near = get_close_matches(key, [*chart.sections, *by_file_name], n=1)
            hint = f'did you mean "{by_file_name.get(near[0], near[0])}"?' if near else None
            message = f"the {chart.name} chart has no such section, and ignores it"
            path = (*self.rendered.at, key)
            yield self.problem(message, path, at_key=True, hint=hint, severity="warning")

    def _filled_namespaces(self) -> Iterator[Problem]:
        """Warn about backends whose namespace becomes that of the chart's own release."""
        if namespaces not in self.chart.derivations:
            return
        at = (*self.rendered.at, "backends")
        backends = value_at(self.values, at)
        for name, backend in backends.items() if isinstance(backends, dict) else ():
            if isinstance(backend, dict) and not backend.get("k8s_namespace"):
                message = "no k8s_namespace: the chart writes the namespace of its own release"
                hint = "write that of the operator's workflows (global.backendNamespace)"
                yield self.problem(message, (*at, name), hint=hint, severity="warning")

    def objects(
        self, problems: list[Problem]
    ) -> Iterator[tuple[ConfigType, str | None, Path, Any]]:
        """Each object: its type, name, path and value; what is wrong with its form is added."""
        types = {row.helm_section: row for row in CONFIG_TYPES.values()}
        for section, value in self.rendered.sections.items():
            config_type = types[section]
            at = (*self.rendered.at, section)
            if not isinstance(value, dict):
                problems.append(self.problem("must be a map; the service refuses the file", at))
            elif config_type.name not in self.dialect.config_types:
                message = f"services of {self.dialect.name} ignore it"
                problems.append(self.problem(message, at, at_key=True, severity="warning"))
            elif not config_type.is_by_item and config_type is not BACKEND:
                yield config_type, None, at, self._whole(config_type, value, at, problems)
            else:
                for name, item in value.items():
                    path = (*at, name)
                    form = list(self._form(config_type, name, item, path))
                    problems += form
                    if item is not None and not form:
                        yield config_type, name, path, self._item(config_type, item, path, problems)

    def _whole(
        self, config_type: ConfigType, value: dict[str, Any], at: Path, problems: list[Problem]
    ) -> Any:
        unwanted = config_type.not_in_values
        value = {key: inner for key, inner in value.items() if key not in unwanted}
        if config_type is DATASET and "buckets" in value:
            value["buckets"] = with_endpoints(value["buckets"])
        return self._without_references(value, at, problems)

    def _item(self, config_type: ConfigType, item: Any, path: Path, problems: list[Problem]) -> Any:
        if config_type.name in _TEMPLATES:
            problems += self._taken_for_references(item, path)
            return item
        item = self._without_references(item, path, problems)
        if config_type is BACKEND:
            unwanted = {"k8s_namespace", *config_type.not_in_values}
            return {key: value for key, value in item.items() if key not in unwanted}
        return item | {"name": path[-1]} if config_type is ROLE else item

    def _form(self, config_type: ConfigType, name: str, item: Any, path: Path) -> Iterator[Problem]:
        """What is wrong with an entry of a section, whatever its fields are."""
        if item is None:
            effect = _NULLS.get(config_type.name, "cannot list the type then")
            hint = "leave the name out; null only removes a default of the chart"
            yield self.problem(f"must not be null: the service {effect}", path, hint=hint)
        elif config_type.items_are_lists:
            if not isinstance(item, list):
                yield self.problem("must be a list", path)
        elif not isinstance(item, dict):
            yield self.problem("must be a map", path)
        elif config_type is ROLE and "name" in item:
            hint = "remove it: the key is the name"
            yield self.problem("the service cannot list roles then", (*path, "name"), hint=hint)
        elif config_type.name == "BACKEND_TEST" and item.get("name") != name:
            hint = f'add name: "{name}"'
            at = (*path, "name") if "name" in item else path
            yield self.problem("needs its key as its name, too", at, hint=hint)
        elif config_type is BACKEND:
            for required in sorted(self.dialect.configmap_backend_fields):
                if not item.get(required):
                    yield self.problem(f"{required}: this field is required", path)

    def _without_references(self, value: Any, at: Path, problems: list[Problem]) -> Any:
        """A copy without what comes from Secrets."""
        if not isinstance(value, dict):
            return value
        result = {}
        for key, inner in value.items():
            path = (*at, key)
            if not isinstance(inner, dict) or not _REFERENCE & inner.keys():
                result[key] = self._without_references(inner, path, problems)
                continue
            problems += self._unmounted(inner, path)
            rest = {name: deep for name, deep in inner.items() if name not in _REFERENCE}
            if rest:
                result[key] = rest
                self.referring.add(path)
        return result

    def _taken_for_references(self, value: Any, at: Path) -> Iterator[Problem]:
        """Warn about maps of a template that have `secretName` for Kubernetes."""
        if not isinstance(value, dict):
            return
        if "secretName" in value and self.chart.snapshot is None:
            message = "the service replaces this map if that Secret is mounted for it"
            yield self.problem(message, at, severity="warning")
        for key, inner in value.items():
            yield from self._taken_for_references(inner, (*at, key))

    def _unmounted(self, reference: dict[str, Any], path: Path) -> Iterator[Problem]:
        name = reference.get("secretName")
        if not isinstance(name, str) or self.chart.secret_refs is None:
            return
        listed = value_at(self.values, (*self.chart.block, self.chart.secret_refs), ABSENT)
        names = [
            entry.get("secretName")
            for entry in (listed if isinstance(listed, list) else [])
            if isinstance(entry, dict)
        ]
        if name not in names:
            yield self.problem(
                f"the Secret {name} is not mounted",
                path,
                hint=self.chart.mounting.format(name=name),
            )


def with_endpoints(buckets: Any) -> Any:
    """Buckets whose credentials have an endpoint: that of the bucket, if they name none."""
    if not isinstance(buckets, dict):
        return {} if buckets is None else buckets
    filled = {}
    for name, bucket in buckets.items():
        filled[name] = bucket
        credential = bucket.get("default_credential") if isinstance(bucket, dict) else None
        if isinstance(credential, dict) and "dataset_path" in bucket:
            endpoint = {"endpoint": bucket["dataset_path"]}
            filled[name] = bucket | {"default_credential": endpoint | credential}
    return filled
