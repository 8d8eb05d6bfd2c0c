"""Names of other items that a change needs: looked up before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from osmo_cli.config.problems import Problem
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.values import same, value_at

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from osmo_cli.api.service import Service
    from osmo_cli.config.reading.document import Document
    from osmo_cli.config.registry.types import ConfigType
    from osmo_cli.plan.live_object import LiveObject


KnownNames = Callable[["ConfigType"], "Collection[str]"]
"""Returns the names of the items of a type."""


def first_names(names: Sequence[str], number: int) -> str:
    """Return up to `number` names, and how many more there are: `a, b and 3 more`."""
    more = len(names) - number
    return ", ".join(names[:number]) + (f" and {more} more" if more > 0 else "")


def unchecked_names(
    known_names: KnownNames, target: LiveObject, document: Document, wanted: Any
) -> list[Problem]:
    """Return the new names of items that do not exist, of types that the service does not check.

    For one item they are errors, because the service answers with an error after it has stored
    it; in the whole type it accepts them, so they are warnings
    (docs/service/pool.md#unregistered-backends).

    Args:
        known_names: returns the names that exist.
        target: what is changed.
        document: the input.
        wanted: the object to store.
    """
    types = {
        reference.target
        for reference in target.shape.config_type.definition.references
        if reference.unchecked
    }
    if not types:
        return []
    from osmo_cli.config.checking.cross_checks import unknown_names
    from osmo_cli.config.reading.inputs import Input

    known = {name: known_names(CONFIG_TYPES[name]) for name in types}
    severity: Literal["error", "warning"] = "error" if target.shape.name is not None else "warning"
    return [
        replace(problem, severity=severity)
        for problem in unknown_names(
            [Input(document, target.shape)],
            known,
            where="on the service",
            hint="register it first",
        )
        if not same(*(value_at(state, problem.path) for state in (target.live, wanted)))
    ]


def missing_names(service: Service, config_type: ConfigType, items: Mapping[str, Any]) -> list[str]:
    """Return the items of other types that some items name and that do not exist.

    Args:
        service: the service.
        config_type: the type of the items.
        items: by name, as the service stores them.

    Returns:
        Texts such as `POD_TEMPLATE t1 (of pool-a)`, without duplicates.
    """
    from osmo_cli.config.checking.cross_checks import names_at

    missing = []
    for reference in config_type.definition.references:
        target = reference.target
        if reference.unchecked or target not in service.dialect.config_types:
            continue
        users: dict[str, list[str]] = {}
        for name, item in items.items():
            for _, used in names_at(item, reference.path):
                users.setdefault(used, []).append(name)
        if users:
            known = service.configs.read(CONFIG_TYPES[target]).items().keys()
            missing += [
                f"{target} {used} (of {', '.join(dict.fromkeys(names))})"
                for used, names in users.items()
                if used not in known
            ]
    return list(dict.fromkeys(missing))
