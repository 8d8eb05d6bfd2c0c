"""Whether an input can be stored: every problem at once, each at its place.

The input is laid over the live object and the result is checked against the schema; a problem
is the input's where the input mentions the field, and the stored state's otherwise.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from osmo_cli.config.checks.run import rule_problems
from osmo_cli.config.document import Document
from osmo_cli.config.merge import (
    ABSENT,
    differences,
    fill_new_objects,
    merge_input,
    replace_whole,
)
from osmo_cli.config.problems import Path, Problem
from osmo_cli.config.schema_problems import schema_problems
from osmo_cli.config.schemas.base import defaults, field_path, other_names, secret_paths
from osmo_cli.config.secrets import is_mask
from osmo_cli.config.subject import Subject
from osmo_cli.config.types import NAME_RULE
from osmo_cli.config.wording import KINDS


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


def check_input(document: Document, subject: Subject, live: Any, *, whole: bool = False) -> Checked:
    """Lay `document` over `live` and check the result.

    Args:
        document: the input.
        subject: what it is about.
        live: what is stored.
        whole: the input is the whole object (it comes from the editor), not a part of it.
    """
    document = unwrapped(document, subject)
    if problem := wrong_shape(document, subject):
        return Checked(live, [problem], document)
    model = subject.model()
    document = with_own_names(document, subject)
    given, problems = _without_masks(document, live)
    problems += _read_only(document, subject, given, live)
    problems += names(document, subject, known=live)
    given = subject.editable(given)
    wanted = _laid_over(subject, model, live, given, whole)
    problems += schema_problems(document, subject, wanted, live)
    wrong = [problem.path for problem in problems if problem.severity == "error"]
    problems += rule_problems(document, subject, wanted, live, wrong)
    if not any(problem.severity == "error" for problem in problems):
        wanted = _as_stored(subject, model, live, given, wanted)
        wanted = subject.with_kept(live, wanted)
    return Checked(wanted, in_order(problems), document)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems in the order of the file."""
    return sorted(problems, key=lambda one: (one.line or 0, one.column or 0))


def wrong_shape(document: Document, subject: Subject) -> Problem | None:
    """What is wrong with an input that is no object, or no list where one is needed."""
    expected, words = (list, "a list") if subject.is_list else (dict, "an object with fields")
    if isinstance(document.value, expected):
        return None
    return document.problem(f"must be {words}, not {KINDS[type(document.value)]}", ())


def unwrapped(document: Document, subject: Subject) -> Document:
    """The map of items in a file that holds what `osmo config show TYPE` prints."""
    wrapper = subject.config_type.wrapper
    if not subject.is_map:
        return document
    if isinstance(document.value, list):
        return document.keyed_by_name()
    if wrapper and isinstance(document.value, dict) and list(document.value) == [wrapper]:
        return document.at(wrapper)
    return document


def _laid_over(subject: Subject, model: type[BaseModel], live: Any, given: Any, whole: bool) -> Any:
    if not whole:
        return _with_read_only(subject, live, merge_input(live, given, subject.is_one_value))
    secret = set(secret_paths(model))

    def kept(path: Path) -> bool:
        return subject.is_read_only(path) or field_path(model, path) in secret

    return replace_whole(live, given, kept, defaults(model))


def _with_read_only(subject: Subject, live: Any, wanted: Any, at: Path = ()) -> Any:
    """`wanted` with what the service sets as it is now; an input that is the whole lacks it."""
    if not (isinstance(live, dict) and isinstance(wanted, dict)):
        return wanted
    result = {
        key: _with_read_only(subject, live.get(key), value, (*at, key))
        for key, value in wanted.items()
    }
    return result | {key: live[key] for key in live if subject.is_read_only((*at, key))}


def _as_stored(subject: Subject, model: type[BaseModel], live: Any, given: Any, wanted: Any) -> Any:
    """`wanted` as the service will show it; what is not mentioned stays, valid or not."""
    if not isinstance(wanted, dict) or subject.is_one_value(()):
        stored = model.model_validate(subject.editable(wanted), extra="ignore").model_dump()
        return _with_read_only(subject, live, stored)
    mentioned = {field: wanted[field] for field in given}
    if subject.is_map:
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
    known = {key: {} if subject.is_one_value((key,)) else live[key] for key in live}
    is_new = not live and not subject.is_map
    return _with_read_only(
        subject, live, fill_new_objects(None if is_new else known, wanted, stored)
    )


def with_own_names(document: Document, subject: Subject) -> Document:
    """The input with each field under its own name, where the service takes another one too."""
    for *parent, other, name in other_names(subject.model(), document.value):
        document = document.renamed((*parent, other), name)
    return document


def names(document: Document, subject: Subject, known: Container[str]) -> Iterator[Problem]:
    """Names that are another's, and of items that are not `known` those that cannot be."""
    items = {(name,): name for name in document.value} if subject.is_map else {(): subject.name}
    for path, name in items.items():
        item = document.value[name] if path else document.value
        given = item.get("name", name) if isinstance(item, dict) else name
        if name is not None and given != name and not subject.is_read_only((*path, "name")):
            # The service would store it under this name, beside the other (api.md 3.9).
            hint = f'write "{name}", or leave the other name to an item of its own'
            yield document.problem("is another name", (*path, "name"), hint=hint)
    for name in document.value if subject.is_map else ():
        if name not in known and not subject.config_type.is_name(name):
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
    document: Document, subject: Subject, given: Any, live: Any, at: Path = ()
) -> Iterator[Problem]:
    """Values that differ from what the service sets: they are not sent."""
    if not isinstance(given, dict):
        return
    known = live if isinstance(live, dict) else {}
    for key, value in given.items():
        path = (*at, key)
        if not subject.is_read_only(path):
            yield from _read_only(document, subject, value, known.get(key), path)
        elif not subject.is_volatile(path) and any(differences(known.get(key), value)):
            message = "is set by the service: this value is not sent"
            yield document.problem(message, path, at_key=True, severity="warning")
