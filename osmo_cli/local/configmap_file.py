"""The file that a service in ConfigMap mode is configured by (api.md 5, 15)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from osmo_cli.config.problems import InvalidInputError, Problem
from osmo_cli.config.problems import Path as FieldPath
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import BACKEND, CONFIG_TYPES, ConfigType
from osmo_cli.local import backends
from osmo_cli.local.clock import Clock
from osmo_cli.local.configmap_secrets import Secrets
from osmo_cli.local.faults import Fault
from osmo_cli.local.history import stamp
from osmo_cli.local.item_types import ITEM_TYPES, put
from osmo_cli.local.records import set_item
from osmo_cli.local.tables import SCHEMA
from osmo_cli.local.whole_handlers import WHOLE

if TYPE_CHECKING:
    from pydantic import BaseModel

    from osmo_cli.config.reading.document import Document

    _Model = TypeVar("_Model", bound=BaseModel)

# Each type comes behind those that its items name.
_ORDER = (
    *("SERVICE", "WORKFLOW", "DATASET", "POD_TEMPLATE", "GROUP_TEMPLATE", "RESOURCE_VALIDATION"),
    *("BACKEND_TEST", "BACKEND", "POOL", "ROLE"),
)
_SECTIONS = {
    "".join("_" + one.lower() if one.isupper() else one for one in row.helm_section): row
    for row in (CONFIG_TYPES[name] for name in _ORDER)
}
"""Types by their section: what the values call podTemplates is pod_templates in the file."""


@dataclass(frozen=True)
class Served:
    """What a file holds.

    Attributes:
        rows: config type, name and JSON of each object, in the form of the store.
        remarks: what was left out, and where.
    """

    rows: list[tuple[str, str, str]]
    remarks: list[str]


def read_configmap(file: Path, dialect: Dialect, now: Clock) -> Served:
    """Read the file as a service of `dialect` would, into a store of its own.

    Raises:
        UsageError: the file cannot be read.
        InvalidInputError: it is not right; with every problem and its place.
    """
    from osmo_cli.config.reading.files import read_input
    from osmo_cli.config.reading.yaml_text import parse_yaml

    document = parse_yaml(*read_input(str(file)))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        connection.executescript(SCHEMA)
        reader = _Reader(document, file.parent, dialect, connection, now)
        reader.read()
        if reader.problems:
            raise InvalidInputError(reader.problems)
        rows = connection.execute("SELECT config_type, name, data FROM configs")
        return Served([tuple(row) for row in rows], [str(one) for one in reader.remarks])


@dataclass
class _Reader:
    document: Document
    folder: Path
    dialect: Dialect
    connection: sqlite3.Connection
    now: Clock
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)

    def read(self) -> None:
        sections = self.document.value
        if not isinstance(sections, dict):
            self._refuse("must be an object with sections", ())
            return
        known = {
            section: row
            for section, row in _SECTIONS.items()
            if row.name in self.dialect.config_types
        }
        for section in (one for one in sections if one not in known):
            message = f"a service of version {self.dialect.name} has no such section"
            self.remarks.append(
                self.document.problem(message, (section,), at_key=True, hint="it is left out")
            )
        for section, row in known.items():
            value = sections.get(section)
            value = {} if value is None else value
            if not isinstance(value, dict):
                self._refuse("must be an object", (section,))
            elif row.name in WHOLE:
                self._whole(row, self._with_secrets(value, (section,)), (section,))
            else:
                for name, one in value.items():
                    self._item(row, name, one, (section, name))

    def _with_secrets(self, value: Any, at: FieldPath) -> Any:
        secrets = Secrets(self.document, self.folder)
        found = secrets.filled_in(value, at)
        self.problems += secrets.problems
        self.remarks += secrets.remarks
        return found

    def _whole(self, row: ConfigType, value: dict[str, Any], at: FieldPath) -> None:
        from osmo_cli.local.bodies import partial

        if not self.dialect.configmap_sets_keys and "service_auth" in value:
            self.remarks.append(
                self.document.problem(
                    "is left out: the service keeps it itself", (*at, "service_auth"), at_key=True
                )
            )
            value = {key: one for key, one in value.items() if key != "service_auth"}
        handling = WHOLE[row.name]
        with self._explained(at):
            if handling.settle:
                handling.settle(value)
            found = self._valid(partial(row.name, self.dialect.name), value, at)
            if found is None:
                return
            stored = found.model_dump(exclude_unset=handling.sparse)
            if handling.check:
                handling.check(stored, self.dialect)
            empty = {"buckets": {}, "default_bucket": ""} if handling.sparse else {}
            set_item(self.connection, row.name, "", empty | stored)

    def _item(self, row: ConfigType, name: str, value: Any, at: FieldPath) -> None:
        model = row.item_schema(self.dialect)
        if "name" in model.model_fields and isinstance(value, dict):
            value = {"name": name} | value
        found = self._valid(model, value, at)
        if found is None:
            return
        with self._explained(at):
            if row is BACKEND:
                self._backend(name, found.model_dump(), value, at)
            else:
                put(self.connection, self.dialect, ITEM_TYPES[row.name], {name: found.model_dump()})

    def _backend(
        self, name: str, backend: dict[str, Any], given: dict[str, Any], at: FieldPath
    ) -> None:
        """What the operator says is not the file's; it is filled in when it is shown."""
        for required in sorted(self.dialect.configmap_backend_fields - given.keys()):
            self._refuse("this field is required", (*at, required))
        backends.check_tests(self.connection, backend["tests"])
        unknown = {"name": name, "k8s_uid": "", "version": "", "created_date": stamp(self.now())}
        set_item(self.connection, BACKEND.name, name, backend | unknown)

    def _valid(self, model: type[_Model], value: Any, at: FieldPath) -> _Model | None:
        """`value` as the service reads it; None where it is wrong."""
        from pydantic import ValidationError

        from osmo_cli.config.checking.pydantic_messages import error_text
        from osmo_cli.config.schemas.base import nearest_errors
        from osmo_cli.local.validation import validate

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

    @contextmanager
    def _explained(self, at: FieldPath) -> Iterator[None]:
        """What the service's own checks find is a problem of the object at `at`."""
        try:
            yield
        except Fault as fault:
            self._refuse(str(fault.body["message"]), at)

    def _refuse(self, message: str, path: FieldPath, **details: Any) -> None:
        self.problems.append(self.document.problem(message, path, **details))
