"""The files that `osmo config validate` is given: found, read, and told apart by what they hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from osmo_cli.config.problems import InvalidInputError, Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.reading.files import InputFormat, read_document
from osmo_cli.config.reading.layout import ConfigRef, entry_of_file, scan
from osmo_cli.config.reading.references import Lookup, resolve
from osmo_cli.config.registry.dialects import Dialect, dialects_with
from osmo_cli.config.registry.shape import Shape
from osmo_cli.errors import UsageError

STDIN = "-"


@dataclass(frozen=True)
class Input:
    """A file that could be read, and what it is about."""

    document: Document
    shape: Shape


@dataclass
class Group:
    """Files that belong together, so that what one names may stand in another.

    Attributes:
        inputs: the files that could be read.
        is_directory: whether all files of a directory are here.
    """

    is_directory: bool
    inputs: list[Input] = field(default_factory=list)


@dataclass
class Inputs:
    """All that was given.

    Attributes:
        groups: a directory each, and one for the files that were named one by one.
        problems: what could not be found, read or told apart.
        count: how many files there are.
    """

    groups: list[Group]
    problems: list[Problem]
    count: int

    @property
    def all(self) -> list[Input]:
        """The inputs of all groups."""
        return [one for group in self.groups for one in group.inputs]


def read_inputs(
    paths: Sequence[str],
    dialect: Dialect,
    named: ConfigRef | None = None,
    format: InputFormat | None = None,
    *,
    lookup: Callable[[str], Lookup],
) -> Inputs:
    """Read files and directories; what is wrong with one does not hide the others.

    Args:
        paths: files, directories in the layout, or `-` for standard input.
        dialect: the version that they are for.
        named: what the files are about that are named one by one; else their paths tell.
        format: how those files are written; else their endings tell.
        lookup: gives what looks up the values of a file's references.

    Raises:
        UsageError: `named` is given for a directory, or is missing for standard input.
    """
    seen: set[str] = set()
    singles = Group(is_directory=False)
    found = Inputs([singles], [], 0)
    for path in paths:
        if path != STDIN and os.path.isdir(path):
            if named is not None:
                raise UsageError(
                    f"{path} is a directory: its files tell what they are about",
                    hint="leave out --type and --name, or name a file",
                )
            group = Group(is_directory=True)
            found.groups.append(group)
            files: Iterable[tuple[str, ConfigRef]] = _scanned(path, found.problems)
        else:
            group = singles
            files = _single(path, named, found.problems)
        for file, entry in files:
            identity = os.path.realpath(file) if file != STDIN else file
            if identity not in seen:
                seen.add(identity)
                found.count += 1
                shape = Shape(entry.config_type, dialect, entry.name)
                how = format if group is singles else None
                _read(file, shape, how, lookup(file), group, found.problems)
        if group is singles and not files:
            found.count += 1
    return found


def _scanned(directory: str, problems: list[Problem]) -> list[tuple[str, ConfigRef]]:
    try:
        scanned = scan(directory)
    except UsageError as error:
        problems.append(Problem(error.message, directory))
        return []
    problems += scanned.problems
    if not scanned.files and not scanned.problems:
        hint = "files are called workflow.json, backend/NAME.json and so on"
        problems.append(Problem("there are no files in this directory", directory, hint=hint))
    return list(scanned.files.items())


def _single(
    file: str, named: ConfigRef | None, problems: list[Problem]
) -> list[tuple[str, ConfigRef]]:
    if named is not None:
        return [(file, named)]
    if file == STDIN:
        raise UsageError("what stands on stdin is not known", hint="add --type TYPE")
    if not os.path.exists(file):
        problems.append(Problem("file not found", file))
        return []
    try:
        return [(file, entry_of_file(file))]
    except UsageError as error:
        problems.append(Problem(error.message, file, hint=error.hint))
        return []


def _read(
    file: str,
    shape: Shape,
    format: InputFormat | None,
    lookup: Lookup,
    group: Group,
    problems: list[Problem],
) -> None:
    config_type, dialect = shape.config_type, shape.dialect
    if config_type.name not in dialect.config_types:
        there = dialects_with(config_type.name)
        message = f"services of {dialect.name} have no {config_type.name}"
        problems.append(Problem(message, file, hint="it is known in " + ", ".join(there)))
        return
    try:
        document = resolve(read_document(file, format), lookup, lenient=True)
        problems += document.warnings
        group.inputs.append(Input(document, shape))
    except InvalidInputError as error:
        problems += [replace(one, hint=one.hint or error.hint) for one in error.problems]
    except UsageError as error:
        message = error.message
        for named in (f"{file}: ", f"{file} ", f"cannot read {file}: "):
            message = message.removeprefix(named)
        problems.append(Problem(message, file, hint=error.hint))
