"""A configuration as values of a chart: what differs from what the chart sets by default.

Source: docs/service/helm-values.md#exporting. Rendered, the values give the configuration again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from osmo_cli.config.helm.charts import Chart
from osmo_cli.config.helm.derived import LOCATIONS
from osmo_cli.config.helm.inputs import CREDENTIALS
from osmo_cli.config.helm.secrets import SecretToCreate, secret_name
from osmo_cli.config.problems import Path, path_text
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import BACKEND, CONFIG_TYPES, ROLE, ConfigType
from osmo_cli.config.secrets import is_mask
from osmo_cli.config.values import ABSENT, same, value_at

_NAMESPACE = "k8s_namespace"


@dataclass(frozen=True)
class Homeless:
    """A part of the configuration that a chart's values cannot hold.

    Attributes:
        what: the part.
        why: what the chart or the service does with it.
        instead: what to do.
    """

    what: str
    why: str
    instead: str


@dataclass
class ExportedValues:
    """A configuration as values.

    Attributes:
        values: from the top of the values file.
        whole: where they are the whole configuration, so that nothing else may be there.
        secrets: the Secrets that the values refer to.
        notes: what else to do or to know, a sentence each.
        homeless: what has no place in the values.
    """

    values: dict[str, Any] = field(default_factory=dict)
    whole: list[Path] = field(default_factory=list)
    secrets: list[SecretToCreate] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    homeless: list[Homeless] = field(default_factory=list)


def export_values(
    states: Mapping[str, Any],
    chart: Chart,
    source: Dialect,
    target: Dialect,
    *,
    all_fields: bool = False,
    is_part: bool = False,
) -> ExportedValues:
    """Write a configuration as values. Loads pydantic.

    Args:
        states: each type's data as the service shows it, by the type's name, masked.
        chart: the chart that the values are for.
        source: the version of the service that `states` come from.
        target: the version of the service that the chart is for.
        all_fields: also write fields that have the service's default.
        is_part: the service has other types and items too, which stay as the values have them.
    """
    writer = _Writer(chart, source, target, all_fields, is_part)
    for config_type in CONFIG_TYPES.values():
        if config_type.name in states:
            writer.add(config_type, states[config_type.name])
    return writer.result()


class _Writer:
    def __init__(
        self, chart: Chart, source: Dialect, target: Dialect, all_fields: bool, is_part: bool
    ) -> None:
        self._chart, self._source, self._target = chart, source, target
        self._all_fields, self._is_part = all_fields, is_part
        self._result = ExportedValues(whole=[] if is_part else [chart.writes_to])
        self._defaults = {} if chart.snapshot is not None else chart.sections
        if chart.switch is not None:
            self._set((*chart.block, chart.switch), True)

    def result(self) -> ExportedValues:
        """What was collected."""
        result, chart = self._result, self._chart
        if chart.snapshot is not None:
            for section in chart.sections:
                if value_at(result.values, (*chart.writes_to, section)) is None:
                    self._set((*chart.writes_to, section), {})
        if chart.secret_refs is not None and result.secrets:
            names = dict.fromkeys(secret.name for secret in result.secrets)
            refs = [{"secretName": name} for name in names]
            self._set((*chart.block, chart.secret_refs), refs)
        else:
            result.notes += [
                f"Secret {secret.name}: {chart.mounting.format(name=secret.name)}"
                for secret in result.secrets
            ]
        result.notes = list(dict.fromkeys(result.notes))
        return result

    def add(self, config_type: ConfigType, data: Any) -> None:
        """Add a type."""
        section = config_type.helm_section
        if section not in self._chart.sections or config_type.name in self._target.history_types:
            self._homeless_type(config_type, data)
            return
        if config_type is ROLE and self._source.semantic_roles != self._target.semantic_roles:
            self._homeless(
                f"ROLE: {', '.join(config_type.items_in(data))}",
                f"{self._target.name} names actions as config:Read, {self._source.name} as paths",
                "write the roles that you need anew; the chart has its default roles",
            )
            return
        chart_defaults = self._defaults.get(section, {})
        if config_type.is_by_item or config_type is BACKEND:
            values = self._items(config_type, config_type.items_in(data), chart_defaults)
        else:
            shape = Shape(config_type, self._source)
            wanted = self._derived(config_type, self._clean(shape, data, (section,)))
            comparison = self._comparison(Shape(config_type, self._target))
            values = comparison.values(chart_defaults, wanted)
        at = (*self._chart.writes_to, section)
        if self._is_part:
            by_item = config_type.is_by_item or config_type is BACKEND
            names = config_type.items_in(data) if by_item else ()
            self._result.whole += [(*at, name) for name in names] if by_item else [at]
        if values not in (ABSENT, {}):
            self._set(at, values)

    def _items(
        self, config_type: ConfigType, items: Mapping[str, Any], defaults: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The items that differ from the chart's, and null for each that is gone."""
        values: dict[str, Any] = {}
        for name, item in items.items():
            at = (config_type.helm_section, name)
            wanted = self._clean(Shape(config_type, self._source, name), item, at)
            comparison = self._comparison(Shape(config_type, self._target, name))
            value = comparison.values(defaults.get(name, ABSENT), wanted)
            if value is not ABSENT:
                values[name] = value
        if self._is_part:
            return values
        return values | {name: None for name in defaults if name not in items}

    def _comparison(self, shape: Shape) -> _Comparison:
        if self._all_fields or shape.is_list:
            return _Comparison(None, {})
        of_name = {name: [shape.name] for name in shape.config_type.mapping_fields}
        return _Comparison(shape.model(), of_name)

    def _homeless_type(self, config_type: ConfigType, data: Any) -> None:
        items = config_type.items_in(data)
        if config_type.name == "DATASET" and not items and not data.get("default_bucket"):
            return
        names = ", ".join(items) or "its fields"
        self._result.homeless.append(
            Homeless(
                f"{config_type.name}: {names}",
                f"{self._target.name} has no {config_type.name}; the chart drops the section",
                "keep a copy (osmo config show), and give users the storage addresses",
            )
        )

    def _clean(self, shape: Shape, value: Any, at: Path) -> Any:
        """An object without what the service sets, and with references in place of secrets."""
        config_type = shape.config_type
        if not isinstance(value, dict):
            return deepcopy(value)
        unwanted = config_type.not_in_values
        cleaned = {
            key: inner for key, inner in shape.editable(value).items() if key not in unwanted
        }
        if config_type is BACKEND and value.get(_NAMESPACE):
            cleaned[_NAMESPACE] = value[_NAMESPACE]
        elif config_type is BACKEND:
            self._note(
                (*at, _NAMESPACE), "no operator has registered; write its global.backendNamespace"
            )
        if config_type is ROLE:
            if value.get("immutable"):
                cleaned["immutable"] = True
            if cleaned.get("sync_mode") == "import":
                del cleaned["sync_mode"]
            if cleaned.get("external_roles") == []:
                note = "an empty list maps the role to its own name in this mode"
                self._note((*at, "external_roles"), note)
        target = Shape(config_type, self._target, shape.name)
        return self._with_references(self._known_to(target, cleaned, at), at)

    def _known_to(self, target: Shape, value: dict[str, Any], at: Path) -> dict[str, Any]:
        """The object without the fields that the target's version does not have."""
        from osmo_cli.config.schemas.base import model_at

        kept = {_NAMESPACE, "immutable", *target.config_type.definition.known_fields}

        def known(inner: Any, path: Path) -> Any:
            if not isinstance(inner, dict):
                return inner
            model = model_at(target.model(), path)
            fields = None if model is None else set(model.model_fields)
            result = {}
            for key, deep in inner.items():
                if not fields or key in fields or (not path and key in kept):
                    result[key] = known(deep, (*path, key))
                elif deep not in (None, "", [], {}):
                    self._homeless(
                        path_text((*at, *path, key)),
                        f"{self._target.name} does not have this field",
                        "it is left out",
                    )
            return result

        checked = known(value, ())
        assert isinstance(checked, dict)
        return checked

    def _with_references(self, value: Any, at: Path) -> Any:
        if not isinstance(value, dict):
            return value
        result = {}
        for key, inner in value.items():
            path = (*at, key)
            if is_mask(inner):
                result[key] = self._refer(path, ("value",))
                if key == "slack_token":
                    self._note(path, "the service shows a mask also if none is set; then remove it")
            elif key in CREDENTIALS and isinstance(inner, dict):
                if (credential := self._credential(inner, path)) is not ABSENT:
                    result[key] = credential
            else:
                result[key] = self._with_references(inner, path)
        if at[-1] == "smtp_settings" and not value.get("host"):
            # Nobody set it; the service shows a mask all the same.
            self._forget((*at, "password"))
            result.pop("password", None)
        return result

    def _credential(self, value: dict[str, Any], at: Path) -> Any:
        secret = tuple(key for key, inner in value.items() if is_mask(inner))
        if not secret:
            return value
        if "registry" in value and not value["registry"] and not value.get("username"):
            return ABSENT  # nobody set it
        rest = {key: inner for key, inner in value.items() if key not in secret}
        rest = {key: inner for key, inner in rest.items() if inner is not None}
        return rest | self._refer(at, secret)

    def _refer(self, at: Path, fields: tuple[str, ...]) -> dict[str, str]:
        key = "value.yaml" if fields == ("value",) else "cred.yaml"
        secret = SecretToCreate(secret_name(at), key, fields, (*self._chart.writes_to, *at))
        self._result.secrets.append(secret)
        return {"secretName": secret.name, "secretKey": key}

    def _forget(self, at: Path) -> None:
        path = (*self._chart.writes_to, *at)
        self._result.secrets = [secret for secret in self._result.secrets if secret.path != path]

    def _derived(self, config_type: ConfigType, wanted: dict[str, Any]) -> dict[str, Any]:
        """Move what the chart writes itself to where the chart takes it from."""
        chart = self._chart
        if config_type.name == "SERVICE" and chart.external_url:
            address = wanted.pop("service_base_url", None)
            if address:
                self._set(("externalUrl",), address)
                self._result.notes.append(
                    "externalUrl: the chart writes it as service.service_base_url"
                )
        if config_type.name == "WORKFLOW" and chart.storage == "buckets":
            self._move_storage(wanted)
        if config_type.name == "WORKFLOW" and chart.snapshot is not None:
            images = wanted.get("backend_images") or {}
            for name in ("init", "client"):
                if images.get(name):
                    note = f"{images[name]} is kept; without it the chart fills in its own image"
                    self._note(("workflow", "backend_images", name), note)
        return wanted

    def _move_storage(self, wanted: dict[str, Any]) -> None:
        """Put storage where the `osmo` chart takes it from, and say what does not fit."""
        at = ("externalDependencies", "objectStorage")
        credentials = []
        for name, location in LOCATIONS.items():
            given = wanted.pop(name, None) or {}
            self._forget(("workflow", name, "credential"))
            self._lost_beside_credential(name, given)
            credential = given.get("credential")
            if credential and (bucket := self._bucket(name, location, credential)):
                self._set((*at, "buckets", location), bucket)
                credentials.append(credential)
        for key, field_name in (("endpoint", "override_url"), ("region", "region")):
            different = {
                str(credential[field_name])
                for credential in credentials
                if credential.get(field_name)
            }
            if len(different) == 1:
                self._set((*at, key), different.pop())
            elif different:
                self._homeless(
                    f"workflow: different {field_name} of storage locations",
                    "the chart has one for all",
                    "use the chart osmo-snapshot",
                )
            elif credentials and key == "endpoint":
                self._result.notes.append(
                    "externalDependencies.objectStorage.endpoint: required by the chart; write the "
                    "address of the object storage"
                )

    def _lost_beside_credential(self, name: str, given: dict[str, Any]) -> None:
        beside = {
            key
            for key, inner in given.items()
            if key != "credential" and not same(inner, self._storage_default(name, key))
        }
        if beside:
            self._homeless(
                f"workflow.{name}: {', '.join(sorted(beside))}",
                "the chart replaces the whole object",
                "use the chart osmo-snapshot, or do without",
            )

    def _bucket(self, name: str, location: str, credential: dict[str, Any]) -> str | None:
        """The bucket of a location, if it is where the chart expects it; says what to do."""
        endpoint = str(credential.get("endpoint", ""))
        bucket = endpoint.removeprefix("s3://").split("/")[0]
        if endpoint != f"s3://{bucket}/{location}":
            self._homeless(
                f"workflow.{name}: {endpoint or 'credential'}",
                f"the chart writes s3://BUCKET/{location}",
                "move the data, or use the chart osmo-snapshot",
            )
            return None
        self._homeless(
            f"workflow.{name}: credential",
            "the chart refers to one Secret for all locations",
            "create the Secret of secrets.objectStorage.existingSecret with access_key_id and "
            "access_key under its key object-storage.yaml",
        )
        return bucket

    def _storage_default(self, name: str, key: str) -> Any:
        from osmo_cli.config.schemas.base import defaults

        shape = Shape(CONFIG_TYPES["WORKFLOW"], self._target)
        return value_at(defaults(shape.model()), (name, key))

    def _homeless(self, what: str, why: str, instead: str) -> None:
        self._result.homeless.append(Homeless(what, why, instead))

    def _set(self, at: Path, value: Any) -> None:
        target = self._result.values
        for step in at[:-1]:
            target = target.setdefault(str(step), {})
        target[str(at[-1])] = value

    def _note(self, at: Path, text: str) -> None:
        self._result.notes.append(f"{path_text((*self._chart.writes_to, *at))}: {text}")


@dataclass(frozen=True)
class _Comparison:
    """Compares what a chart sets with what is wanted.

    Attributes:
        model: the model of the object, whose defaults need not be written; None for none.
        more: defaults of the object that the model does not have.
    """

    model: Any
    more: Mapping[str, Any]

    def values(self, default: Any, wanted: Any) -> Any:
        """The values that make `wanted` of a chart's `default`; ABSENT where nothing is needed."""
        return self._difference(default, wanted, ABSENT, ())

    def _difference(self, default: Any, wanted: Any, known: Any, at: Path) -> Any:
        """The same at one path; `known` is what the service takes where the file has nothing."""
        if wanted is ABSENT:
            return ABSENT if default is ABSENT or _within(default, known) else None
        if isinstance(wanted, dict) and isinstance(default, dict):
            return dict(self._differences(default, wanted, known, at)) or ABSENT
        if default is not ABSENT:
            return ABSENT if same(default, wanted) else deepcopy(wanted)
        if known is not ABSENT and same(known, wanted):
            return ABSENT
        if not isinstance(wanted, dict):
            return deepcopy(wanted)
        result = dict(self._differences({}, wanted, known, at))
        # A key of a map is there, also if its object has only defaults.
        return result if result or not isinstance(known, dict) else ABSENT

    def _differences(
        self, default: dict[str, Any], wanted: dict[str, Any], known: Any, at: Path
    ) -> Iterator[tuple[str, Any]]:
        inner = known if isinstance(known, dict) and known else self._defaults(at)
        for key in [*wanted, *(key for key in default if key not in wanted)]:
            value = self._difference(
                default.get(key, ABSENT),
                wanted.get(key, ABSENT),
                inner.get(key, ABSENT),
                (*at, key),
            )
            if value is not ABSENT:
                yield key, value

    def _defaults(self, at: Path) -> dict[str, Any]:
        from osmo_cli.config.schemas.base import defaults, model_at

        model = None if self.model is None else model_at(self.model, at)
        known = {} if model is None else defaults(model)
        return known if at else known | dict(self.more)


def _within(default: Any, known: Any) -> bool:
    """Whether everything that a chart sets is also what the service takes without it."""
    if isinstance(default, dict) and isinstance(known, dict):
        return all(_within(value, known.get(key, ABSENT)) for key, value in default.items())
    return known is not ABSENT and same(default, known)
