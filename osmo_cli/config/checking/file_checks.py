"""All that can be told of files without a service: each by itself, and what they name."""

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
    """Every problem of every file. Loads pydantic.

    A name is looked up where the directory has files of its type: else nothing is known of it.
    """
    problems = list(inputs.problems)
    for group in inputs.groups:
        for one in group.inputs:
            problems += check_alone(one)
        if group.is_directory:
            problems += among_files(group)
            problems += _unknown_names(group)
    return in_file_order(problems)


def check_alone(one: Input, *, new: bool = False) -> list[Problem]:
    """The problems of a file by itself; `new` says that the service has no such item yet."""
    from osmo_cli.config.checking.offline import check_document

    try:
        return check_document(one.document, one.shape, new=new)
    except InvalidInputError as error:
        return list(error.problems)


def in_file_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems by file, and in each from its top."""
    return sorted(problems, key=lambda one: (one.file or "", one.line or 0, one.column or 0))


def among_files(group: Group) -> Iterator[Problem]:
    """What is wrong between the files of a directory, whatever the service has."""
    yield from in_two_files(group.inputs)
    yield from unfilled_placeholders(group.inputs)


def _unknown_names(group: Group) -> Iterable[Problem]:
    known = {
        type_name: names | initial_names(type_name)
        for type_name, names in names_in(group.inputs).items()
    }
    return unknown_names(
        group.inputs,
        known,
        where="in the directory",
        hint="if the service has it, --online finds it",
    )
