"""How the service says what is wrong with a request: by two generations of pydantic.

What is wrong is collected in the terms of the second one, with which this program checks; the
first one's words are a table (docs/service/errors.md#validation-errors).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from osmo_cli.local.checking.names import ENUM_OF_VALUES, model_name

Generation = Literal[1, 2]
"""Of pydantic, as `Dialect.pydantic` has it."""
Location = tuple[str | int, ...]


@dataclass(frozen=True)
class Invalid:
    """One thing that is wrong.

    Attributes:
        kind: pydantic 2's type of error, or a schema's own.
        loc: where in the request it is.
        input: the value that is wrong.
        context: what the text needs, by pydantic 2's names.
        message: the text, where the kind alone does not give it.
    """

    kind: str
    loc: Location
    input: Any = None
    context: Mapping[str, Any] = field(default_factory=dict)
    message: str | None = None


class InvalidRequestError(Exception):
    """Ends a request with a 422."""

    def __init__(self, *problems: Invalid) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


@dataclass(frozen=True)
class _Words:
    """A message, its type, and the context that is shown: the names by those of pydantic 2."""

    message: str
    kind: str
    context: Mapping[str, str] = field(default_factory=dict)


def _limit(name: str, words: str, kind: str) -> _Words:
    text = f"ensure this value {words}".replace("N", "{" + name + "}")
    return _Words(text, f"value_error.{kind}", {name: "limit_value"})


_NO_INTEGER = _Words("value is not a valid integer", "type_error.integer")
_NO_FLOAT = _Words("value is not a valid float", "type_error.float")
_NO_FLAG = _Words("value could not be parsed to a boolean", "type_error.bool")
_NO_OBJECT = _Words("value is not a valid dict", "type_error.dict")
_NO_MATCH = _Words(
    'string does not match regex "{pattern}"', "value_error.str.regex", {"pattern": "pattern"}
)
_COSCHEDULING = "Coscheduling cannot be True if scheduler_type is DEFAULT"
_FIRST: dict[str, _Words] = {
    "missing": _Words("field required", "value_error.missing"),
    "extra_forbidden": _Words("extra fields not permitted", "value_error.extra"),
    "string_type": _Words("str type expected", "type_error.str"),
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), _NO_INTEGER),
    **dict.fromkeys(("float_type", "float_parsing"), _NO_FLOAT),
    **dict.fromkeys(("bool_type", "bool_parsing"), _NO_FLAG),
    "list_type": _Words("value is not a valid list", "type_error.list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), _NO_OBJECT),
    "none": _Words("none is not an allowed value", "type_error.none.not_allowed"),
    "literal_error": _Words(
        "value is not a valid enumeration member; permitted: {listed}",
        "type_error.enum",
        {"permitted": "enum_values"},
    ),
    "datetime_from_date_parsing": _Words("invalid datetime format", "value_error.datetime"),
    "greater_than": _limit("gt", "is greater than N", "number.not_gt"),
    "greater_than_equal": _limit("ge", "is greater than or equal to N", "number.not_ge"),
    "less_than_equal": _limit("le", "is less than or equal to N", "number.not_le"),
    "string_too_short": _limit("min_length", "has at least N characters", "any_str.min_length"),
    "too_short": _limit("min_length", "has at least N items", "list.min_items"),
    **dict.fromkeys(("string_pattern_mismatch", "dataset_path"), _NO_MATCH),
    "coscheduling_by_default_scheduler": _Words(_COSCHEDULING, "value_error"),
    "unknown_active_key": _Words('active_key "{input}" not in keys', "value_error"),
}
_VALUE_ERROR = {"error": "error"}
# Only what the service's own models word otherwise than the schemas; the rest is pydantic's.
_SECOND: dict[str, _Words] = {
    "value_error": _Words("{message}", "value_error", _VALUE_ERROR),
    "dataset_path": _Words(
        "String should match pattern '{pattern}'", "string_pattern_mismatch", {"pattern": "pattern"}
    ),
    "unknown_active_key": _Words(
        'Value error, active_key "{input}" not in keys', "value_error", _VALUE_ERROR
    ),
    "label_rule": _Words("Value error, {rule}", "value_error", _VALUE_ERROR),
}
_NOT_ENUMERATIONS = frozenset({"addressing_style"})
"""Fields whose permitted values are literals in the service too; the others are enumerations."""


def choice(loc: Location, value: Any, permitted: list[str]) -> Invalid:
    """A string that is not one of the permitted ones."""
    quoted = [f"'{each}'" for each in permitted]
    listed = ", ".join(quoted[:-1])
    expected = f"{listed} or {quoted[-1]}" if listed else quoted[-1]
    return Invalid("literal_error", loc, value, {"expected": expected})


def entries(problems: Iterable[Invalid], generation: Generation) -> list[dict[str, Any]]:
    """The entries of a 422 body."""
    return [_ENTRIES[generation](problem) for problem in problems]


def _first(problem: Invalid) -> dict[str, Any]:
    kind, context = problem.kind, dict(problem.context)
    if kind == "json_invalid":
        # The framework's own, in every version.
        return _second(problem)
    loc = list(problem.loc)
    if kind == "value_error" and loc == ["body"]:
        # A rule about a whole body.
        loc.append("__root__")
    elif kind not in ("missing", "extra_forbidden", "value_error") and problem.input is None:
        kind = "none"
    elif kind == "literal_error":
        context["permitted"] = re.findall("'([^']*)'", context["expected"])
        context["listed"] = ", ".join(f"'{each}'" for each in context["permitted"])
    context = {key: _whole(value) for key, value in context.items()}
    words = _FIRST.get(kind)
    if words is None:
        message = (problem.message or "").removeprefix("Value error, ")
        return {"loc": loc, "msg": message, "type": "value_error"}
    entry = {
        "loc": loc,
        "msg": words.message.format(input=problem.input, **context),
        "type": words.kind,
    }
    shown = {name: context[key] for key, name in words.context.items()}
    return entry | ({"ctx": shown} if shown else {})


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _second(problem: Invalid) -> dict[str, Any]:
    from pydantic_core import PydanticKnownError

    kind, context = problem.kind, dict(problem.context)
    words = _SECOND.get(kind)
    if words:
        message = words.message.format(message=problem.message, input=problem.input, **context)
        kind = words.kind
        # An exception shows as an empty object.
        context = {key: {} if key == "error" else context[key] for key in words.context}
    else:
        if "class_name" in context:
            context["class_name"] = model_name(str(context["class_name"]))
        message = problem.message or ""
        if not message or "class_name" in context:
            message = PydanticKnownError(kind, context).message()  # type: ignore[arg-type]
        if kind == "literal_error" and problem.loc[-1] not in _NOT_ENUMERATIONS:
            kind = "enum"
    loc = [model_name(step) if isinstance(step, str) else step for step in problem.loc]
    entry = {"type": kind, "loc": loc, "msg": message, "input": problem.input}
    return entry | ({"ctx": context} if context else {})


_ENTRIES: dict[Generation, Callable[[Invalid], dict[str, Any]]] = {1: _first, 2: _second}


def report(title: str, problems: Iterable[Invalid], generation: Generation) -> str:
    """The text of the error that pydantic raises, which the service sends as a message.

    Args:
        title: the service's name of the model.
    """
    described = entries(problems, generation)
    lines = [f"{len(described)} validation error{'s' if len(described) > 1 else ''} for {title}"]
    for entry in described:
        lines += _REPORTS[generation](entry)
    return "\n".join(lines)


def _first_report(entry: dict[str, Any]) -> list[str]:
    context = "".join(
        f"; {key}={_context_text(value)}" for key, value in entry.get("ctx", {}).items()
    )
    place = " -> ".join(str(part) for part in entry["loc"])
    return [place, f"  {entry['msg']} (type={entry['type']}{context})"]


def _context_text(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    name = ENUM_OF_VALUES.get(tuple(value), "Enum")
    members = (f"<{name}.{each.upper().replace('-', '_')}: '{each}'>" for each in value)
    return "[" + ", ".join(members) + "]"


_LONGEST_VALUE = 50


def _second_report(entry: dict[str, Any]) -> list[str]:
    value = repr(entry["input"])
    if len(value) > _LONGEST_VALUE:
        half = _LONGEST_VALUE // 2
        value = f"{value[:half]}...{value[1 - half :]}"
    kind = entry["type"]
    details = f"type={kind}, input_value={value}, input_type={type(entry['input']).__name__}"
    return [
        ".".join(str(part) for part in entry["loc"]),
        f"  {entry['msg']} [{details}]",
        f"    For further information visit https://errors.pydantic.dev/2.12/v/{kind}",
    ]


_REPORTS: dict[Generation, Callable[[dict[str, Any]], list[str]]] = {
    1: _first_report,
    2: _second_report,
}
