"""Whether what a configuration names exists: in another file, or on the service."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from osmo_cli.config.problems import InvalidInputError, Path, Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.reading.inputs import Input
from osmo_cli.config.registry.types import CONFIG_TYPES, POOL
from osmo_cli.config.schemas.rules.placeholders import unfilled
from osmo_cli.config.values import value_at


def initial_names(config_type: str) -> frozenset[str]:
    """Names of the items that every service creates, so that files need not have them."""
    return CONFIG_TYPES[config_type].definition.initial_names


def names_in(inputs: Iterable[Input]) -> dict[str, set[str]]:
    """The names of the items in the files, by type; a type of which there is no file is absent."""
    names: dict[str, set[str]] = {}
    for one in inputs:
        there = names.setdefault(one.shape.config_type.name, set())
        there.update([one.shape.name] if one.shape.name is not None else _items(one))
    return names


def referenced_types(inputs: Iterable[Input]) -> set[str]:
    """The types of which the files may name items."""
    return {
        reference.target
        for one in inputs
        for reference in one.shape.config_type.definition.references
        if reference.target in one.shape.dialect.config_types
    }


def unknown_names(
    inputs: Iterable[Input], known: Mapping[str, Collection[str]], *, where: str, hint: str
) -> Iterator[Problem]:
    """Each place at which a file names an item that is not `known`.

    Args:
        inputs: the files.
        known: names by type; items of a type that is absent here may be called anything.
        where: the end of the message: `there is no POOL of that name ...`.
        hint: the way out where no known name is near.
    """
    for one in inputs:
        document = _objects(one)
        above: Path = ("*",) if one.shape.is_map else ()
        for reference in one.shape.config_type.definition.references:
            target = reference.target
            for path, name in _values(document.value, (*above, *reference.path)):
                if target in known and name not in known[target]:
                    near = get_close_matches(name, known[target], n=1)
                    yield document.problem(
                        f"there is no {target} of that name {where}",
                        path,
                        hint=f'did you mean "{near[0]}"?' if near else hint,
                    )


def in_two_files(inputs: Iterable[Input]) -> Iterator[Problem]:
    """Items that have a file of their own and stand in that of the whole type, too."""
    found = list(inputs)
    own = {(one.shape.config_type, one.shape.name): one.document.name for one in found}
    for one in found:
        items = _items(one) if one.shape.name is None else {}
        for name, path in items.items():
            if other := own.get((one.shape.config_type, name)):
                message = f"{name} has a file of its own, too: {other}"
                document = _objects(one)
                yield document.problem(message, path, at_key=True, hint="keep one of them")


_TEMPLATES = ("POD_TEMPLATE", "GROUP_TEMPLATE", "RESOURCE_VALIDATION")


def unfilled_placeholders(inputs: Iterable[Input]) -> Iterator[Problem]:
    """Each `{{NAME}}` of a template that no variable of a pool fills which names the template."""
    found = list(inputs)
    templates = {
        (one.shape.config_type.name, name): (document, path)
        for one in found
        if one.shape.config_type.name in _TEMPLATES
        for name, document, path in _items_with_places(one)
    }
    told: set[tuple[str, Path, str]] = set()
    for one in found:
        if one.shape.config_type.name != "POOL":
            continue
        for pool_name, document, at in _items_with_places(one):
            pool = value_at(document.value, at)
            for reference in POOL.definition.references:
                for path, name in _values(pool, reference.path):
                    if (reference.target, name) not in templates:
                        continue
                    template, above = templates[reference.target, name]
                    platform = str(path[1]) if path[0] == "platforms" else None
                    value = value_at(template.value, above)
                    for inside, variable in unfilled(value, pool, platform):
                        place = (*above, *inside)
                        if (template.name, place, variable) not in told:
                            told.add((template.name, place, variable))
                            yield template.problem(
                                f"no variable of the pool {pool_name} fills {{{{{variable}}}}}",
                                place,
                                hint="add it to its common_default_variables, "
                                "or to a platform's default_variables",
                                severity="warning",
                            )


def _items_with_places(one: Input) -> Iterator[tuple[str, Document, Path]]:
    """The items of a file: each one's name, and where it stands in which document."""
    document = _objects(one)
    if one.shape.name is not None:
        yield one.shape.name, document, ()
    else:
        for name, path in _items(one).items():
            yield name, document, path


def _objects(one: Input) -> Document:
    """The object, or the map of items by name, whatever it is wrapped in."""
    from osmo_cli.config.checking.validate import unwrapped

    try:
        return unwrapped(one.document, one.shape)
    except InvalidInputError:
        return one.document  # a list whose items have no names


def _items(one: Input) -> dict[str, Path]:
    """Where each item stands in the file of a whole type."""
    above: Path = ()
    value = _objects(one).value
    if not one.shape.is_map:
        wrapper = one.shape.config_type.wrapper
        above = (wrapper,) if wrapper else ()
        value = value.get(wrapper) if wrapper and isinstance(value, dict) else None
    return {name: (*above, name) for name in value} if isinstance(value, dict) else {}


def _values(value: Any, pattern: Path, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """The names at a pattern, with their paths; what has another form is told elsewhere.

    An empty text names nothing, and what `${env:NAME}` stands for is not known here.
    """
    if not pattern:
        if isinstance(value, str) and value and "${" not in value:
            yield at, value
        return
    step, rest = pattern[0], pattern[1:]
    if step == "*" and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _values(inner, rest, (*at, index))
    elif isinstance(value, dict):
        for key in value if step == "*" else [step] * (step in value):
            yield from _values(value[key], rest, (*at, key))
