"""The registry of config types: one row each (docs/service/routes.md#routes-by-type).

A row holds what is needed to find, read and write a type. What checks it (models, rules,
references, descriptions) is in its schema module, which is loaded only when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from osmo_cli.errors import UsageError
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from pydantic import BaseModel

    from osmo_cli.config.problems import Path
    from osmo_cli.config.registry.definition import Definition

_Model = TypeVar("_Model")
_REVISION = re.compile(r"[1-9][0-9]*", re.ASCII)


@dataclass(frozen=True)
class Verb:
    """How one kind of update is sent.

    `semantics` says what the service does with the body:

    - `replace-fields` sets each field that is present, whole (POST backend);
    - `strategic-merge` merges at every depth (docs/service/merge.md#patch);
    - `replace-object` takes the body as the whole item (PUT of an item);
    - `upsert` does that for each item in the body and keeps the others (PUT of a type with
      items). With `as_list` the items are sent as a list.
    """

    method: Literal["POST", "PATCH", "PUT"]
    body_key: Literal["configs", "configs_dict"]
    semantics: Literal["replace-fields", "strategic-merge", "replace-object", "upsert"]
    as_list: bool = False


class Version(Protocol):
    """A version of the service, as far as a type needs to know it."""

    def newest(self, by_version: Mapping[str, _Model]) -> _Model:
        """The newest model that is not later than the version."""
        ...


@dataclass(frozen=True, eq=False)
class ConfigType:
    """One config type.

    Paths are patterns within one object of the type; `*` stands for any key of a map.

    Attributes:
        name: as users write it, e.g. `BACKEND`.
        path: the path segment after /api/configs/.
        since: name of the first version that has it.
        until: name of the last version that has it; later ones show only its old revisions.
        module: its schema module, whose `DEFINITION` says how it is checked; by default the
            module of `schemas/` that is called like the path segment.
        wrapper: the key of GET all's answer that holds the items, or None.
        whole: how the whole type is updated, or None where the service has no such route.
        named: how one item is updated, or None for a type without named items.
        create: how an item is created, or None where a client cannot.
        items_are_lists: an item is a list, not an object.
        read_only: fields that the service sets; they never count as a change.
        secrets: secret fields of any service version, also where the service sends them in clear
            text; from the top of the type's data.
        volatile: the read-only fields that change by themselves, so that a copy is always outdated.
        one_value: maps that a file gives as a whole, as it gives a list; `()` is the object.
        mapping_fields: fields of an item that the service keeps in a table of their own. null
            leaves them as they are, and in a new item means its own name; a write loses each
            entry that it keeps (`osmo_cli.config.changes.mappings`).
        unordered: lists whose order means nothing; a service in ConfigMap mode shows that of its
            file, and any other sorts them.
        deletes_missing: whether deleting an item that does not exist succeeds; where the service
            refuses it, so does `osmo config delete`.
        name_pattern: regular expression for the name of a new item, or None where the service
            accepts any.
    """

    name: str
    path: str
    since: str = "seed"
    until: str | None = None
    module: str = ""
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
    unordered: frozenset[Path] = frozenset()
    deletes_missing: bool = True
    name_pattern: str | None = None

    @property
    def definition(self) -> Definition:
        """How the type is checked and described. Loads pydantic."""
        module = import_module(self.module or "osmo_cli.config.schemas." + self.path)
        definition: Definition = module.DEFINITION
        return definition

    @property
    def helm_section(self) -> str:
        """The section of the Helm chart's values that holds the type. Loads pydantic."""
        return self.definition.helm_section

    @property
    def not_in_values(self) -> frozenset[str]:
        """Fields that the section does not have. Loads pydantic."""
        return self.definition.not_in_values

    @property
    def is_by_item(self) -> bool:
        """Whether it consists of items only, so that the whole type is updated item by item."""
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

    def initial_names(self, version: Version) -> frozenset[str]:
        """The names of the items that every service of `version` creates itself. Loads pydantic."""
        names = self.definition.initial_names
        return version.newest(names) if names else frozenset()

    def is_name(self, name: str) -> bool:
        """Whether the service accepts `name` for a new item; `NAME_RULE` says it in words."""
        return self.name_pattern is None or bool(re.fullmatch(self.name_pattern, name))

    def schema(self, version: Version) -> type[BaseModel]:
        """The model of one object of this type in `version`. Loads pydantic.

        A type that a version no longer has keeps its last model, for its old revisions.
        """
        return version.newest(self.definition.models)

    def item_schema(self, version: Version) -> type[BaseModel]:
        """The model of one named item in `version`. Loads pydantic."""
        definition = self.definition
        return version.newest(definition.item_models or definition.models)


NAME_RULE = "use ASCII letters, digits, -, _ and .; start with a letter, end with a letter or digit"
_NAME = r"[a-zA-Z]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?"  # docs/service/routes.md#names
_PATCH = Verb("PATCH", "configs_dict", "strategic-merge")
_PUT_ITEM = Verb("PUT", "configs", "replace-object")
_PUT_ITEMS = Verb("PUT", "configs", "upsert")
_OBJECT: Path = ()


def _fields(*names: str) -> frozenset[Path]:
    return frozenset(tuple(name.split(".")) for name in names)


BACKEND = ConfigType(
    name="BACKEND",
    path="backend",
    wrapper="backends",
    named=Verb("POST", "configs", "replace-fields"),
    read_only=_fields(
        "name", "version", "k8s_namespace", "last_heartbeat", "created_date", "online"
    ),
    volatile=_fields("last_heartbeat", "online"),
    # A file that has rules has all of them.
    one_value=_fields("node_conditions.rules"),
)
WORKFLOW = ConfigType(
    name="WORKFLOW",
    path="workflow",
    whole=_PATCH,
    secrets=_fields(
        "workflow_data.credential.access_key",
        "workflow_log.credential.access_key",
        "workflow_app.credential.access_key",
        "backend_images.credential.auth",
        # The other name of auth in an input.
        "backend_images.credential.password",
        "workflow_alerts.slack_token",
        "workflow_alerts.smtp_settings.password",
    ),
)
SERVICE = ConfigType(
    name="SERVICE",
    path="service",
    whole=_PATCH,
    secrets=_fields(
        "service_auth.keys.*.private_key",
        # Of the seed generation.
        "cli_config.credential.access_key",
    ),
)
DATASET = ConfigType(
    name="DATASET",
    path="dataset",
    until="6.3",
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
    wrapper="pools",
    whole=_PUT_ITEMS,
    # PATCH would freeze inherited timeouts (docs/service/pool.md#inherited-timeouts).
    named=_PUT_ITEM,
    create=_PUT_ITEM,
    read_only=_fields(
        "name",
        "status",
        "last_heartbeat",
        "parsed_resource_validations",
        "parsed_group_templates",
        "parsed_pod_template",
        "parsed_pod_template_for_accounting",
        "platforms.*.default_mounts",
        "platforms.*.tolerations",
        "platforms.*.labels",
        "platforms.*.parsed_resource_validations",
        "platforms.*.parsed_pod_template",
        "platforms.*.parsed_pod_template_for_accounting",
    ),
    volatile=_fields("status", "last_heartbeat"),
    name_pattern=_NAME,
)
POD_TEMPLATE = ConfigType(
    name="POD_TEMPLATE",
    path="pod_template",
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
    since="6.2",
)
RESOURCE_VALIDATION = ConfigType(
    name="RESOURCE_VALIDATION",
    path="resource_validation",
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
    whole=_PUT_ITEMS,
    named=_PATCH,
    create=_PUT_ITEM,
    read_only=_fields("parsed_pod_template"),
    name_pattern=_NAME,
)
ROLE = ConfigType(
    name="ROLE",
    path="role",
    whole=Verb("PUT", "configs", "upsert", as_list=True),
    named=_PUT_ITEM,
    create=_PUT_ITEM,
    read_only=_fields("immutable"),
    one_value=frozenset({_OBJECT}),
    mapping_fields=frozenset({"external_roles"}),
    unordered=_fields("policies.*.actions"),
    deletes_missing=False,
)

CONFIG_TYPES: dict[str, ConfigType] = {
    config_type.name: config_type
    for config_type in (
        SERVICE,
        WORKFLOW,
        DATASET,
        POD_TEMPLATE,
        GROUP_TEMPLATE,
        RESOURCE_VALIDATION,
        BACKEND_TEST,
        BACKEND,
        POOL,
        ROLE,
    )
}
"""All types by name, each after those that its items refer to."""


def find_type(name: str) -> ConfigType:
    """The registry's row for `name`, in any case.

    Raises:
        UsageError: there is no such type; names the nearest one and lists all.
    """
    if config_type := CONFIG_TYPES.get(name.upper()):
        return config_type
    from difflib import get_close_matches

    near = get_close_matches(name.upper(), CONFIG_TYPES, n=1)
    known = ", ".join(sorted(CONFIG_TYPES))
    raise UsageError(
        f'unknown config type "{name}"',
        hint=(f"did you mean {near[0]}? " if near else "") + f"known types: {known}",
    )


def parse_reference(text: str) -> tuple[ConfigType, int | None]:
    """Split `TYPE` or `TYPE:REVISION`.

    Raises:
        UsageError: the type is unknown, or the revision is not an integer above 0.
    """
    name, colon, number = text.partition(":")
    config_type = find_type(name)
    if colon and not _REVISION.fullmatch(number):
        raise UsageError(
            f'"{text}" is not TYPE:REVISION',
            hint=f"for example {config_type.name}:3; revisions start at 1",
        )
    return config_type, int(number) if colon else None
