"""Filling the defaults of a schema into what is stored, as the service does on reading.

Nothing is checked: what an earlier version or request stored is shown as it is.
"""

from __future__ import annotations

from copy import deepcopy
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, RootModel
from pydantic_core import to_jsonable_python

from osmo_cli.config.schemas.base import is_secret


def filled(annotation: Any, stored: Any, *, unset_secret: str) -> Any:
    """Return a stored value with the defaults of the fields that it leaves out.

    Args:
        annotation: the value's schema.
        unset_secret: the value of a secret that was never stored.
    """
    origin = get_origin(annotation)
    if origin is Annotated:
        return filled(get_args(annotation)[0], stored, unset_secret=unset_secret)
    if origin in (Union, UnionType):
        return filled(_form(annotation, stored), stored, unset_secret=unset_secret)
    if origin is dict and isinstance(stored, dict):
        item = get_args(annotation)[1]
        return {key: filled(item, each, unset_secret=unset_secret) for key, each in stored.items()}
    if origin is list and isinstance(stored, list):
        item = get_args(annotation)[0]
        return [filled(item, each, unset_secret=unset_secret) for each in stored]
    if _is_model(annotation) and isinstance(stored, dict):
        return _filled_object(annotation, stored, unset_secret)
    return deepcopy(stored)


def _is_model(annotation: Any) -> bool:
    is_class = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return is_class and not issubclass(annotation, RootModel)


def _filled_object(
    model: type[BaseModel], stored: dict[str, Any], unset_secret: str
) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if name in stored:
            shown[name] = filled(field.annotation, stored[name], unset_secret=unset_secret)
        elif is_secret(field) and not field.is_required():
            shown[name] = unset_secret
        elif not field.is_required():
            default = field.get_default(call_default_factory=True, validated_data={})
            # What an object would hold, so that the secrets in it are unset ones, too.
            sparse = {} if isinstance(default, BaseModel) else to_jsonable_python(default)
            shown[name] = filled(field.annotation, sparse, unset_secret=unset_secret)
    return shown | {key: deepcopy(stored[key]) for key in stored if key not in model.model_fields}


def _form(annotation: Any, stored: Any) -> Any:
    """Return the member of a union that a value has: the first whose required fields it has."""
    forms = [form for form in get_args(annotation) if form is not type(None)]
    for form in forms:
        model = get_args(form)[0] if get_origin(form) is Annotated else form
        if not _is_model(model) or not isinstance(stored, dict):
            return form
        if all(name in stored for name, f in model.model_fields.items() if f.is_required()):
            return form
    return forms[-1]
