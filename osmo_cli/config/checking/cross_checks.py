"""Whether the items that a configuration names exist: in another file, or on the service."""

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

_MAX_KNOWN = 10


def initial_names(inputs: Iterable[Input], config_type: str) -> frozenset[str]:
    """Return the names of the items that every service of the files' version creates itself."""
    dialects = (file.shape.dialect for file in inputs)
    return frozenset().union(*map(CONFIG_TYPES[config_type].initial_names, dialects))


def names_in(inputs: Iterable[Input]) -> dict[str, set[str]]:
    """Return the names of the items in the files, by type; a type without a file is absent."""
    names: dict[str, set[str]] = {}
    for file in inputs:
        of_type = names.setdefault(file.shape.config_type.name, set())
        of_type.update([file.shape.name] if file.shape.name is not None else _items(file))
    return names


def referenced_types(inputs: Iterable[Input]) -> set[str]:
    """Return the types whose items the files may name."""
    return {
        reference.target
        for file in inputs
        for reference in file.shape.config_type.definition.references
        if reference.target in file.shape.dialect.config_types
    }


def unknown_names(
    inputs: Iterable[Input],
    known: Mapping[str, Collection[str]],
    *,
    where: str,
    hint: str,
) -> Iterator[Problem]:
    """Return a problem for each place where a file names an item that is not `known`.

    Args:
        inputs: the files.
        known: names by type; names of a type that is absent are not checked.
        where: the end of the message: `POOL not found ...`.
        hint: the fix, where no known name is near.
    """
    for file in inputs:
        document = _objects(file)
        above: Path = ("*",) if file.shape.is_map else ()
        for reference in file.shape.config_type.definition.references:
            names = known.get(reference.target)
            for path, name in names_at(document.value, (*above, *reference.path)):
                if names is not None and name not in names:
                    message = f"{reference.target} not found {where}"
                    yield document.problem(message, path, hint=_hint(name, names, hint))


def _hint(name: str, known: Collection[str], otherwise: str) -> str:
    if near := get_close_matches(name, known, n=1):
        return f'did you mean "{near[0]}"?'
    names = sorted(known)
    more = ", ..." if len(names) > _MAX_KNOWN else ""
    return f"{otherwise}; known: {', '.join(names[:_MAX_KNOWN])}{more}" if names else otherwise


def in_two_files(inputs: Iterable[Input]) -> Iterator[Problem]:
    """Return a problem for each item in the file of a whole type that has its own file, too."""
    files = list(inputs)
    own = {(file.shape.config_type, file.shape.name): file.document.name for file in files}
    for file in files:
        items = _items(file) if file.shape.name is None else {}
        for name, path in items.items():
            if other := own.get((file.shape.config_type, name)):
                message = f"{name} has its own file, too: {other}"
                document = _objects(file)
                yield document.problem(message, path, at_key=True, hint="keep one of them")


_TEMPLATES = ("POD_TEMPLATE", "GROUP_TEMPLATE", "RESOURCE_VALIDATION")


def unfilled_placeholders(inputs: Iterable[Input]) -> Iterator[Problem]:
    """Return a problem for each `{{NAME}}` in a template for which a pool has no variable."""
    files = list(inputs)
    templates = {
        (file.shape.config_type.name, name): (document, path)
        for file in files
        if file.shape.config_type.name in _TEMPLATES
        for name, document, path in _items_with_places(file)
    }
    seen: set[tuple[str, Path, str]] = set()
    for pool_name, pool in _pools(files):
        for reference in POOL.definition.references:
            for path, name in names_at(pool, reference.path):
                if (reference.target, name) not in templates:
                    continue
                template, above = templates[reference.target, name]
                platform = str(path[1]) if path[0] == "platforms" else None
                for inside, variable in unfilled(value_at(template.value, above), pool, platform):
                    place = (*above, *inside)
                    if (template.name, place, variable) not in seen:
                        seen.add((template.name, place, variable))
                        yield _unfilled(template, place, variable, pool_name)


def _unfilled(template: Document, path: Path, variable: str, pool_name: str) -> Problem:
    return template.problem(
        f"the pool {pool_name} has no variable {variable}",
        path,
        hint="add it to the pool's common_default_variables, or to a platform's default_variables",
        severity="warning",
    )


def _pools(files: Iterable[Input]) -> Iterator[tuple[str, Any]]:
    for file in files:
        if file.shape.config_type == POOL:
            for name, document, path in _items_with_places(file):
                yield name, value_at(document.value, path)


def _items_with_places(file: Input) -> Iterator[tuple[str, Document, Path]]:
    """Return the items of a file: the name, and where the item is in which document."""
    document = _objects(file)
    if file.shape.name is not None:
        yield file.shape.name, document, ()
    else:
        for name, path in _items(file).items():
            yield name, document, path


def _objects(file: Input) -> Document:
    """Return the object, or the map of items by name, without what is around it."""
    from osmo_cli.config.checking.validate import unwrapped

    try:
        return unwrapped(file.document, file.shape)
    except InvalidInputError:
        return file.document  # a list whose items have no names


def _items(file: Input) -> dict[str, Path]:
    """Return where each item is in the file of a whole type."""
    above: Path = ()
    value = _objects(file).value
    if not file.shape.is_map:
        wrapper = file.shape.config_type.wrapper
        above = (wrapper,) if wrapper else ()
        value = value.get(wrapper) if wrapper and isinstance(value, dict) else None
    return {name: (*above, name) for name in value} if isinstance(value, dict) else {}


def names_at(value: Any, pattern: Path, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """Return the names at a pattern, with their paths; values of other types are skipped.

    An empty string names nothing, and what `${env:NAME}` stands for is not known here.
    """
    if not pattern:
        if isinstance(value, str) and value and "${" not in value:
            yield at, value
        return
    step, rest = pattern[0], pattern[1:]
    if step == "*" and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from names_at(inner, rest, (*at, index))
    elif isinstance(value, dict):
        for key in value if step == "*" else [step]:
            if key in value:
                yield from names_at(value[key], rest, (*at, key))
