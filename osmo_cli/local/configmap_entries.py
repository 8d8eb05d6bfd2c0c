"""Named entries of a ConfigMap: what the service serves, and what it answers for bad ones.

The service does not validate them when it loads the file: a bad entry fails when its type is
read (docs/service/configmap.md#named-entries).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import BACKEND, POOL, ROLE
from osmo_cli.local import pools
from osmo_cli.local.faults import Fault, server_fault
from osmo_cli.local.history import stamp

if TYPE_CHECKING:
    from pydantic import BaseModel

_NO_MAPPING = "argument after ** must be a mapping, not NoneType"
_CLASSES = "src.utils.connectors.postgres."
_ROLE_CLASS = _CLASSES + "Role()"


@dataclass
class Entries:
    """The entries of one section.

    Attributes:
        stored: those that are served, in the form of the store.
        faults: what reading an entry answers, by name; None is the list.
    """

    stored: dict[str, Any] = field(default_factory=dict)
    faults: dict[str | None, Fault] = field(default_factory=dict)

    def fail(self, name: str, fault: Fault, *, whole_list: bool = True) -> None:
        """Let reading an entry fail, and the list with it."""
        self.faults[name] = fault
        if whole_list:
            self.faults.setdefault(None, fault)


Reader = Callable[[Entries, str, Any, Dialect, datetime], None]
"""Adds one entry: takes what was read so far, its name and value, the dialect and the time."""


def read_entries(kind: str, section: Mapping[str, Any], dialect: Dialect, now: datetime) -> Entries:
    """The entries of the section of a config type."""
    entries = Entries()
    for name, value in section.items():
        try:
            _READERS[kind](entries, name, value, dialect, now)
        except Fault as fault:
            entries.fail(name, fault)
    return entries


def null_section_fault(kind: str) -> Fault:
    """What every read of a type answers whose section is null."""
    if kind in _WHOLE_CLASSES:
        return server_fault(f"{_CLASSES}{_WHOLE_CLASSES[kind]}() {_NO_MAPPING}")
    if kind in _METHODS_OF_NULL:
        return _no_attribute(_METHODS_OF_NULL[kind])
    return _response_fault("dict_type", (), "Input should be a valid dictionary")


_WHOLE_CLASSES = {
    "SERVICE": "ServiceConfig",
    "WORKFLOW": "WorkflowConfig",
    "DATASET": "DatasetConfig",
}
_METHODS_OF_NULL = {"BACKEND": "keys", "POOL": "values", "ROLE": "items"}


def _no_attribute(name: str) -> Fault:
    return server_fault(f"'NoneType' object has no attribute '{name}'")


def _response_fault(kind: str, loc: tuple[str, ...], message: str) -> Fault:
    """The framework's refusal of the service's own answer."""
    entry = {"type": kind, "loc": ("response", *loc), "msg": message, "input": None}
    return server_fault(f"1 validation error:\n  {entry}")


def _parsed(model: type[BaseModel], value: Any, dialect: Dialect) -> dict[str, Any]:
    """An entry with its defaults. Raises Fault: 500, or 400 for what the service refuses so."""
    from osmo_cli.local.checking.validation import parse_or_fail

    return parse_or_fail(model, value, dialect.pydantic).model_dump()


def _backend(entries: Entries, name: str, value: Any, dialect: Dialect, now: datetime) -> None:
    if value is None:
        raise _no_attribute("get")
    model = BACKEND.schema(dialect)
    own = {key: inner for key, inner in value.items() if (key,) not in BACKEND.read_only}
    scheduler = own.get("scheduler_settings")
    if scheduler is not None:
        try:
            _parsed(type(model.model_fields["scheduler_settings"].default), scheduler, dialect)
        except Fault as fault:
            # The list goes on without it.
            entries.fail(name, fault, whole_list=False)
            return
    # What an operator registers is filled in when the backend is shown.
    unknown = {"name": name, "k8s_uid": "", "k8s_namespace": "", "version": ""}
    stored = _parsed(model, own, dialect) | unknown | {"created_date": stamp(now)}
    entries.stored[name] = stored


def _pool(entries: Entries, name: str, value: Any, dialect: Dialect, now: datetime) -> None:
    if value is None:
        return
    model = POOL.schema(dialect)
    repaired = {
        key: type(model.model_fields[key].get_default())()
        for key, inner in value.items()
        if inner is None and key in model.model_fields and _is_collection(model, key)
    }
    # Nothing checks that the default platform is one of the pool's.
    platform = {"default_platform": value.get("default_platform")}
    given = value | repaired | {"default_platform": None}
    entries.stored[name] = pools.stored_form(_parsed(model, given, dialect) | platform)


def _is_collection(model: type[BaseModel], name: str) -> bool:
    return isinstance(model.model_fields[name].get_default(), list | dict)


def _pod_template(entries: Entries, name: str, value: Any, _: Dialect, now: datetime) -> None:
    entries.stored[name] = value


def _group_template(entries: Entries, name: str, value: Any, _: Dialect, now: datetime) -> None:
    if value is None:
        raise _response_fault("dict_type", (name,), "Input should be a valid dictionary")
    entries.stored[name] = value


def _validation(entries: Entries, name: str, value: Any, dialect: Dialect, now: datetime) -> None:
    from osmo_cli.config.registry.types import RESOURCE_VALIDATION

    if value is None:
        raise _response_fault("list_type", (name,), "Input should be a valid list")
    entries.stored[name] = _parsed(RESOURCE_VALIDATION.item_schema(dialect), value, dialect)


def _test(entries: Entries, name: str, value: Any, dialect: Dialect, now: datetime) -> None:
    from osmo_cli.config.registry.types import BACKEND_TEST

    if value is None:
        message = "Input should be a valid dictionary or object to extract fields from"
        raise _response_fault("model_attributes_type", (name,), message)
    entries.stored[name] = _parsed(BACKEND_TEST.item_schema(dialect), value, dialect)


def _role(entries: Entries, name: str, value: Any, dialect: Dialect, now: datetime) -> None:
    if value is None:
        fault = server_fault(f"{_ROLE_CLASS} {_NO_MAPPING}")
        entries.fail(name, fault, whole_list=False)
        return
    if "name" in value:
        raise server_fault(f"{_ROLE_CLASS} got multiple values for keyword argument 'name'")
    role = _parsed(ROLE.item_schema(dialect), {"name": name, **value}, dialect)
    for policy, given in zip(role["policies"], value["policies"], strict=True):
        # The file's order stays; the model sorts.
        policy["actions"] = given["actions"]
    entries.stored[name] = role


_READERS: dict[str, Reader] = {
    "BACKEND": _backend,
    "POOL": _pool,
    "POD_TEMPLATE": _pod_template,
    "GROUP_TEMPLATE": _group_template,
    "RESOURCE_VALIDATION": _validation,
    "BACKEND_TEST": _test,
    "ROLE": _role,
}
