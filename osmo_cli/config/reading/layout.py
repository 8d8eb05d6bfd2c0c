"""The layout of a directory of configurations.

`workflow.json` is the whole WORKFLOW, `backend/gpu-a.json` the item gpu-a of BACKEND; YAML files
likewise. Characters of a name that a file name cannot have are percent-encoded.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path as FilePath
from pathlib import PurePosixPath

from osmo_cli.config.problems import Problem
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType
from osmo_cli.errors import UsageError
from osmo_cli.quick_dataclass import dataclass

SUFFIXES = (".json", ".yaml", ".yml")
_BY_PATH = {config_type.path: config_type for config_type in CONFIG_TYPES.values()}
_WITH_ITEMS = {
    path: config_type for path, config_type in _BY_PATH.items() if config_type.named is not None
}
_IGNORED = "readme.md"
_LONGEST_FILE_NAME = 255
_DEVICES = frozenset(
    {
        "CON",
        "PRN",
        "AUX",
        "NUL",
        *(f"{port}{digit}" for port in ("COM", "LPT") for digit in range(1, 10)),
    }
)
"""Names that a file on Windows cannot have."""


@dataclass(frozen=True)
class ConfigRef:
    """A whole type, or the item `name` of it."""

    config_type: ConfigType
    name: str | None = None

    def __str__(self) -> str:
        """`BACKEND gpu-a`."""
        return self.config_type.name + (f" {self.name}" if self.name is not None else "")


@dataclass(frozen=True)
class Scan:
    """The files of a directory.

    Attributes:
        files: what each file describes, by its path.
        problems: about files that are not part of the layout.
    """

    files: dict[str, ConfigRef]
    problems: list[Problem]


def path_of(ref: ConfigRef, suffix: str = SUFFIXES[0]) -> PurePosixPath:
    """Return the path of the file of `ref`, from the top of the directory."""
    if ref.name is None:
        return PurePosixPath(ref.config_type.path + suffix)
    return PurePosixPath(ref.config_type.path, _file_stem(ref.name) + suffix)


def new_path(ref: ConfigRef, suffix: str, taken: Collection[str]) -> PurePosixPath | None:
    """Return the path of a new file, which no file system confuses with another; None if none can.

    Args:
        ref: what the file is for.
        suffix: its ending.
        taken: the paths of other files, as `folded` returns them.
    """
    path = path_of(ref, suffix)
    if folded(path) in taken and ref.name is not None:
        path = path.with_name(_escaped(ref.name) + suffix)
    return path if ref.name != "" and len(path.name) <= _LONGEST_FILE_NAME else None


def folded(path: PurePosixPath) -> str:
    """Return what paths have in common that some file systems take for the same."""
    return str(path).casefold()


def _file_stem(name: str) -> str:
    from urllib.parse import quote

    stem = quote(name, safe="@+= ")
    if stem.startswith(".") or stem.partition(".")[0].upper() in _DEVICES:
        # Else the file would be hidden, or Windows could not create it.
        return _escaped(stem[0]) + stem[1:]
    return stem


def _escaped(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def ref_at(parts: Sequence[str]) -> ConfigRef:
    """Return what the file at `parts`, from the top of the directory, describes.

    Raises:
        UsageError: it is not part of the layout.
    """
    if len(parts) == 1:
        return ConfigRef(_whole_type(parts[0]))
    folder, *rest = parts
    config_type = _WITH_ITEMS.get(folder)
    if config_type is None:
        raise _no_such_folder(folder)
    if len(rest) > 1:
        raise UsageError(
            f"{folder}/ holds one file for each item, and no directories",
            hint=f"{folder}/NAME{SUFFIXES[0]}",
        )
    return ConfigRef(config_type, _item_name(rest[0]))


def ref_of_file(file: str) -> ConfigRef:
    """Return what a file outside a known directory describes, by the end of its path.

    Raises:
        UsageError: the path does not say.
    """
    parts = FilePath(os.path.abspath(file)).parts
    for end in (parts[-2:], parts[-1:]):
        if len(end) == 1 or end[0] in _WITH_ITEMS:
            try:
                return ref_at(end)
            except UsageError:
                continue
    raise UsageError(
        "cannot tell the config type from the path of this file",
        hint="add --type TYPE, and --name NAME for an item; or use a path like backend/NAME.json",
    )


def scan(directory: str) -> Scan:
    """Find the files of a directory; hidden files and README.md are ignored.

    The directory is a layout, or the directory of one type in it.

    Raises:
        UsageError: it cannot be read.
    """
    files: dict[str, ConfigRef] = {}
    first: dict[ConfigRef, str] = {}
    problems: list[Problem] = []
    for parts, path in _paths(FilePath(directory), problems):
        file = str(path)
        try:
            ref = ref_at(parts)
        except UsageError as error:
            problems.append(Problem(error.message, file, hint=error.hint))
            continue
        if path.exists() and not path.is_file():
            # Reading a pipe without a writer would not end.
            problems.append(Problem("not a regular file", file))
            continue
        if ref in first:
            message = f"{ref} is already defined in {first[ref]}"
            problems.append(Problem(message, file, hint="keep one of the files"))
            continue
        first[ref] = file
        files[file] = ref
    return Scan(files, problems)


def _paths(top: FilePath, problems: list[Problem]) -> Iterator[tuple[tuple[str, ...], FilePath]]:
    """Return each file from the top of the layout; a misplaced directory ends in an empty part."""
    listing = _listing(top)
    own = FilePath(os.path.abspath(top)).name
    is_folder_of_type = own in _WITH_ITEMS and not any(path.is_dir() for path in listing)
    for path in listing:
        if is_folder_of_type:
            yield (own, path.name), path
        elif path.is_dir() and path.name in _WITH_ITEMS:
            try:
                items = _listing(path)
            except UsageError as error:
                problems.append(Problem(error.message, str(path)))
                continue
            yield from (((path.name, *_steps(inner)), inner) for inner in items)
        else:
            yield _steps(path), path


def _steps(path: FilePath) -> tuple[str, ...]:
    return (path.name, "") if path.is_dir() else (path.name,)


def _listing(directory: FilePath) -> list[FilePath]:
    try:
        paths = sorted(directory.iterdir())
    except OSError as error:
        raise UsageError(f"cannot read the directory: {error.strerror}") from None
    return [
        path for path in paths if not path.name.startswith(".") and path.name.lower() != _IGNORED
    ]


def _stem(file_name: str) -> str | None:
    """Return the file name without its suffix, or None if it is not a configuration file."""
    return next(
        (file_name.removesuffix(suffix) for suffix in SUFFIXES if file_name.endswith(suffix)),
        None,
    )


def _item_name(file_name: str) -> str:
    from urllib.parse import unquote

    stem = _stem(file_name)
    if not stem:
        raise _not_a_configuration()
    try:
        return unquote(stem, errors="strict")
    except UnicodeDecodeError:
        raise UsageError("invalid percent-encoding in file name", hint="write % as %25") from None


def _whole_type(file_name: str) -> ConfigType:
    stem = _stem(file_name)
    if not stem:
        raise _not_a_configuration()
    config_type = _BY_PATH.get(stem)
    if config_type is None:
        known = [path for path, row in _BY_PATH.items() if row.whole is not None]
        near = get_close_matches(stem, known, n=1)
        hint = f"did you mean {near[0]}{SUFFIXES[0]}?" if near else None
        others = f"file names: {', '.join(sorted(known))}, each with {SUFFIXES[0]}"
        raise UsageError("unknown config type in file name", hint=hint or others)
    if config_type.whole is None:
        raise UsageError(
            f"{config_type.name} has no file for the whole type",
            hint=f"use one file for each item: {config_type.path}/NAME{SUFFIXES[0]}",
        )
    return config_type


def _no_such_folder(folder: str) -> UsageError:
    if folder in _BY_PATH:
        return UsageError(
            f"{_BY_PATH[folder].name} has no items, and no directory",
            hint=f"use {folder}{SUFFIXES[0]}",
        )
    near = get_close_matches(folder.lower(), _WITH_ITEMS, n=1)
    hint = f"did you mean {near[0]}/?" if near else "directories: " + ", ".join(sorted(_WITH_ITEMS))
    return UsageError("unknown config type in directory name", hint=hint)


def _not_a_configuration() -> UsageError:
    endings = ", ".join(SUFFIXES)
    return UsageError("not a configuration file", hint=f"their names end in {endings}")
