"""The registry of config types: one row each, as data (api.md 3.1).

Nothing here loads pydantic; a schema is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from osmo_cli.config.dialects import DIALECTS, Dialect
from osmo_cli.config.problems import Path
from osmo_cli.errors import UsageError

if TYPE_CHECKING:
    from osmo_cli.config.schemas.base import ConfigModel


@dataclass(frozen=True)
class Verb:
    """How one kind of update is sent.

    `semantics` says what the service does with the body: `replace-fields` sets each field that
    is present and whole (POST backend), `strategic-merge` merges at every depth (PATCH).
    """

    method: Literal["POST", "PATCH"]
    body_key: Literal["configs", "configs_dict"]
    semantics: Literal["replace-fields", "strategic-merge"]


@dataclass(frozen=True)
class ConfigType:
    """One config type.

    Attributes:
        name: as users write it, e.g. `BACKEND`.
        path: the path segment after /api/configs/.
        wrapper: the key of GET all's answer that holds the items, or None.
        whole: how the whole type is updated, or None where the service has no such route.
        named: how one item is updated, or None for a type without named items.
        read_only: fields that the service sets; they never count as a change (api.md 3.6, 13).
        volatile: those among them that change by themselves, so that a copy is always outdated.
        one_value: paths of maps that a file gives as a whole, as it gives a list.
        schema_module: module of `schemas/` whose `SCHEMAS` maps a dialect name to the model.
    """

    name: str
    path: str
    wrapper: str | None
    whole: Verb | None
    named: Verb | None
    read_only: frozenset[str]
    volatile: frozenset[str]
    one_value: frozenset[Path]
    schema_module: str

    def schema(self, dialect: Dialect) -> type[ConfigModel]:
        """The model of one object of this type in `dialect`. Loads pydantic."""
        schemas: Mapping[str, type[ConfigModel]] = import_module(self.schema_module).SCHEMAS
        return schemas[dialect.name]

    def schemas(self) -> dict[str, type[ConfigModel]]:
        """The models by dialect name, for hints about other versions. Loads pydantic."""
        return {name: self.schema(dialect) for name, dialect in DIALECTS.items()}


BACKEND = ConfigType(
    name="BACKEND",
    path="backend",
    wrapper="backends",
    whole=None,
    named=Verb("POST", "configs", "replace-fields"),
    read_only=frozenset(
        {"name", "version", "k8s_namespace", "last_heartbeat", "created_date", "online"}
    ),
    volatile=frozenset({"last_heartbeat", "online"}),
    # A rule is there or it is not: a file that gives the rules gives all of them.
    one_value=frozenset({("node_conditions", "rules")}),
    schema_module="osmo_cli.config.schemas.backend",
)
WORKFLOW = ConfigType(
    name="WORKFLOW",
    path="workflow",
    wrapper=None,
    whole=Verb("PATCH", "configs_dict", "strategic-merge"),
    named=None,
    read_only=frozenset(),
    volatile=frozenset(),
    one_value=frozenset(),
    schema_module="osmo_cli.config.schemas.workflow",
)

CONFIG_TYPES: dict[str, ConfigType] = {
    config_type.name: config_type for config_type in (BACKEND, WORKFLOW)
}


def config_type(name: str) -> ConfigType:
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
