"""The file that configures a service in ConfigMap mode (docs/service/configmap.md#the-file)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from osmo_cli.config.helm.inputs import with_endpoints
from osmo_cli.config.helm.render import file_section
from osmo_cli.config.problems import InvalidInputError, Problem
from osmo_cli.config.problems import Path as FieldPath
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import BACKEND, CONFIG_TYPES, SERVICE, ConfigType
from osmo_cli.local.clock import Clock
from osmo_cli.local.configmap_entries import null_section_fault, read_entries
from osmo_cli.local.configmap_secrets import Secrets
from osmo_cli.local.configmap_yaml import Source, read_source
from osmo_cli.local.faults import Fault
from osmo_cli.local.whole_types import WHOLE

if TYPE_CHECKING:
    from pydantic import BaseModel

    _Model = TypeVar("_Model", bound=BaseModel)

_SECTIONS = {file_section(row.helm_section): row for row in CONFIG_TYPES.values()}
"""Types by their section: podTemplates of the values is pod_templates in the file."""


@dataclass(frozen=True)
class Served:
    """What a file makes the service serve.

    Attributes:
        rows: config type, name and JSON of each object, in the form of the store.
        faults: what reading an entry answers instead, by config type and name; the name is None
            for the list of a type.
        broken: what every read of a type answers, by config type.
        remarks: what else is to be known of the file.
    """

    rows: list[tuple[str, str, str]]
    faults: dict[tuple[str, str | None], Fault]
    broken: dict[str, Fault]
    remarks: list[str]


def read_configmap(file: Path, dialect: Dialect, now: Clock) -> Served:
    """Load the file as a service of `dialect` does.

    Raises:
        UsageError: the file cannot be read.
        InvalidInputError: the service refuses the file; with every problem and its place.
    """
    from osmo_cli.config.reading.files import read_input

    loader = _Loader(read_source(*read_input(str(file))), file.parent, dialect, now)
    loader.load()
    if loader.problems:
        raise InvalidInputError(loader.problems)
    return Served(
        loader.rows, loader.faults, loader.broken, [str(remark) for remark in loader.remarks]
    )


@dataclass
class _Loader:
    source: Source
    folder: Path
    dialect: Dialect
    now: Clock
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    faults: dict[tuple[str, str | None], Fault] = field(default_factory=dict)
    broken: dict[str, Fault] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)

    def load(self) -> None:
        sections = self.source.value
        if not isinstance(sections, dict) or not sections:
            self._refuse("must be a map with at least one section", ())
            return
        for section in sections.keys() - _SECTIONS.keys():
            self.remarks.append(
                self.source.problem("unknown section; it is ignored", (section,), at_key=True)
            )
        for section, config_type in _SECTIONS.items():
            if config_type.name in self.dialect.config_types:
                self._section(section, config_type, sections.get(section, {}))

    def _section(self, section: str, config_type: ConfigType, value: Any) -> None:
        if value is not None and not isinstance(value, dict):
            self._refuse(f"must be a map, not {type(value).__name__}", (section,))
            return
        if value is None:
            self.broken[config_type.name] = null_section_fault(config_type.name)
            value = {}
        secrets = Secrets(self.source, self.folder)
        value = secrets.resolve_section(value, (section,))
        self.remarks += secrets.remarks
        if config_type.name in WHOLE:
            self._whole(config_type, value, (section,))
            return
        if config_type is BACKEND:
            self._require_backend_fields(value, section)
        entries = read_entries(config_type.name, value, self.dialect, self.now())
        for name, stored in entries.stored.items():
            self._store(config_type, name, stored)
        for entry, fault in entries.faults.items():
            self.faults[config_type.name, entry] = fault

    def _whole(self, config_type: ConfigType, value: dict[str, Any], at: FieldPath) -> None:
        from osmo_cli.local.checking.bodies import partial

        model = partial(config_type.name, self.dialect.name)
        given = self._settled(config_type, value, at)
        if given is None:
            return
        parsed = self._valid(model, given, at)
        if parsed is None:
            return
        handling = WHOLE[config_type.name]
        stored = parsed.model_dump(exclude_unset=handling.sparse)
        try:
            if handling.check:
                handling.check(stored, self.dialect)
        except Fault as fault:
            self._refuse(str(fault.body["message"]), at)
            return
        empty = {"buckets": {}, "default_bucket": ""} if config_type.name == "DATASET" else {}
        self._store(config_type, "", empty | stored)

    def _settled(
        self, config_type: ConfigType, value: dict[str, Any], at: FieldPath
    ) -> dict[str, Any] | None:
        """A section as the service checks it; None where it refuses it."""
        if config_type is SERVICE and "service_auth" in value:
            if not self.dialect.configmap_sets_keys:
                remark = "is ignored: the service keeps this in its database"
                self.remarks.append(self.source.problem(remark, (*at, "service_auth"), at_key=True))
                return {key: inner for key, inner in value.items() if key != "service_auth"}
            if not _are_keys(value["service_auth"]):
                self._refuse("every key must be an RSA key (JWK)", (*at, "service_auth", "keys"))
                return None
        if config_type.name == "DATASET":
            return value | {"buckets": with_endpoints(value.get("buckets"))}
        return value

    def _require_backend_fields(self, backends: dict[str, Any], section: str) -> None:
        for name, backend in backends.items():
            for required in sorted(self.dialect.configmap_backend_fields):
                if isinstance(backend, dict) and not backend.get(required):
                    self._refuse("this field is required", (section, name, required))

    def _valid(self, model: type[_Model], value: Any, at: FieldPath) -> _Model | None:
        """`value` as the service reads it; None where it is wrong."""
        from pydantic import ValidationError

        from osmo_cli.config.checking.pydantic_messages import error_text
        from osmo_cli.config.schemas.base import nearest_errors
        from osmo_cli.local.checking.validation import validate

        try:
            return validate(model, value, self.dialect.pydantic, closed=True)
        except ValidationError as error:
            for detail in nearest_errors(model, error):
                path = (*at, *detail["loc"])
                if detail["type"] == "extra_forbidden":
                    self._refuse("unknown field", path, at_key=True)
                else:
                    message, hint = error_text(detail, tuple(detail["loc"]))
                    self._refuse(message, path, hint=hint)
        return None

    def _store(self, config_type: ConfigType, name: str, stored: Any) -> None:
        self.rows.append((config_type.name, name, json.dumps(stored, ensure_ascii=False)))

    def _refuse(self, message: str, path: FieldPath, **details: Any) -> None:
        self.problems.append(self.source.problem(message, path, **details))


def _are_keys(auth: Any) -> bool:
    """Whether the public keys of a `service_auth` are keys."""
    from jwt import InvalidKeyError
    from jwt.algorithms import RSAAlgorithm

    try:
        for pair in auth["keys"].values():
            RSAAlgorithm.from_jwk(pair["public_key"])
    except (InvalidKeyError, AttributeError, KeyError, TypeError, ValueError):
        return False
    return True
