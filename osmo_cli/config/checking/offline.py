"""Whether a file can be stored, as far as can be told without the service.

The file may hold a part of an object, and the rest is not known: what depends on the rest is a
warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osmo_cli.config.changes.directives import resolve_directives
from osmo_cli.config.changes.merge import ABSENT, merge_input, value_at
from osmo_cli.config.checking.rules.run import rule_problems
from osmo_cli.config.checking.schema_problems import schema_problems
from osmo_cli.config.checking.validate import (
    directive_problems,
    in_order,
    names,
    unwrapped,
    with_own_names,
    wrong_shape,
)
from osmo_cli.config.problems import Path, Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import NAME_RULE
from osmo_cli.config.schemas.base import field_path, secret_paths
from osmo_cli.config.secrets import is_mask


def check_document(document: Document, shape: Shape, *, new: bool) -> list[Problem]:
    """All problems of a file, in the order of the file, without a live object.

    Args:
        document: the file. It may hold what `osmo config show TYPE` prints.
        shape: what it is about; the dialect has its type.
        new: the service has no such item yet: a required field that is missing is an error, and
            so is a mask in the place of a secret. Else they are warnings, since the service may
            have the rest; a mask anywhere else is always an error.

    Raises:
        InvalidInputError: a list of items in which one has no name, or two have the same.
    """
    document = unwrapped(document, shape)
    if problem := wrong_shape(document, shape):
        return [problem]
    document = with_own_names(document, shape)
    problems = [
        *_own_name(document, shape),
        *names(document, shape, known=()),
        *_masks(document, shape, new),
        *_read_only(document, shape, document.value),
    ]
    problems += directive_problems(document, ABSENT)
    given = merge_input(None, resolve_directives(shape, shape.editable(document.value), ABSENT))
    problems += schema_problems(document, shape, given, None, offline=not new)
    wrong = [problem.path for problem in problems if problem.severity == "error"]
    problems += rule_problems(document, shape, given, ABSENT, wrong, offline=not new)
    return in_order(problems)


def _own_name(document: Document, shape: Shape) -> Iterator[Problem]:
    if shape.name is not None and not shape.config_type.is_name(shape.name):
        yield document.problem(f'"{shape.name}" cannot be a name', (), hint=NAME_RULE)


def _masks(document: Document, shape: Shape, new: bool) -> Iterator[Problem]:
    model = shape.model()
    secret = set(secret_paths(model))
    for path in document.places:
        if not is_mask(value_at(document.value, path)):
            continue
        if field_path(model, path) in secret and not new:
            message = "this is the mask of a secret and is not sent: the service has to have it"
            hint = "give the secret itself, or leave the field out"
            yield document.problem(message, path, hint=hint, severity="warning")
        else:
            message = "this is the mask that stands for a secret, not the secret"
            hint = "give the secret itself, or leave the field out"
            yield document.problem(message, path, hint=hint)


def _read_only(document: Document, shape: Shape, value: Any, at: Path = ()) -> Iterator[Problem]:
    """Values of what the service sets; its name, and what changes by itself, do no harm."""
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        path = (*at, key)
        if not shape.is_read_only(path):
            yield from _read_only(document, shape, inner, path)
        elif not shape.is_volatile(path) and (key != "name" or inner != _name(shape, at)):
            message = "is set by the service: this value is not sent"
            yield document.problem(message, path, at_key=True, severity="warning")


def _name(shape: Shape, at: Path) -> str | None:
    return str(at[0]) if shape.is_map and at else shape.name
