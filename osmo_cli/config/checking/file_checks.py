"""All checks of files that need no service: of each file, and of the items that they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from osmo_cli.config.checking.cross_checks import (
    in_two_files,
    initial_names,
    names_in,
    unfilled_placeholders,
    unknown_names,
)
from osmo_cli.config.problems import InvalidInputError, Problem
from osmo_cli.config.reading.inputs import Group, Input, Inputs


def check_files(inputs: Inputs) -> list[Problem]:
    """Return every problem of every file. Loads pydantic.

    A name is looked up if the directory has files of its type; otherwise it is not checked.
    """
    problems = list(inputs.problems)
    for group in inputs.groups:
        for file in group.inputs:
            problems += check_alone(file)
        if group.is_directory:
            problems += among_files(group)
            problems += _unknown_names(group)
    return in_file_order(problems)


def check_alone(file: Input, *, new: bool = False) -> list[Problem]:
    """Return the problems of a file by itself; `new` if the service does not have the item yet."""
    from osmo_cli.config.checking.offline import check_document

    try:
        return check_document(file.document, file.shape, new=new)
    except InvalidInputError as error:
        return list(error.problems)


def in_file_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems by file, and in each file from its top."""
    return sorted(
        problems,
        key=lambda problem: (problem.file or "", problem.line or 0, problem.column or 0),
    )


def among_files(group: Group) -> Iterator[Problem]:
    """Return the problems between the files of a directory, whatever the service has."""
    yield from in_two_files(group.inputs)
    yield from unfilled_placeholders(group.inputs)


def _unknown_names(group: Group) -> Iterable[Problem]:
    known = {
        type_name: names | initial_names(group.inputs, type_name)
        for type_name, names in names_in(group.inputs).items()
    }
    return unknown_names(
        group.inputs,
        known,
        where="in the directory",
        hint="if the service has it, --online finds it",
    )
