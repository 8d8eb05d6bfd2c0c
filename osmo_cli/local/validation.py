"""Validation as pydantic 1 did it, on the shared pydantic 2 schemas (api.md 0, 1.7, 3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from osmo_cli.config.schemas.role import METHODS
from osmo_cli.local.faults import (
    detail,
    enum_detail,
    invalid_request,
    limit_detail,
    server_fault,
    user_fault,
)
from osmo_cli.local.names import ENUM_OF_VALUES, model_name

_Model = TypeVar("_Model", bound=BaseModel)

ALWAYS_CLOSED = frozenset(
    {"BasicDataCredential", "DataCredential", "RegistryCredential", "ResourceAssertion"}
    | {"StaticDataCredential"}
)
"""Models that refuse unknown fields wherever they come from."""
_ALWAYS_OPEN = frozenset(
    {"KeyPair", "LoginInfo", "RsyncPath", "ServiceAuth", "SmtpSettings", "WorkflowAlerts"}
)

# pydantic 2's error type to pydantic 1's text and type.
_ERRORS = {
    "missing": ("field required", "value_error.missing"),
    "extra_forbidden": ("extra fields not permitted", "value_error.extra"),
    "string_type": ("str type expected", "type_error.str"),
    "int_type": ("value is not a valid integer", "type_error.integer"),
    "int_parsing": ("value is not a valid integer", "type_error.integer"),
    "int_parsing_size": ("value is not a valid integer", "type_error.integer"),
    "int_from_float": ("value is not a valid integer", "type_error.integer"),
    "float_type": ("value is not a valid float", "type_error.float"),
    "float_parsing": ("value is not a valid float", "type_error.float"),
    "bool_type": ("value could not be parsed to a boolean", "type_error.bool"),
    "bool_parsing": ("value could not be parsed to a boolean", "type_error.bool"),
    "list_type": ("value is not a valid list", "type_error.list"),
    "dict_type": ("value is not a valid dict", "type_error.dict"),
    "model_type": ("value is not a valid dict", "type_error.dict"),
    "model_attributes_type": ("value is not a valid dict", "type_error.dict"),
    "coscheduling_by_default_scheduler": (
        "Coscheduling cannot be True if scheduler_type is DEFAULT",
        "value_error",
    ),
    "unknown_active_key": ('active_key "{input}" not in keys', "value_error"),
}
# As above, with the key of pydantic 2's context that the text holds.
_REGEX = ('string does not match regex "{}"', "str.regex", "pattern")
_TEXT_RULES = {
    "string_pattern_mismatch": _REGEX,
    "dataset_path": _REGEX,
    "string_too_short": (
        *("ensure this value has at least {} characters", "any_str.min_length"),
        "min_length",
    ),
    "too_short": ("ensure this value has at least {} items", "list.min_items", "min_length"),
}
_LIMITS = {
    "greater_than": ("gt", "greater than", "not_gt"),
    "greater_than_equal": ("ge", "greater than or equal to", "not_ge"),
    "less_than_equal": ("le", "less than or equal to", "not_le"),
}
# Errors of the service's own that are no validation errors: 400 with a text and a code.
_USER_ERRORS = {
    "storage_endpoint": ("Invalid endpoint: {input}", "USER"),
    "not_a_duration": ("Invalid max_token_duration format: {input}", "USER"),
    "backend_test_value": ("Invalid {field}: {input}", "USER"),
    "role_action": ("Invalid action: {input}", "USER"),
    "role_semantic_action": (
        'Invalid action format: {input}. Expected format: "resource:Action"'
        ' (e.g., "workflow:Create", "*:*")',
        "USER",
    ),
    "group_template": ("Group template {rule}", "USER"),
    "role_method": ("Invalid method: {input}. Method must be one of: {methods}", "USER"),
    "unknown_default_platform": ("Default platform {platform} not in platforms", "USAGE"),
}


def parse(
    model: type[_Model],
    value: Any,
    loc: tuple[str | int, ...],
    *,
    closed: bool = False,
) -> _Model:
    """Read `value` as `model`, with pydantic 1's coercions; unknown fields are dropped.

    Args:
        loc: where the value stands in the request, for the answer.
        closed: refuse unknown fields where the service's strict models do.

    Raises:
        Fault: 422 with every problem, or 400 for a storage endpoint that is none.
    """
    try:
        return _validate(model, value, closed)
    except ValidationError as error:
        raise invalid_request(*_details(model, error, loc)) from None


def parse_or_report(model: type[_Model], value: Any, *, closed: bool = False) -> _Model:
    """As `parse`, but problems are a 400 `USAGE` with pydantic 1's report."""
    try:
        return _validate(model, value, closed)
    except ValidationError as error:
        report = _report(model_name(model.__name__), _details(model, error, ()))
        raise user_fault(report, "USAGE") from None


def parse_or_fail(model: type[_Model], value: Any, at: tuple[str, ...] = ()) -> _Model:
    """As `parse`, but problems are a 500: the service does not expect them there (api.md 3.9).

    Args:
        at: where `value` stands in the service's own model.
    """
    try:
        return _validate(model, value, closed=False)
    except ValidationError as error:
        details = _details(model, error, at)
        raise server_fault(_report(model_name(model.__name__), details)) from None


def _validate(model: type[_Model], value: Any, closed: bool) -> _Model:
    return model.model_validate(_as_pydantic_1(value, model, closed), strict=False)


def _as_pydantic_1(value: Any, annotation: Any, closed: bool) -> Any:
    """`value` with the coercions that pydantic 2 does not make, and without unknown fields."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _as_pydantic_1(value, get_args(annotation)[0], closed)
    if origin in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        return value if value is None else _as_pydantic_1(value, kinds[0], closed)
    if annotation is str and isinstance(value, bool | int | float):
        return str(value)
    if annotation is int and isinstance(value, float) and abs(value) < 2**63:
        return int(value)
    if origin is list and isinstance(value, list):
        return [_as_pydantic_1(one, get_args(annotation)[0], closed) for one in value]
    if origin is dict and isinstance(value, dict):
        kind = get_args(annotation)[1]
        return {key: _as_pydantic_1(one, kind, closed) for key, one in value.items()}
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return _as_pydantic_1(value, annotation.model_fields["root"].annotation, closed)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _object(value, annotation, closed)
    return value


def _object(value: Any, model: type[BaseModel], closed: bool) -> Any:
    if not isinstance(value, dict):
        return value
    name = model.__name__
    keep_unknown = name in ALWAYS_CLOSED or (closed and name not in _ALWAYS_OPEN)
    fields = model.model_fields
    return {
        key: _as_pydantic_1(one, fields[key].annotation, closed) if key in fields else one
        for key, one in value.items()
        if key in fields or keep_unknown
    }


def _details(
    model: type[BaseModel], error: ValidationError, loc: tuple[str | int, ...]
) -> list[dict[str, Any]]:
    problems = error.errors(include_url=False)
    for problem in problems:
        if found := _USER_ERRORS.get(problem["type"]):
            text, code = found
            values = {"methods": list(METHODS), **problem.get("ctx", {})}
            raise user_fault(text.format(input=problem["input"], **values), code)
    return [_detail(model, problem, loc) for problem in problems]


def _detail(
    model: type[BaseModel], problem: ErrorDetails, loc: tuple[str | int, ...]
) -> dict[str, Any]:
    kind, place = problem["type"], (*loc, *problem["loc"])
    if kind == "value_error":
        # The request models' own rules, which concern the whole body.
        return detail((*loc, "__root__"), str(problem["ctx"]["error"]), "value_error")
    if kind not in ("missing", "extra_forbidden") and problem["input"] is None:
        return detail(place, "none is not an allowed value", "type_error.none.not_allowed")
    if kind == "literal_error":
        return enum_detail(place, list(_permitted(model, problem["loc"])))
    if kind in _LIMITS:
        key, words, name = _LIMITS[kind]
        limit = problem["ctx"][key]
        return limit_detail(place, int(limit) if limit == int(limit) else limit, words, name)
    if kind in _TEXT_RULES:
        message, name, key = _TEXT_RULES[kind]
        value = problem["ctx"][key]
        context = {"limit_value" if key == "min_length" else key: value}
        return detail(place, message.format(value), f"value_error.{name}", context)
    if kind not in _ERRORS:
        return detail(place, problem["msg"], "value_error")
    message, name = _ERRORS[kind]
    return detail(place, message.format(input=problem["input"]), name)


def _permitted(annotation: Any, loc: Iterable[str | int]) -> tuple[Any, ...]:
    """The values of the literal at `loc`."""
    if issubclass(annotation, RootModel):
        annotation = annotation.model_fields["root"].annotation
    for step in (*loc, None):
        while get_origin(annotation) in (Annotated, Union, UnionType):
            annotation = get_args(annotation)[0]
        if step is None:
            break
        if get_origin(annotation) in (list, dict):
            annotation = get_args(annotation)[-1]
        else:
            annotation = annotation.model_fields[step].annotation
    assert get_origin(annotation) is Literal
    return get_args(annotation)


def _report(title: str, details: list[dict[str, Any]]) -> str:
    lines = [f"{len(details)} validation error{'s' if len(details) > 1 else ''} for {title}"]
    for entry in details:
        context = "".join(
            f"; {key}={_context_text(value)}" for key, value in entry.get("ctx", {}).items()
        )
        place = " -> ".join(str(part) for part in entry["loc"])
        lines.append(f"{place}\n  {entry['msg']} (type={entry['type']}{context})")
    return "\n".join(lines)


def _context_text(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    name = ENUM_OF_VALUES.get(tuple(value), "Enum")
    members = (f"<{name}.{one.upper().replace('-', '_')}: '{one}'>" for one in value)
    return "[" + ", ".join(members) + "]"
