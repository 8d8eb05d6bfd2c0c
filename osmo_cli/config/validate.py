"""Whether an input can be stored: every problem at once, each at its place.

The input is laid over the live object and the result is checked against the schema; a problem
is the input's where the input mentions the field, and the stored state's otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from osmo_cli.config.dialects import DIALECTS, Dialect
from osmo_cli.config.document import Document
from osmo_cli.config.merge import (
    ABSENT,
    differences,
    fill_new_objects,
    merge_input,
    replace_whole,
)
from osmo_cli.config.node_conditions import equivalent
from osmo_cli.config.problems import Path, Problem
from osmo_cli.config.schemas.backend import COSCHEDULING_BY_DEFAULT
from osmo_cli.config.schemas.base import (
    defaults,
    field_path,
    model_at,
    nearest_errors,
    other_names,
    secret_paths,
)
from osmo_cli.config.secrets import is_mask
from osmo_cli.config.single_rules import client_versions, duplicates
from osmo_cli.config.subject import Subject
from osmo_cli.config.types import NAME_RULE
from osmo_cli.config.wording import KINDS, error_text


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
    document = _unwrapped(document, subject)
    expected = list if isinstance(live, list) else dict
    if not isinstance(document.value, expected):
        fields = "an object with fields" if expected is dict else "a list"
        problem = document.problem(f"must be {fields}, not {KINDS[type(document.value)]}", ())
        return Checked(live, [problem], document)
    model = subject.model()
    for *parent, other, name in other_names(model, document.value):
        document = document.renamed((*parent, other), name)
    given, problems = _without_masks(document, live)
    problems += _read_only(document, subject, given, live)
    problems += _names(document, subject, live)
    given = subject.editable(given)
    wanted = _laid_over(subject, model, live, given, whole)
    problems += _schema_problems(document, subject, wanted, live)
    problems += duplicates(document, given)
    problems += client_versions(document, subject, given)
    if not any(problem.severity == "error" for problem in problems):
        wanted = _as_stored(subject, model, live, given, wanted)
        wanted = subject.with_kept(live, wanted)
    problems.sort(key=lambda one: (one.line or 0, one.column or 0))
    return Checked(wanted, problems, document)


def _unwrapped(document: Document, subject: Subject) -> Document:
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


def _names(document: Document, subject: Subject, live: Any) -> Iterator[Problem]:
    """Names that are another's, and of new items those that the service would refuse."""
    items = {(name,): name for name in document.value} if subject.is_map else {(): subject.name}
    for path, name in items.items():
        item = document.value[name] if path else document.value
        given = item.get("name", name) if isinstance(item, dict) else name
        if name is not None and given != name and not subject.is_read_only((*path, "name")):
            # The service would store it under this name, beside the other (api.md 3.9).
            hint = f'write "{name}", or leave the other name to an item of its own'
            yield document.problem("is another name", (*path, "name"), hint=hint)
    for name in document.value if subject.is_map else ():
        if name not in live and not subject.config_type.is_name(name):
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


def _schema_problems(
    document: Document, subject: Subject, wanted: Any, live: Any
) -> Iterator[Problem]:
    dialect = subject.dialect
    try:
        subject.model().model_validate(wanted)
    except ValidationError as error:
        found = nearest_errors(subject.model(), error)
    else:
        return
    other_form: set[Path] = set()
    for detail in found:
        path = tuple(detail["loc"])
        mentioned = _is_mentioned(document, path, detail["type"])
        if detail["type"] == "extra_forbidden":
            if not mentioned or _is_shown(live, path):
                continue  # a field that this service has and the schema does not know
            parent = path[:-1]
            if parent == ("node_conditions",) and _is_other_form(path, dialect):
                if parent not in other_form:
                    other_form.add(parent)
                    yield _wrong_form(document, path, dialect)
                continue
            yield _unknown_field(document, subject, path)
        elif mentioned:
            message, hint = error_text(detail, path)
            yield document.problem(message, path, hint=hint)
        elif path[:1] and path[0] in document.value:
            message, hint = error_text(detail, path)
            yield Problem("the stored value is not valid: " + message, path=path, hint=hint)


def _is_mentioned(document: Document, path: Path, kind: str) -> bool:
    """Whether the input itself says what an error at `path` is about."""
    if path in document.places:
        return True
    # A missing field, and a check of two fields, is the input's fault where the input has the
    # object around it.
    return path[:-1] in document.places and kind in ("missing", COSCHEDULING_BY_DEFAULT)


def _is_shown(live: Any, path: Path) -> bool:
    for step in path:
        if not isinstance(live, dict) or step not in live:
            return False
        live = live[step]
    return True


def _is_other_form(path: Path, dialect: Dialect) -> bool:
    return any(path[-1] in other.node_condition_fields for other in DIALECTS.values()) and (
        path[-1] not in dialect.node_condition_fields
    )


def _wrong_form(document: Document, path: Path, dialect: Dialect) -> Problem:
    fields = " and ".join(sorted(dialect.node_condition_fields - {"prefix"}))
    return document.problem(
        f"this service has {fields} in node_conditions instead, and would ignore this in silence",
        path,
        at_key=True,
        hint=equivalent(document.value["node_conditions"], dialect.node_condition_fields)
        or "there is no equivalent for these values",
    )


def _unknown_field(document: Document, subject: Subject, path: Path) -> Problem:
    name = str(path[-1])
    known = _fields_at(subject.model(), path[:-1])
    near = get_close_matches(name, known, n=1)
    hint = f'did you mean "{near[0]}"?' if near else "known fields: " + ", ".join(known)
    versions = [
        version
        for version, model in subject.models().items()
        if name in _fields_at(model, path[:-1])
    ]
    if versions:
        hint = "it is known in " + ", ".join(versions)
    return document.problem("unknown field", path, at_key=True, hint=hint)


def _fields_at(model: type[BaseModel], path: Path) -> list[str]:
    found = model_at(model, path)
    return list(found.model_fields) if found else []
