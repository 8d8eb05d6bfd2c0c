"""Whether an input can be stored: every problem at once, each at its place.

The input is laid over the live object and the result is checked against the schema; a problem
is the input's where the input mentions the field, and the stored state's otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

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
from osmo_cli.config.schemas.base import ConfigModel, field_path, model_at, secret_paths
from osmo_cli.config.secrets import is_mask
from osmo_cli.config.types import ConfigType

_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
_WANTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "a text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
_LIMITS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_EMPTY = {"string_type": '""', "list_type": "[]"}
# Values that the documentation or common sense suggests and the service refuses.
_INSTEAD: dict[Path, dict[str, str]] = {
    ("scheduler_settings", "scheduler_type"): {
        "default-scheduler": "default",
        "kai-scheduler": "kai",
    }
}


@dataclass(frozen=True)
class Checked:
    """An input that has been laid over the live object.

    Attributes:
        wanted: the object that is to be stored, as the service will show it.
        problems: everything that is wrong with it; without errors `wanted` may be sent.
    """

    wanted: dict[str, Any]
    problems: list[Problem]


def check_input(
    document: Document,
    config_type: ConfigType,
    dialect: Dialect,
    live: dict[str, Any],
    *,
    whole: bool = False,
) -> Checked:
    """Lay `document` over `live` and check the result.

    Args:
        document: the input.
        config_type: what kind of object it is.
        dialect: the service's.
        live: the stored object.
        whole: the input is the whole object (it comes from the editor), not a part of it.
    """
    if not isinstance(document.value, dict):
        kind = _KINDS[type(document.value)]
        problem = document.problem(f"must be an object with fields, not {kind}", ())
        return Checked(live, [problem])
    model = config_type.schema(dialect)
    given, problems = _without_masks(document, live)
    problems += _read_only(document, config_type, given, live)
    for field in config_type.read_only:
        given.pop(field, None)
    if whole:
        wanted = replace_whole(live, given, _kept(config_type, model), model().model_dump())
    else:
        wanted = merge_input(live, given, config_type.one_value)
    problems += _schema_problems(document, config_type, dialect, wanted, live)
    problems += _duplicates(document, given)
    if not any(problem.severity == "error" for problem in problems):
        # What the input does not mention stays as it is, valid or not.
        mentioned = {field: wanted[field] for field in given}
        stored = model.model_validate(mentioned, extra="ignore").model_dump(include=set(given))
        wanted = fill_new_objects(live, wanted, stored)
    return Checked(wanted, sorted(problems, key=lambda one: (one.line or 0, one.column or 0)))


def _kept(config_type: ConfigType, model: type[ConfigModel]) -> Any:
    secret = set(secret_paths(model))

    def kept(path: Path) -> bool:
        return (
            path[:1] in {(field,) for field in config_type.read_only}
            or field_path(model, path) in secret
        )

    return kept


def _without_masks(
    document: Document, live: dict[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
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
    document: Document, config_type: ConfigType, given: dict[str, Any], live: dict[str, Any]
) -> Iterator[Problem]:
    for field in sorted(config_type.read_only & given.keys() - config_type.volatile):
        if any(differences(live.get(field), given[field])):
            message = "is set by the service: this value is not sent"
            yield document.problem(message, (field,), at_key=True, severity="warning")


def _duplicates(document: Document, given: dict[str, Any]) -> Iterator[Problem]:
    # The service refuses a name twice in this one list (api.md 3.6).
    value = given.get("tests")
    tests = value if isinstance(value, list) else []
    for index, test in enumerate(tests):
        if test in tests[:index]:
            yield document.problem("stands in the list twice", ("tests", index))


def _schema_problems(
    document: Document,
    config_type: ConfigType,
    dialect: Dialect,
    wanted: dict[str, Any],
    live: dict[str, Any],
) -> Iterator[Problem]:
    model = config_type.schema(dialect)
    try:
        model.model_validate(wanted)
    except ValidationError as error:
        found = error.errors(include_url=False)
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
            yield _unknown_field(document, config_type, dialect, path)
        elif mentioned:
            message, hint = _text(detail, path)
            yield document.problem(message, path, hint=hint)
        elif path[:1] and path[0] in document.value:
            message, hint = _text(detail, path)
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


def _unknown_field(
    document: Document, config_type: ConfigType, dialect: Dialect, path: Path
) -> Problem:
    name = str(path[-1])
    known = _fields_at(config_type.schema(dialect), path[:-1])
    near = get_close_matches(name, known, n=1)
    hint = f'did you mean "{near[0]}"?' if near else "known fields: " + ", ".join(known)
    versions = [
        version
        for version, model in config_type.schemas().items()
        if name in _fields_at(model, path[:-1])
    ]
    if versions:
        hint = "it is known in " + ", ".join(versions)
    return document.problem("unknown field", path, at_key=True, hint=hint)


def _fields_at(model: type[ConfigModel], path: Path) -> list[str]:
    found = model_at(model, path)
    return list(found.model_fields) if found else []


def _text(detail: ErrorDetails, path: Path) -> tuple[str, str | None]:
    """Our wording of a pydantic error, and a hint; never holds the value."""
    kind, value = detail["type"], detail["input"]
    found = _KINDS.get(type(value), "something else")
    if kind == "int_from_float" or (kind == "int_type" and isinstance(value, float)):
        whole = isinstance(value, float) and value.is_integer()
        return "must be a whole number", f"write {value:.0f}" if whole else None
    if wanted := _WANTED.get(kind):
        hint = None
        if value is None and kind in _EMPTY:
            hint = f"null cannot be stored here; write {_EMPTY[kind]} to empty it"
        elif isinstance(value, str) and kind in ("int_type", "float_type", "bool_type"):
            hint = "write it without quotes"
        elif kind == "string_type" and not isinstance(value, (list, dict)):
            hint = "write it in double quotes"
        return f"must be {wanted}, not {found}", hint
    if kind == "missing":
        return "this field is required", None
    if kind == "literal_error":
        expected = str(detail["ctx"]["expected"]).replace("'", '"')
        instead = _INSTEAD.get(path, {}).get(value) if isinstance(value, str) else None
        return f"must be {expected}", instead and f'write "{instead}"'
    if limit := _LIMITS.get(kind):
        return f"must be {limit[1]} {detail['ctx'][limit[0]]}", None
    return detail["msg"], None
