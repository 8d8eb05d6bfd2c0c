"""What a schema module says about its config type: models, rules, references, descriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from osmo_cli.config.problems import Path
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a value; no part of it holds the value itself.

    Attributes:
        message: what is wrong.
        hint: how to fix it.
        severity: `error` where the service would refuse the value, store something else, or could
            not work with it; `warning` where the value is only likely wrong.
        at: where below the checked value the finding is.
        at_key: the key is wrong, not its value.
        beside: other fields below the checked value that it depends on.
    """

    message: str
    hint: str | None = None
    severity: Literal["error", "warning"] = "error"
    at: Path = ()
    at_key: bool = False
    beside: tuple[Path, ...] = ()


Rule = Callable[[Any], Iterable[Finding]]
"""Checks a value; accepts values of any type, and ignores those of a type it is not for."""


def warning(message: str, hint: str | None = None, **details: Any) -> Finding:
    """Return a finding that does not stop the command."""
    return Finding(message, hint, "warning", **details)


def everywhere(_: Any) -> bool:
    """Return True: the check applies in every dialect."""
    return True


@dataclass(frozen=True)
class Check:
    """A rule and the place where it applies.

    Attributes:
        path: pattern within one object of the type; `*` is any key or position.
        rule: what is checked there.
        summary: the rule in words, for docs/checks.md.
        applies: whether a dialect has the rule, for a field with another meaning in others.
        whole: the rule needs what is stored: without a service it is skipped.
    """

    path: Path
    rule: Rule
    summary: str
    applies: Callable[[Any], bool] = everywhere
    whole: bool = False


def checks(rule: Rule, summary: str, *paths: str, **details: Any) -> Iterator[Check]:
    """Return a check of each path; a dot separates steps, and "" is the whole object."""
    for path in paths:
        yield Check(tuple(path.split(".")) if path else (), rule, summary, **details)


@dataclass(frozen=True)
class Reference:
    """A field that names items of another type.

    Attributes:
        path: pattern within one object of the type; `*` is any key or position.
        target: name of the type of the items.
        unchecked: the service does not look whether the item exists: it stores the name, and
            fails afterwards (docs/service/pool.md#unregistered-backends).
    """

    path: Path
    target: str
    unchecked: bool = False


def references(target: str, *paths: str, unchecked: bool = False) -> Iterator[Reference]:
    """Return a reference from each path to items of `target`."""
    for path in paths:
        yield Reference(tuple(path.split(".")), target, unchecked)


@dataclass(frozen=True)
class Definition:
    """How a config type is checked and described.

    Attributes:
        models: the model of one object, by the version that it came with.
        item_models: the model of one item, where that is not an object of the type.
        checks: what the models cannot say.
        references: where it names items of other types.
        essential: fields that are an error, and not only left out with a warning, where a version
            does not have them but another does; each with a function that says what to write
            instead, from the object around the field and the dialect.
        known_fields: fields of an object whose model accepts any.
        initial_names: items that every service creates, so that files need not have them; by the
            version that they came with (docs/service/history.md#first-revisions).
        descriptions: a sentence for each field, by the end of its path; the longest end counts. A
            key of a map is `*`, and a position in a list is not in a path.
        keywords: what JSON Schema can say beyond the models, by path as above; "" is the object.
        helm_section: the section of the Helm chart's values that holds the type.
        not_in_values: fields that the section does not have: the service keeps them itself, or
            they are elsewhere in it, as names are (docs/service/helm-values.md#sections).
        own_fields: fields that the service and its operators make for themselves, and that have no
            meaning elsewhere: an input that leaves them out keeps them, and none is exported.
    """

    models: Mapping[str, type[BaseModel]]
    helm_section: str
    item_models: Mapping[str, type[BaseModel]] | None = None
    checks: tuple[Check, ...] = ()
    references: tuple[Reference, ...] = ()
    essential: Mapping[Path, Callable[[Any, Any], str]] = field(default_factory=dict)
    known_fields: frozenset[str] = frozenset()
    initial_names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    keywords: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    not_in_values: frozenset[str] = frozenset()
    own_fields: frozenset[Path] = frozenset()
