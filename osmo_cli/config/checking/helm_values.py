"""All checks of values files: of the values, of each object, and of the items that they name."""

from __future__ import annotations

from dataclasses import replace

from osmo_cli.config.checking.cross_checks import names_in, unknown_names
from osmo_cli.config.checking.file_checks import among_files, check_alone, in_file_order
from osmo_cli.config.helm.inputs import ValuesFiles
from osmo_cli.config.problems import Path, Problem
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES

_KEPT_IN_DATABASE = ("service_auth",)
"""What a file may leave out, although a service has it."""


def check_values(values: ValuesFiles) -> list[Problem]:
    """Return every problem of values files, with paths from the top of the values.

    Loads pydantic.
    """
    problems = list(values.inputs.problems)
    known = {name: set[str]() for name in CONFIG_TYPES} | names_in(values.inputs.all)
    for item in values.inputs.all:
        prefix = values.prefixes[item.shape.config_type.name, item.shape.name]
        of_item = [
            _as_loaded(problem, item.shape)
            for problem in check_alone(item, new=True)
            if problem.path != _KEPT_IN_DATABASE
            and not _is_in_secret(values, (*prefix, *problem.path), problem)
        ]
        of_item += unknown_names([item], known, where="in the values", hint="add it to the values")
        problems += [replace(problem, path=(*prefix, *problem.path)) for problem in of_item]
    for group in values.inputs.groups:
        problems += among_files(group)
    return in_file_order(problems)


def _as_loaded(problem: Problem, shape: Shape) -> Problem:
    """A problem of an object as a service that loads it from a ConfigMap takes it."""
    if shape.name is None and problem.message.startswith("not sent"):
        message = f"services of {shape.dialect.name} do not have this field, and refuse the file"
        return replace(problem, message=message, severity="error")
    return problem


def _is_in_secret(values: ValuesFiles, path: Path, problem: Problem) -> bool:
    """Whether what is missing may be in the Secret that the object refers to."""
    return "required" in problem.message and any(
        path[: len(above)] == above for above in values.referring
    )
