"""Checking of requests as the service's pydantic does it, on the shared schemas.

See docs/service/unknown-fields.md.
"""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError

from osmo_cli.config.schemas.role import METHODS
from osmo_cli.local.checking.messages import (
    Generation,
    Invalid,
    InvalidRequestError,
    Location,
    report,
)
from osmo_cli.local.checking.names import model_name
from osmo_cli.local.faults import crash, user_fault

_Model = TypeVar("_Model", bound=BaseModel)

ALWAYS_CLOSED = frozenset(
    {"BasicDataCredential", "DataCredential", "DefaultDataCredential", "RegistryCredential"}
    | {"ResourceAssertion", "StaticDataCredential"}
)
"""Models, by the service's names, that refuse unknown fields wherever they come from."""
STRICT = frozenset(
    {"BucketConfig", "CliConfig", "CredentialConfig", "DataConfig", "DatasetConfig", "LabelPolicy"}
    | {"LabelsConfig", "LogConfig", "OsmoImageConfig", "PluginsConfig", "RsyncConfig"}
    | {"ServiceConfig", "UserWorkflowLimitConfig", "WorkflowConfig", "WorkflowInfo"}
)
"""Models that refuse them in a PATCH, and with pydantic 2 in a PUT too."""

# The service's own errors, which are not validation errors: 400 with a message and a code.
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


_SCHEMES = (
    "Invalid endpoint: {input}. Supported schemes are swift://, s3://, gs://, tos:// and azure://"
)
_OF_SECOND = {"storage_endpoint": (_SCHEMES, "USER")}
"""Those that newer services, which have pydantic 2, word otherwise."""


def parse(
    model: type[_Model],
    value: Any,
    loc: Location,
    generation: Generation,
    *,
    closed: bool = False,
) -> _Model:
    """Read `value` as `model`, with the coercions of that generation of pydantic.

    Args:
        loc: where the value is in the request, for the answer.
        closed: refuse unknown fields where the service's strict models do.

    Raises:
        InvalidRequestError: with every problem.
        Fault: 400 for an invalid storage endpoint and similar errors.
    """
    try:
        return validate(model, value, generation, closed=closed, of_body=True)
    except ValidationError as error:
        raise InvalidRequestError(*_problems(error, loc, generation)) from None


def parse_or_report(
    model: type[_Model], value: Any, generation: Generation, *, closed: bool
) -> _Model:
    """As `parse`, but problems are a 400 `USAGE` with pydantic's report.

    Args:
        closed: refuse unknown fields where the service's strict models do.
    """
    try:
        return validate(model, value, generation, closed)
    except ValidationError as error:
        raise user_fault(_report(model, error, (), generation), "USAGE") from None


def parse_or_fail(
    model: type[_Model], value: Any, generation: Generation, at: tuple[str, ...] = ()
) -> _Model:
    """As `parse`, but problems are a 500: the service does not expect them there.

    Args:
        at: the path of `value` in the service's own model.
    """
    try:
        return validate(model, value, generation, closed=False)
    except ValidationError as error:
        raise crash(_report(model, error, at, generation)) from None


def validate(
    model: type[_Model], value: Any, generation: Generation, closed: bool, of_body: bool = False
) -> _Model:
    """Read `value` as `model`. Raises pydantic's ValidationError.

    Args:
        closed: refuse unknown fields where the service's strict models do.
        of_body: it is a request's body.
    """
    second = generation == 2
    read = _Reader(closed=closed or second, coerces=not second).read(value, model)
    # The framework reports a body that is not an object in this way.
    return model.model_validate(read, strict=False, from_attributes=of_body or None)


def with_unknown_fields(annotation: Any, fields: Any, given: Any, *, nested: bool = False) -> Any:
    """Return what was read by a schema, with unknown fields of nested objects as they were given.

    The first generation of pydantic stores them (docs/service/unknown-fields.md#developer-mode).
    """
    if not isinstance(fields, dict) or not isinstance(given, dict):
        return fields
    for part in _parts(annotation):
        if get_origin(part) is dict:
            item = get_args(part)[1]
            return {
                key: with_unknown_fields(item, value, given.get(key), nested=True)
                for key, value in fields.items()
            }
        if isinstance(part, type) and issubclass(part, BaseModel) and part.model_fields:
            known = part.model_fields
            read = {
                key: with_unknown_fields(known[key].annotation, value, given.get(key), nested=True)
                for key, value in fields.items()
            }
            return read | {key: given[key] for key in given if nested and key not in known}
    return fields


def plain(value: Any, *, exclude_unset: bool = False) -> Any:
    """Return a value in which models are objects. Unlike pydantic's own, of any depth."""
    if isinstance(value, RootModel):
        return plain(value.root, exclude_unset=exclude_unset)
    if isinstance(value, BaseModel):
        names = value.model_fields_set if exclude_unset else type(value).model_fields
        return {
            name: plain(getattr(value, name), exclude_unset=exclude_unset)
            for name in type(value).model_fields
            if name in names
        }
    if isinstance(value, dict):
        return {key: plain(inner, exclude_unset=exclude_unset) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner, exclude_unset=exclude_unset) for inner in value]
    return value


def _parts(annotation: Any) -> list[Any]:
    """Return the alternatives of an annotation, without None."""
    if get_origin(annotation) is Annotated:
        return _parts(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [
            part for each in get_args(annotation) if each is not type(None) for part in _parts(each)
        ]
    return [annotation]


class _Reader:
    """Brings a value in the form that pydantic 2 checks as the service's pydantic would.

    Unknown fields are dropped where they are not refused.
    """

    def __init__(self, closed: bool, coerces: bool) -> None:
        self._closed = closed
        self._coerces = coerces

    def read(self, value: Any, annotation: Any) -> Any:
        origin = get_origin(annotation)
        if origin is Annotated:
            return self.read(value, get_args(annotation)[0])
        if origin in (Union, UnionType):
            kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
            return value if value is None else self.read(value, kinds[0])
        if origin in (list, dict):
            return self._container(value, annotation)
        if isinstance(annotation, type) and issubclass(annotation, RootModel):
            return self.read(value, annotation.model_fields["root"].annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self._object(value, annotation)
        return _coerced(value, annotation) if self._coerces else value

    def _container(self, value: Any, annotation: Any) -> Any:
        item = get_args(annotation)[-1]
        if get_origin(annotation) is list:
            is_list = isinstance(value, list)
            return [self.read(each, item) for each in value] if is_list else value
        value = self._as_object(value)
        is_object = isinstance(value, dict)
        return {key: self.read(each, item) for key, each in value.items()} if is_object else value

    def _as_object(self, value: Any) -> Any:
        """The first generation of pydantic reads a list of pairs as an object."""
        if not self._coerces or not isinstance(value, list):
            return value
        pairs = [pair for pair in value if isinstance(pair, list) and len(pair) == len("kv")]
        is_object = len(pairs) == len(value) and all(isinstance(key, str) for key, _ in pairs)
        return dict(pairs) if is_object else value

    def _object(self, value: Any, model: type[BaseModel]) -> Any:
        value = self._as_object(value)
        if not isinstance(value, dict):
            return value
        name = model_name(model.__name__)
        keep_unknown = name in ALWAYS_CLOSED or (self._closed and name in STRICT)
        fields = model.model_fields
        return {
            key: self.read(inner, fields[key].annotation) if key in fields else inner
            for key, inner in value.items()
            if key in fields or keep_unknown
        }


def _coerced(value: Any, annotation: Any) -> Any:
    """What pydantic 1 makes of a scalar and pydantic 2 does not."""
    if annotation is str and isinstance(value, bool | int | float):
        return str(value)
    if annotation is int and isinstance(value, float) and abs(value) < 2**63:
        return int(value)
    return value


def _problems(error: ValidationError, loc: Location, generation: Generation) -> list[Invalid]:
    details = error.errors(include_url=False)
    own = _USER_ERRORS | (_OF_SECOND if generation == 2 else {})
    for detail in details:
        if wording := own.get(detail["type"]):
            text, code = wording
            values = {"methods": list(METHODS), **detail.get("ctx", {})}
            raise user_fault(text.format(input=detail["input"], **values), code)
    return [
        Invalid(
            detail["type"],
            (*loc, *detail["loc"]),
            detail["input"],
            detail.get("ctx", {}),
            detail["msg"],
        )
        for detail in details
    ]


def _report(
    model: type[BaseModel], error: ValidationError, at: Location, generation: Generation
) -> str:
    return report(model_name(model.__name__), _problems(error, at, generation), generation)
