"""The files that `osmo config validate` is given, and what each describes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, replace

from osmo_cli.bounded_files import STDIN
from osmo_cli.config.problems import InvalidInputError, Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.reading.files import read_document
from osmo_cli.config.reading.formats import InputFormat
from osmo_cli.config.reading.layout import ConfigRef, ref_of_file, scan
from osmo_cli.config.reading.references import References, resolve
from osmo_cli.config.registry.dialects import Dialect, dialects_with
from osmo_cli.config.registry.shape import Shape
from osmo_cli.errors import UsageError
from osmo_cli.quick_dataclass import dataclass


@dataclass(frozen=True)
class Input:
    """A file that could be read, and what it describes."""

    document: Document
    shape: Shape


@dataclass
class Group:
    """Files that belong together: one may name items of another.

    Attributes:
        inputs: the files that could be read.
        is_directory: whether all files of a directory are here.
    """

    is_directory: bool
    inputs: list[Input] = field(default_factory=list)


@dataclass
class Inputs:
    """All inputs of a command.

    Attributes:
        groups: one for each directory, and one for the files that were named individually.
        problems: about files that do not exist, cannot be read or are not part of the layout.
        count: the number of files.
    """

    groups: list[Group]
    problems: list[Problem]
    count: int

    @property
    def all(self) -> list[Input]:
        """The inputs of all groups."""
        return [item for group in self.groups for item in group.inputs]


def read_inputs(
    paths: Sequence[str],
    dialect: Dialect,
    ref: ConfigRef | None = None,
    format: InputFormat | None = None,
    *,
    references: Callable[[str], References],
) -> Inputs:
    """Read files and directories; a problem of one file does not hide those of others.

    Args:
        paths: files, directories in the layout, or `-` for standard input.
        dialect: the service version that they are for.
        ref: what the individually named files describe; by default their paths decide.
        format: how those files are written; by default their endings decide.
        references: returns how the references of a file are looked up.

    Raises:
        UsageError: `ref` is given for a directory, or is missing for standard input.
    """
    seen: set[str] = set()
    singles = Group(is_directory=False)
    inputs = Inputs([singles], [], 0)
    for path in paths:
        if path != STDIN and os.path.isdir(path):
            if ref is not None:
                raise UsageError(
                    f"{path} is a directory: the type of each file is inferred from its path",
                    hint="leave out --type and --name, or name a file",
                )
            group = Group(is_directory=True)
            inputs.groups.append(group)
            files: Iterable[tuple[str, ConfigRef]] = _scan(path, inputs.problems)
        else:
            group = singles
            files = _single(path, ref, inputs.problems)
        for file, file_ref in files:
            identity = os.path.realpath(file) if file != STDIN else file
            if identity not in seen:
                seen.add(identity)
                inputs.count += 1
                shape = Shape(file_ref.config_type, dialect, file_ref.name)
                file_format = format if group is singles else None
                _read(file, shape, file_format, references(file), group, inputs.problems)
        if group is singles and not files:
            inputs.count += 1
    return inputs


def is_described(path: str) -> bool:
    """Whether a path says what is there: a directory, or a file of the layout."""
    if path == STDIN:
        return False
    if os.path.isdir(path) or not os.path.exists(path):
        return True
    try:
        ref_of_file(path)
    except UsageError:
        return False
    return True


def _scan(directory: str, problems: list[Problem]) -> list[tuple[str, ConfigRef]]:
    try:
        scanned = scan(directory)
    except UsageError as error:
        problems.append(Problem(error.message, directory))
        return []
    problems += scanned.problems
    if not scanned.files and not scanned.problems:
        hint = "expected files such as workflow.json or backend/NAME.json"
        problems.append(Problem("no files in this directory", directory, hint=hint))
    return list(scanned.files.items())


def _single(
    file: str, ref: ConfigRef | None, problems: list[Problem]
) -> list[tuple[str, ConfigRef]]:
    if ref is not None:
        return [(file, ref)]
    if file == STDIN:
        raise UsageError("cannot tell the config type of standard input", hint="add --type TYPE")
    if not os.path.exists(file):
        problems.append(Problem("file not found", file))
        return []
    try:
        return [(file, ref_of_file(file))]
    except UsageError as error:
        problems.append(Problem(error.message, file, hint=error.hint))
        return []


def _read(
    file: str,
    shape: Shape,
    format: InputFormat | None,
    references: References,
    group: Group,
    problems: list[Problem],
) -> None:
    config_type, dialect = shape.config_type, shape.dialect
    if config_type.name not in dialect.config_types:
        versions = ", ".join(dialects_with(config_type.name))
        message = f"services of {dialect.name} have no {config_type.name}"
        problems.append(Problem(message, file, hint=f"it exists in {versions}"))
        return
    try:
        document = resolve(read_document(file, format), shape, references)
        problems += document.warnings
        group.inputs.append(Input(document, shape))
    except InvalidInputError as error:
        problems += [
            replace(problem, hint=problem.hint or error.hint) for problem in error.problems
        ]
    except UsageError as error:
        message = error.message
        for prefix in (f"{file}: ", f"{file} ", f"cannot read {file}: "):
            message = message.removeprefix(prefix)
        problems.append(Problem(message, file, hint=error.hint))
