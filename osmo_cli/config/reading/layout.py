"""A directory of configurations: which file holds what.

`workflow.json` is all of WORKFLOW, `backend/gpu-a.json` is the item gpu-a of BACKEND. JSON and YAML
alike; what a name has that a file name cannot have is percent-encoded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path as FilePath
from pathlib import PurePosixPath

from osmo_cli.config.problems import Problem
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType
from osmo_cli.errors import UsageError

SUFFIXES = (".json", ".yaml", ".yml")
_BY_PATH = {config_type.path: config_type for config_type in CONFIG_TYPES.values()}
_WITH_ITEMS = {path: one for path, one in _BY_PATH.items() if one.named is not None}
_LEFT_ALONE = "readme.md"


@dataclass(frozen=True)
class ConfigRef:
    """What a file is about: a whole type, or the item `name` of it."""

    config_type: ConfigType
    name: str | None = None

    def __str__(self) -> str:
        """`BACKEND gpu-a`."""
        return self.config_type.name + (f" {self.name}" if self.name is not None else "")


@dataclass(frozen=True)
class Scan:
    """The files of a directory.

    Attributes:
        files: each file, with the directory's own path before it, and what it is about.
        problems: what has no place in the layout.
    """

    files: dict[str, ConfigRef]
    problems: list[Problem]


def path_of(entry: ConfigRef, suffix: str = SUFFIXES[0]) -> PurePosixPath:
    """Where an entry stands, from the top of the directory."""
    from urllib.parse import quote

    if entry.name is None:
        return PurePosixPath(entry.config_type.path + suffix)
    name = quote(entry.name, safe="@+= ")
    if name.startswith("."):  # else the file would be hidden
        name = "%2E" + name[1:]
    return PurePosixPath(entry.config_type.path, name + suffix)


def entry_at(parts: Sequence[str]) -> ConfigRef:
    """What the file at `parts`, from the top of the directory, is about.

    Raises:
        UsageError: it has no place in the layout.
    """
    if len(parts) == 1:
        return ConfigRef(_whole_type(parts[0]))
    folder, *rest = parts
    config_type = _WITH_ITEMS.get(folder)
    if config_type is None:
        raise _no_such_folder(folder)
    if len(rest) > 1:
        raise UsageError(
            f"{folder}/ holds one file an item, and no folders",
            hint=f"{folder}/NAME{SUFFIXES[0]}",
        )
    return ConfigRef(config_type, _item_name(rest[0]))


def entry_of_file(file: str) -> ConfigRef:
    """What a file outside a known directory is about, by the end of its path.

    Raises:
        UsageError: the path does not tell.
    """
    parts = FilePath(os.path.abspath(file)).parts
    for known in (parts[-2:], parts[-1:]):
        if len(known) == 1 or known[0] in _WITH_ITEMS:
            try:
                return entry_at(known)
            except UsageError:
                continue
    raise UsageError(
        "the path does not tell what this file is about",
        hint="add --type TYPE, and --name NAME for an item, or call it as in backend/NAME.json",
    )


def scan(directory: str) -> Scan:
    """Find the files of a directory; hidden ones and README.md are left alone.

    The directory is a layout, or the folder of one type of it.

    Raises:
        UsageError: it cannot be read.
    """
    files: dict[str, ConfigRef] = {}
    first: dict[ConfigRef, str] = {}
    problems: list[Problem] = []
    for parts, path in _paths(FilePath(directory), problems):
        file = str(path)
        try:
            entry = entry_at(parts)
        except UsageError as error:
            problems.append(Problem(error.message, file, hint=error.hint))
            continue
        if path.exists() and not path.is_file():
            # Reading a pipe in which nobody writes would not end.
            problems.append(Problem("not a file", file))
            continue
        if entry in first:
            message = f"{entry} stands in {first[entry]}, too"
            problems.append(Problem(message, file, hint="keep one of them"))
            continue
        first[entry] = file
        files[file] = entry
    return Scan(files, problems)


def _paths(top: FilePath, problems: list[Problem]) -> Iterator[tuple[tuple[str, ...], FilePath]]:
    """Each file from the top of the layout; a folder where a file belongs has a step more."""
    found = _listing(top)
    own = FilePath(os.path.abspath(top)).name
    is_folder_of_type = own in _WITH_ITEMS and not any(path.is_dir() for path in found)
    for path in found:
        if is_folder_of_type:
            yield (own, path.name), path
        elif path.is_dir() and path.name in _WITH_ITEMS:
            try:
                found_in = _listing(path)
            except UsageError as error:
                problems.append(Problem(error.message, str(path)))
                continue
            yield from (((path.name, *_steps(inner)), inner) for inner in found_in)
        else:
            yield _steps(path), path


def _steps(path: FilePath) -> tuple[str, ...]:
    return (path.name, "") if path.is_dir() else (path.name,)


def _listing(directory: FilePath) -> list[FilePath]:
    try:
        found = sorted(directory.iterdir())
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}") from None
    return [
        path for path in found if not path.name.startswith(".") and path.name.lower() != _LEFT_ALONE
    ]


def _stem(file_name: str) -> str | None:
    """The file name without its suffix, or None where it is no file of ours."""
    return next(
        (file_name.removesuffix(suffix) for suffix in SUFFIXES if file_name.endswith(suffix)),
        None,
    )


def _item_name(file_name: str) -> str:
    from urllib.parse import unquote

    stem = _stem(file_name)
    if not stem:
        raise _no_file_of_ours()
    try:
        return unquote(stem, errors="strict")
    except UnicodeDecodeError:
        raise UsageError("this file name is no encoded name", hint="% stands as %25") from None


def _whole_type(file_name: str) -> ConfigType:
    stem = _stem(file_name)
    if not stem:
        raise _no_file_of_ours()
    config_type = _BY_PATH.get(stem)
    if config_type is None:
        known = [path for path, one in _BY_PATH.items() if one.whole is not None]
        near = get_close_matches(stem, known, n=1)
        hint = f"did you mean {near[0]}{SUFFIXES[0]}?" if near else None
        others = "files are called " + ", ".join(sorted(known)) + f", each with {SUFFIXES[0]}"
        raise UsageError("no config type is called that", hint=hint or others)
    if config_type.whole is None:
        raise UsageError(
            f"{config_type.name} has no file of its own",
            hint=f"one file an item: {config_type.path}/NAME{SUFFIXES[0]}",
        )
    return config_type


def _no_such_folder(folder: str) -> UsageError:
    if folder in _BY_PATH:
        return UsageError(
            f"{_BY_PATH[folder].name} has no items, so no folder",
            hint=f"write {folder}{SUFFIXES[0]}",
        )
    near = get_close_matches(folder.lower(), _WITH_ITEMS, n=1)
    hint = f"did you mean {near[0]}/?" if near else "folders: " + ", ".join(sorted(_WITH_ITEMS))
    return UsageError("no config type has a folder of that name", hint=hint)


def _no_file_of_ours() -> UsageError:
    endings = ", ".join(SUFFIXES)
    return UsageError("not a file of a configuration", hint=f"these end with {endings}")
