"""The registry of config types: one row each, as data (api.md 3.1).

Nothing here loads pydantic; a schema is imported when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from osmo_cli.config.problems import Path
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.errors import UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel

_REVISION = re.compile(r"[1-9][0-9]*", re.ASCII)


@dataclass(frozen=True)
class Verb:
    """How one kind of update is sent.

    `semantics` says what the service does with the body:

    - `replace-fields` sets each field that is present, whole (POST backend);
    - `strategic-merge` merges at every depth (PATCH, api.md 3.3);
    - `replace-object` takes the body as the whole item (PUT of an item);
    - `upsert` does that for each item in the body and keeps the others (PUT of a type with
      items). With `as_list` the items stand in a list.
    """

    method: Literal["POST", "PATCH", "PUT"]
    body_key: Literal["configs", "configs_dict"]
    semantics: Literal["replace-fields", "strategic-merge", "replace-object", "upsert"]
    as_list: bool = False


@dataclass(frozen=True)
class ConfigType:
    """One config type.

    Paths are patterns within one object of the type; `*` stands for any key of a map.

    Attributes:
        name: as users write it, e.g. `BACKEND`.
        path: the path segment after /api/configs/.
        wrapper: the key of GET all's answer that holds the items, or None.
        whole: how the whole type is updated, or None where the service has no such route.
        named: how one item is updated, or None for a type without named items.
        create: how an item is made that does not exist yet, or None where a client cannot.
        items_are_lists: an item is a list, not an object.
        read_only: fields that the service sets; they never count as a change (api.md 3.6, 13).
        secrets: secret fields of any service version, also where the service sends them in clear
            text; from the top of the type's data.
        volatile: those among them that change by themselves, so that a copy is always outdated.
        one_value: maps that a file gives as a whole, as it gives a list; `()` is the object.
        mapping_fields: fields of an item that the service keeps in a table of their own. null
            leaves them as they are, and in a new item means its own name; a write loses each
            entry that it keeps (`osmo_cli.config.changes.mappings`).
        unchecked_references: types whose items it names without the service looking whether they
            exist (docs/service/pool.md#unregistered-backends).
        deletes_missing: whether deleting an item that does not exist succeeds; where the service
            refuses it, so does `osmo config delete`.
        name_pattern: what a new item may be called, or None where the service does not check.
        helm_section: the section of the chart's values that holds the type (api.md 15).
        not_in_values: fields that the section does not have: the service keeps them itself, or,
            as a name, they stand elsewhere in it (api.md 5, 15).
        schema_module: module of `schemas/` whose `SCHEMAS` maps a dialect name to the model of
            one object, and `ITEM_SCHEMAS`, where the type has items too, to that of an item.
    """

    name: str
    path: str
    schema_module: str
    helm_section: str
    wrapper: str | None = None
    whole: Verb | None = None
    named: Verb | None = None
    create: Verb | None = None
    items_are_lists: bool = False
    read_only: frozenset[Path] = frozenset()
    secrets: frozenset[Path] = frozenset()
    volatile: frozenset[Path] = frozenset()
    one_value: frozenset[Path] = frozenset()
    mapping_fields: frozenset[str] = frozenset()
    unchecked_references: frozenset[str] = frozenset()
    deletes_missing: bool = True
    not_in_values: frozenset[str] = frozenset()
    name_pattern: str | None = None

    @property
    def is_by_item(self) -> bool:
        """Whether items are all that it has, so that the whole of it is updated item by item."""
        whole = self.whole
        return self.named is not None and (whole is None or whole.semantics == "upsert")

    def items_in(self, data: Any) -> dict[str, Any]:
        """The items in the type's data, live or from its history, by name."""
        if self.wrapper and isinstance(data, dict):
            data = data.get(self.wrapper, data)
        if isinstance(data, list):
            named = (item for item in data if isinstance(item, dict) and "name" in item)
            return {item["name"]: item for item in named}
        return data if isinstance(data, dict) else {}

    def is_name(self, name: str) -> bool:
        """Whether the service takes `name` for a new item; `NAME_RULE` says it in words."""
        return self.name_pattern is None or bool(re.fullmatch(self.name_pattern, name))

    def schema(self, dialect: Dialect) -> type[BaseModel]:
        """The model of one object of this type in `dialect`. Loads pydantic."""
        schemas: Mapping[str, type[BaseModel]] = import_module(self.schema_module).SCHEMAS
        return schemas[dialect.name]

    def item_schema(self, dialect: Dialect) -> type[BaseModel]:
        """The model of one named item in `dialect`. Loads pydantic."""
        module = import_module(self.schema_module)
        schemas: Mapping[str, type[BaseModel]] = getattr(module, "ITEM_SCHEMAS", module.SCHEMAS)
        return schemas[dialect.name]


NAME_RULE = "letters, digits, -, _ and . of ASCII; a letter first, a letter or digit last"
_NAME = r"[a-zA-Z]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?"  # api.md 3.9
_SCHEMAS = "osmo_cli.config.schemas."
_PATCH = Verb("PATCH", "configs_dict", "strategic-merge")
_PUT_ITEM = Verb("PUT", "configs", "replace-object")
_PUT_ITEMS = Verb("PUT", "configs", "upsert")
_OBJECT: Path = ()


def _fields(*names: str) -> frozenset[Path]:
    return frozenset(tuple(name.split(".")) for name in names)


BACKEND = ConfigType(
    name="BACKEND",
    path="backend",
    schema_module=_SCHEMAS + "backend",
    helm_section="backends",
    wrapper="backends",
    named=Verb("POST", "configs", "replace-fields"),
    read_only=_fields(
        "name", "version", "k8s_namespace", "last_heartbeat", "created_date", "online"
    ),
    volatile=_fields("last_heartbeat", "online"),
    # A rule is there or it is not: a file that gives the rules gives all of them.
    one_value=_fields("node_conditions.rules"),
    not_in_values=frozenset({"k8s_uid"}),
)
WORKFLOW = ConfigType(
    name="WORKFLOW",
    path="workflow",
    schema_module=_SCHEMAS + "workflow",
    helm_section="workflow",
    whole=_PATCH,
    secrets=_fields(
        "workflow_data.credential.access_key",
        "workflow_log.credential.access_key",
        "workflow_app.credential.access_key",
        "backend_images.credential.auth",
        "workflow_alerts.slack_token",
        "workflow_alerts.smtp_settings.password",
    ),
)
SERVICE = ConfigType(
    name="SERVICE",
    path="service",
    schema_module=_SCHEMAS + "service",
    helm_section="service",
    whole=_PATCH,
    secrets=_fields("service_auth.keys.*.private_key"),
    not_in_values=frozenset({"service_auth"}),
)
DATASET = ConfigType(
    name="DATASET",
    path="dataset",
    schema_module=_SCHEMAS + "dataset",
    helm_section="dataset",
    wrapper="buckets",
    whole=_PATCH,
    secrets=_fields("buckets.*.default_credential.access_key"),
    named=_PATCH,
    create=_PATCH,
    deletes_missing=False,
)
POOL = ConfigType(
    name="POOL",
    path="pool",
    schema_module=_SCHEMAS + "pool",
    helm_section="pools",
    wrapper="pools",
    whole=_PUT_ITEMS,
    # PATCH would freeze the timeouts that the pool inherits (api.md 3.9).
    named=_PUT_ITEM,
    create=_PUT_ITEM,
    read_only=_fields(
        *("name", "status", "last_heartbeat", "parsed_resource_validations"),
        *(
            "parsed_group_templates",
            "parsed_pod_template",
            "parsed_pod_template_for_accounting",
            "platforms.*.default_mounts",
            "platforms.*.tolerations",
        ),
        *("platforms.*.labels", "platforms.*.parsed_resource_validations"),
        *("platforms.*.parsed_pod_template", "platforms.*.parsed_pod_template_for_accounting"),
    ),
    volatile=_fields("status", "last_heartbeat"),
    unchecked_references=frozenset({"BACKEND"}),
    name_pattern=_NAME,
)
POD_TEMPLATE = ConfigType(
    name="POD_TEMPLATE",
    path="pod_template",
    schema_module=_SCHEMAS + "pod_template",
    helm_section="podTemplates",
    whole=_PUT_ITEMS,
    named=_PUT_ITEM,
    create=_PUT_ITEM,
    one_value=frozenset({_OBJECT}),
    name_pattern=_NAME,
)
GROUP_TEMPLATE = replace(
    POD_TEMPLATE,
    name="GROUP_TEMPLATE",
    path="group_template",
    schema_module=_SCHEMAS + "group_template",
    helm_section="groupTemplates",
)
RESOURCE_VALIDATION = ConfigType(
    name="RESOURCE_VALIDATION",
    path="resource_validation",
    schema_module=_SCHEMAS + "resource_validation",
    helm_section="resourceValidations",
    whole=Verb("PUT", "configs_dict", "upsert"),
    named=_PUT_ITEM,
    create=_PUT_ITEM,
    items_are_lists=True,
    one_value=frozenset({_OBJECT}),
    name_pattern=_NAME,
)
BACKEND_TEST = ConfigType(
    name="BACKEND_TEST",
    path="backend_test",
    schema_module=_SCHEMAS + "backend_test",
    helm_section="backendTests",
    whole=_PUT_ITEMS,
    named=_PATCH,
    create=_PUT_ITEM,
    read_only=_fields("parsed_pod_template"),
    name_pattern=_NAME,
)
ROLE = ConfigType(
    name="ROLE",
    path="role",
    schema_module=_SCHEMAS + "role",
    helm_section="roles",
    whole=Verb("PUT", "configs", "upsert", as_list=True),
    named=_PUT_ITEM,
    create=_PUT_ITEM,
    read_only=_fields("immutable"),
    one_value=frozenset({_OBJECT}),
    mapping_fields=frozenset({"external_roles"}),
    deletes_missing=False,
    not_in_values=frozenset({"name"}),
)

CONFIG_TYPES: dict[str, ConfigType] = {
    config_type.name: config_type
    for config_type in (
        *(BACKEND, BACKEND_TEST, DATASET, GROUP_TEMPLATE, POD_TEMPLATE, POOL),
        *(RESOURCE_VALIDATION, ROLE, SERVICE, WORKFLOW),
    )
}


def find_type(name: str) -> ConfigType:
    """The registry's row for `name`, in any case.

    Raises:
        UsageError: there is no such type; names the nearest one and the list.
    """
    if found := CONFIG_TYPES.get(name.upper()):
        return found
    from difflib import get_close_matches

    near = get_close_matches(name.upper(), CONFIG_TYPES, n=1)
    known = ", ".join(sorted(CONFIG_TYPES))
    raise UsageError(
        f'"{name}" is not a config type that this version of osmo knows',
        hint=(f"did you mean {near[0]}? " if near else "") + f"known types: {known}",
    )


def parse_reference(text: str) -> tuple[ConfigType, int | None]:
    """`TYPE` or `TYPE:REVISION`.

    Raises:
        UsageError: there is no such type, or the revision is no whole number above 0.
    """
    name, colon, number = text.partition(":")
    found = find_type(name)
    if colon and not _REVISION.fullmatch(number):
        raise UsageError(
            f'"{text}" is not TYPE:REVISION',
            hint=f"for example {found.name}:3; revisions start at 1",
        )
    return found, int(number) if colon else None
