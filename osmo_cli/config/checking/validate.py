"""Whether an input can be stored: every problem at once, each at its place.

The input is laid over the live object and the result is checked against the schema. What the
input does not change is not judged.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import field
from typing import Any

from pydantic import BaseModel, ValidationError

from osmo_cli.config.changes.directives import resolve_directives, wrong_directives
from osmo_cli.config.changes.merge import Mode, differences, fill_new_objects
from osmo_cli.config.changes.wanted import effects_on_secrets, wanted_state
from osmo_cli.config.checking.adaptation import adapt
from osmo_cli.config.checking.pydantic_messages import KINDS
from osmo_cli.config.checking.rule_problems import rule_problems
from osmo_cli.config.checking.schema_problems import removal_problems, schema_problems
from osmo_cli.config.checking.wrapping import wrapped_problem
from osmo_cli.config.problems import Path, Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import NAME_RULE
from osmo_cli.config.schemas.base import nearest_errors, other_names
from osmo_cli.config.secrets import is_mask
from osmo_cli.config.values import ABSENT, replaced, same, value_at
from osmo_cli.quick_dataclass import dataclass

MASKED = "this is a mask, not the secret"
READ_ONLY = "is set by the service; this value is not sent"


@dataclass(frozen=True)
class Checked:
    """An input that has been laid over the live object.

    Attributes:
        wanted: the object to store, as the service will show it.
        problems: everything that is wrong with it; without errors `wanted` may be sent.
        given: the input, without what `osmo config show TYPE` prints around the items.
    """

    wanted: Any = field(repr=False)
    problems: list[Problem]
    given: Document


def check_input(document: Document, shape: Shape, live: Any, *, mode: Mode = Mode.MERGE) -> Checked:
    """Lay `document` over `live` and check the result.

    Args:
        document: the input.
        shape: what the input describes.
        live: the stored state.
        mode: whether the input is a part, the whole object, or the buffer of an editor.
    """
    document = unwrapped(document, shape)
    if problem := wrapped_problem(document, shape, live) or wrong_shape(document, shape):
        return Checked(live, [problem], document)
    model = shape.model()
    document = with_own_names(document, shape)
    given, problems = _without_masks(document, live)
    problems += directive_problems(document, live)
    whole = mode is not Mode.MERGE or live == {}
    given = resolve_directives(shape, given, live, whole=whole)
    problems += _read_only(document, shape, given, live)
    problems += removal_problems(document, shape, given, live)
    problems += names(document, shape, known=live)
    adapted = adapt(document, shape, shape.editable(given), live)
    given = adapted.given
    problems += adapted.problems
    wanted = _with_read_only(shape, live, wanted_state(shape, live, given, mode))
    problems += schema_problems(document, shape, wanted, live)
    if mode is Mode.REPLACE:
        problems += _secrets_left_out(document, shape, live, given, wanted)
    wrong = [problem.path for problem in problems if problem.severity == "error"]
    problems += rule_problems(document, shape, wanted, live, wrong)
    if not any(problem.severity == "error" for problem in problems):
        wanted = _as_stored(shape, model, live, given, wanted)
        wanted = shape.with_kept(live, wanted)
    return Checked(wanted, in_order(problems), document)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems in the order of the file."""
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def wrong_shape(document: Document, shape: Shape) -> Problem | None:
    """Return what is wrong with an input that is not an object, or not a list where one must be."""
    expected, words = (list, "a list") if shape.is_list else (dict, "an object")
    if isinstance(document.value, expected):
        return None
    return document.problem(f"must be {words}, not {KINDS[type(document.value)]}", ())


def unwrapped(document: Document, shape: Shape) -> Document:
    """Return the map of items in a file that holds what `osmo config show TYPE` prints."""
    wrapper = shape.config_type.wrapper
    if not shape.is_map:
        return document
    if isinstance(document.value, list):
        return document.keyed_by_name()
    if wrapper and isinstance(document.value, dict) and list(document.value) == [wrapper]:
        return document.at(wrapper)
    return document


def directive_problems(document: Document, live: Any) -> Iterator[Problem]:
    """Return each `$action` and `$index` that has no meaning."""
    for path, message, hint in wrong_directives(document.value, live):
        yield document.problem(message, path, at_key=True, hint=hint)


def _secrets_left_out(
    document: Document, shape: Shape, live: Any, given: Any, wanted: Any
) -> Iterator[Problem]:
    for message, hint in dict.fromkeys(effects_on_secrets(shape, live, given, wanted)):
        yield document.problem(message, (), hint=hint or None, severity="warning")


def _with_read_only(shape: Shape, live: Any, wanted: Any, at: Path = ()) -> Any:
    """Return `wanted` with the stored values of what the service sets."""
    if not (isinstance(live, dict) and isinstance(wanted, dict)):
        return wanted
    result = {
        key: _with_read_only(shape, live.get(key), value, (*at, key))
        for key, value in wanted.items()
    }
    return result | {key: live[key] for key in live if shape.is_read_only((*at, key))}


def _as_stored(shape: Shape, model: type[BaseModel], live: Any, given: Any, wanted: Any) -> Any:
    """Return `wanted` as the service will show it; what is not mentioned stays, valid or not."""
    if not isinstance(wanted, dict) or shape.is_one_value(()):
        read = _as_read(model, shape.editable(wanted))
        stored = wanted if read is None else _filled(None, wanted, read)
        return _with_read_only(shape, live, stored)
    stored = _as_read(model, _mentioned(shape, model, given, wanted))
    if stored is None:
        return wanted
    if live and not shape.is_map:
        stored = {field: value for field, value in stored.items() if field in given}
    return _with_read_only(shape, live, fill_new_objects(_known(shape, live), wanted, stored))


def _mentioned(
    shape: Shape, model: type[BaseModel], given: Any, wanted: dict[str, Any]
) -> dict[str, Any]:
    """Return the fields that the input mentions, and those without which nothing can be read."""
    fields = set(given)
    if not shape.is_map:
        fields |= {field for field, info in model.model_fields.items() if info.is_required()}
    return {field: value for field, value in wanted.items() if field in fields}


def _known(shape: Shape, live: Any) -> dict[str, Any] | None:
    """Return the stored values that keep their form; None for an object that is new."""
    if not live and not shape.is_map:
        return None
    # An item that is given as a whole is new, with all its defaults.
    return {key: None if shape.is_one_value((key,)) else live[key] for key in live}


def _filled(live: Any, wanted: Any, read: Any) -> Any:
    """Return what is read; and what of an object the schema does not know, as it is."""
    return fill_new_objects(live, wanted, read) if isinstance(wanted, dict) else read


def _as_read(model: type[BaseModel], value: Any) -> Any:
    """Return `value` as the schema reads it, with all defaults.

    What does not fit the schema, as stored values may not, is left out of the result. None: the
    rest does not fit either.
    """
    unfit: list[Path] = []
    rest = value
    while True:
        try:
            read = model.model_validate(rest, extra="ignore").model_dump()
        except ValidationError as error:
            paths = [tuple(detail["loc"]) for detail in nearest_errors(model, error)]
            unfit += paths
            smaller = _without(rest, paths)
            if same(smaller, rest):
                return None
            rest = smaller
            continue
        return _without(read, unfit)


def _without(value: Any, paths: Iterable[Path]) -> Any:
    """Return a copy of `value` without what is at `paths`, or without the list that it is in."""
    for path in paths:
        fields = path[
            : next((i for i, step in enumerate(path) if isinstance(step, int)), len(path))
        ]
        if fields and value_at(value, fields, ABSENT) is not ABSENT:
            parent = value_at(value, fields[:-1])
            rest = {key: inner for key, inner in parent.items() if key != fields[-1]}
            value = replaced(value, fields[:-1], rest)
    return value


def with_own_names(document: Document, shape: Shape) -> Document:
    """Return the input with each field under its own name instead of an alias."""
    for *parent, other, name in other_names(shape.model(), document.value):
        document = document.renamed((*parent, other), name)
    return document


def names(document: Document, shape: Shape, known: Container[str]) -> Iterator[Problem]:
    """Check names: of items that are not `known`, and the field `name` of all."""
    items = {(name,): name for name in document.value} if shape.is_map else {(): shape.name}
    for path, name in items.items():
        item = document.value[name] if path else document.value
        given = item.get("name", name) if isinstance(item, dict) else name
        if name is not None and given != name and not shape.is_read_only((*path, "name")):
            # The service would store it under this name, too (docs/service/role.md#fields).
            message = f'must be "{name}", as the item is called'
            hint = "use a file of its own for an item with the other name"
            yield document.problem(message, (*path, "name"), hint=hint)
    for name in document.value if shape.is_map else ():
        if name not in known and not shape.config_type.is_name(name):
            yield document.problem("invalid name", (name,), at_key=True, hint=NAME_RULE)


def _without_masks(document: Document, live: Any) -> tuple[Any, list[Problem]]:
    """Return the input without its masks; a mask is an error unless the stored value is masked."""
    problems: list[Problem] = []

    def strip(value: Any, stored: Any, path: Path) -> Any:
        if isinstance(value, dict):
            known = stored if isinstance(stored, dict) else {}
            inner = {k: strip(v, known.get(k), (*path, k)) for k, v in value.items()}
            return {key: item for key, item in inner.items() if item is not ABSENT}
        if isinstance(value, list):
            return [strip(item, None, (*path, index)) for index, item in enumerate(value)]
        if not is_mask(value):
            return value
        if is_mask(stored):
            hint = "leave the field out"
            message = "the mask is not sent: the stored secret is kept"
            problems.append(document.problem(message, path, hint=hint, severity="warning"))
            return ABSENT
        problems.append(
            document.problem(
                MASKED,
                path,
                hint="write the secret, or leave the field out to keep the stored one",
            )
        )
        return value

    return strip(document.value, live, ()), problems


def _read_only(
    document: Document, shape: Shape, given: Any, live: Any, at: Path = ()
) -> Iterator[Problem]:
    """Warn about values that differ from what the service sets: they are not sent."""
    if not isinstance(given, dict):
        return
    known = live if isinstance(live, dict) else {}
    for key, value in given.items():
        path = (*at, key)
        if not shape.is_read_only(path):
            yield from _read_only(document, shape, value, known.get(key), path)
        elif (
            not shape.is_volatile(path)
            and not is_own_name(shape, path, value)
            and any(differences(known.get(key), value))
        ):
            yield document.problem(READ_ONLY, path, at_key=True, severity="warning")


def is_own_name(shape: Shape, path: Path, value: Any) -> bool:
    """Return whether the value at `path` is the name of the item that it is in."""
    if path[-1] != "name" or len(path) != 1 + shape.is_map:
        return False
    return bool(value == (path[0] if shape.is_map else shape.name))
