"""Whether an input can be stored: every problem at once, each at its place.

The input is laid over the live object and the result is checked against the schema; a problem
is the input's where the input mentions the field, and the stored state's otherwise.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from osmo_cli.config.changes.directives import resolve_directives, wrong_directives
from osmo_cli.config.changes.merge import (
    ABSENT,
    Mode,
    differences,
    fill_new_objects,
)
from osmo_cli.config.changes.wanted import effects_on_secrets, wanted_state
from osmo_cli.config.checking.pydantic_messages import KINDS
from osmo_cli.config.checking.rules.run import rule_problems
from osmo_cli.config.checking.schema_problems import schema_problems
from osmo_cli.config.problems import Path, Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import NAME_RULE
from osmo_cli.config.schemas.base import other_names
from osmo_cli.config.secrets import is_mask


@dataclass(frozen=True)
class Checked:
    """An input that has been laid over the live object.

    Attributes:
        wanted: the object that is to be stored, as the service will show it.
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
        shape: what it is about.
        live: what is stored.
        mode: whether the input is a part, the whole object, or the buffer of an editor.
    """
    document = unwrapped(document, shape)
    if problem := wrong_shape(document, shape):
        return Checked(live, [problem], document)
    model = shape.model()
    document = with_own_names(document, shape)
    given, problems = _without_masks(document, live)
    problems += directive_problems(document, live)
    given = resolve_directives(shape, given, live)
    problems += _read_only(document, shape, given, live)
    problems += names(document, shape, known=live)
    given = shape.editable(given)
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
    """The problems in the order of the file."""
    return sorted(problems, key=lambda one: (one.line or 0, one.column or 0))


def wrong_shape(document: Document, shape: Shape) -> Problem | None:
    """What is wrong with an input that is no object, or no list where one is needed."""
    expected, words = (list, "a list") if shape.is_list else (dict, "an object with fields")
    if isinstance(document.value, expected):
        return None
    return document.problem(f"must be {words}, not {KINDS[type(document.value)]}", ())


def unwrapped(document: Document, shape: Shape) -> Document:
    """The map of items in a file that holds what `osmo config show TYPE` prints."""
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
    """`wanted` with what the service sets as it is now; an input that is the whole lacks it."""
    if not (isinstance(live, dict) and isinstance(wanted, dict)):
        return wanted
    result = {
        key: _with_read_only(shape, live.get(key), value, (*at, key))
        for key, value in wanted.items()
    }
    return result | {key: live[key] for key in live if shape.is_read_only((*at, key))}


def _as_stored(shape: Shape, model: type[BaseModel], live: Any, given: Any, wanted: Any) -> Any:
    """`wanted` as the service will show it; what is not mentioned stays, valid or not."""
    if not isinstance(wanted, dict) or shape.is_one_value(()):
        stored = model.model_validate(shape.editable(wanted), extra="ignore").model_dump()
        return _with_read_only(shape, live, stored)
    mentioned = {field: wanted[field] for field in given if field in wanted}
    if shape.is_map:
        stored = model.model_validate(mentioned, extra="ignore").model_dump()
    else:
        needed = {field for field, info in model.model_fields.items() if info.is_required()}
        mentioned |= {field: wanted[field] for field in needed & wanted.keys()}
        try:
            valid = model.model_validate(mentioned, extra="ignore")
        except ValidationError:
            return wanted  # what is stored in a required field is not valid, and stays
        stored = valid.model_dump(include=set(given) if live else None)
    # An item that is given as a whole is new, with all its defaults.
    known = {key: {} if shape.is_one_value((key,)) else live[key] for key in live}
    is_new = not live and not shape.is_map
    return _with_read_only(shape, live, fill_new_objects(None if is_new else known, wanted, stored))


def with_own_names(document: Document, shape: Shape) -> Document:
    """The input with each field under its own name, where the service takes another one too."""
    for *parent, other, name in other_names(shape.model(), document.value):
        document = document.renamed((*parent, other), name)
    return document


def names(document: Document, shape: Shape, known: Container[str]) -> Iterator[Problem]:
    """Names that are another's, and of items that are not `known` those that cannot be."""
    items = {(name,): name for name in document.value} if shape.is_map else {(): shape.name}
    for path, name in items.items():
        item = document.value[name] if path else document.value
        given = item.get("name", name) if isinstance(item, dict) else name
        if name is not None and given != name and not shape.is_read_only((*path, "name")):
            # The service would store it under this name, beside the other (api.md 3.9).
            hint = f'write "{name}", or leave the other name to an item of its own'
            yield document.problem("is another name", (*path, "name"), hint=hint)
    for name in document.value if shape.is_map else ():
        if name not in known and not shape.config_type.is_name(name):
            yield document.problem("cannot be a name", (name,), at_key=True, hint=NAME_RULE)


def _without_masks(document: Document, live: Any) -> tuple[Any, list[Problem]]:
    """The input without its masks; a mask is a problem unless the stored value shows one too."""
    problems = []

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
            hint = "leave the field out to say so"
            message = "the mask is not sent: the stored secret stays"
            problems.append(document.problem(message, path, hint=hint, severity="warning"))
            return ABSENT
        problems.append(
            document.problem(
                "this is the mask that stands for a secret, not the secret",
                path,
                hint="give the secret itself, or leave the field out to keep what is stored",
            )
        )
        return value

    return strip(document.value, live, ()), problems


def _read_only(
    document: Document, shape: Shape, given: Any, live: Any, at: Path = ()
) -> Iterator[Problem]:
    """Values that differ from what the service sets: they are not sent."""
    if not isinstance(given, dict):
        return
    known = live if isinstance(live, dict) else {}
    for key, value in given.items():
        path = (*at, key)
        if not shape.is_read_only(path):
            yield from _read_only(document, shape, value, known.get(key), path)
        elif not shape.is_volatile(path) and any(differences(known.get(key), value)):
            message = "is set by the service: this value is not sent"
            yield document.problem(message, path, at_key=True, severity="warning")
