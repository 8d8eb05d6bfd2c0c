"""Whether a file can be stored, as far as this can be known without the service.

The file may hold part of an object, and the rest is not known: what depends on the rest is a
warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osmo_cli.config.changes.directives import resolve_directives
from osmo_cli.config.changes.merge import merge_input
from osmo_cli.config.checking.adaptation import adapt
from osmo_cli.config.checking.rule_problems import rule_problems
from osmo_cli.config.checking.schema_problems import removal_problems, schema_problems
from osmo_cli.config.checking.validate import (
    MASKED,
    READ_ONLY,
    directive_problems,
    in_order,
    is_own_name,
    names,
    unwrapped,
    with_own_names,
    wrong_shape,
)
from osmo_cli.config.checking.wrapping import wrapped_problem
from osmo_cli.config.problems import Path, Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import NAME_RULE
from osmo_cli.config.schemas.base import field_path, secret_paths
from osmo_cli.config.secrets import is_mask
from osmo_cli.config.values import ABSENT, value_at


def check_document(document: Document, shape: Shape, *, new: bool) -> list[Problem]:
    """Return all problems of a file, in the order of the file, without a live object.

    Args:
        document: the file. It may hold what `osmo config show TYPE` prints.
        shape: what the file describes; the dialect has its type.
        new: the service does not have the item yet: a missing required field is an error, and so
            is the mask of a secret. Otherwise they are warnings, since the service may have the
            rest; a mask of anything else is always an error.

    Raises:
        InvalidInputError: a list of items in which one has no name, or two have the same name.
    """
    document = unwrapped(document, shape)
    if problem := wrapped_problem(document, shape) or wrong_shape(document, shape):
        return [problem]
    document = with_own_names(document, shape)
    problems = [
        *_own_name(document, shape),
        *names(document, shape, known=()),
        *_masks(document, shape, new),
        *_read_only(document, shape, document.value),
    ]
    problems += directive_problems(document, ABSENT)
    given = resolve_directives(shape, shape.editable(document.value), ABSENT)
    problems += removal_problems(document, shape, given, ABSENT)
    adapted = adapt(document, shape, merge_input(None, given), ABSENT)
    given = adapted.given
    problems += adapted.problems
    problems += schema_problems(document, shape, given, None, offline=not new)
    wrong = [problem.path for problem in problems if problem.severity == "error"]
    problems += rule_problems(document, shape, given, ABSENT, wrong, offline=not new)
    return in_order(problems)


def _own_name(document: Document, shape: Shape) -> Iterator[Problem]:
    if shape.name is not None and not shape.config_type.is_name(shape.name):
        yield document.problem(f'invalid name "{shape.name}"', (), hint=NAME_RULE)


def _masks(document: Document, shape: Shape, new: bool) -> Iterator[Problem]:
    model = shape.model()
    secret = set(secret_paths(model))
    for path in document.places:
        if not is_mask(value_at(document.value, path)):
            continue
        if field_path(model, path) in secret and not new:
            message = "the mask is not sent: the service must have the secret already"
            hint = "write the secret, or leave the field out"
            yield document.problem(message, path, hint=hint, severity="warning")
        else:
            hint = "write the secret, or leave the field out"
            yield document.problem(MASKED, path, hint=hint)


def _read_only(document: Document, shape: Shape, value: Any, at: Path = ()) -> Iterator[Problem]:
    """Warn about values of what the service sets, but for names and what changes by itself."""
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        path = (*at, key)
        if not shape.is_read_only(path):
            yield from _read_only(document, shape, inner, path)
        elif not shape.is_volatile(path) and not is_own_name(shape, path, inner):
            yield document.problem(READ_ONLY, path, at_key=True, severity="warning")
