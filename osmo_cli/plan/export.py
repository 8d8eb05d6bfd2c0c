"""The configuration of a service as files of a directory: what to write, and what is in the way."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from osmo_cli.config.problems import Path, Problem, path_text
from osmo_cli.config.reading.layout import ConfigRef, folded, new_path, path_of, scan
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType
from osmo_cli.config.secrets import MASK
from osmo_cli.config.values import ABSENT, replaced, same, value_at
from osmo_cli.errors import OsmoError, UsageError

if TYPE_CHECKING:
    from osmo_cli.api.configs import Snapshot
    from osmo_cli.api.service import Service
    from osmo_cli.config.changes.exported import Exported


@dataclass(frozen=True)
class ExportedFile:
    """A file of the directory.

    Attributes:
        ref: what it describes.
        path: where it is, or will be.
        text: its text.
        state: `new`; `unchanged`, and not written; or `changed`, where it has something else.
    """

    ref: ConfigRef
    path: FilePath
    text: str = field(repr=False)
    state: str


@dataclass(frozen=True)
class DirectoryExport:
    """The files of a configuration.

    Attributes:
        files: in the order of the types and names.
        variables: names of the environment variables that they refer to.
        gone: files of items that the service does not have.
        warnings: what is not in the files.
    """

    files: tuple[ExportedFile, ...]
    variables: tuple[str, ...]
    gone: tuple[FilePath, ...]
    warnings: tuple[Problem, ...]

    def in_state(self, state: str) -> list[ExportedFile]:
        """Return the files in that state."""
        return [file for file in self.files if file.state == state]


def export_directory(
    service: Service,
    directory: FilePath,
    config_types: Iterable[ConfigType],
    suffix: str,
    *,
    all_fields: bool = False,
) -> DirectoryExport:
    """Return what to write to a directory, so that it holds what a service has; writes nothing.

    Args:
        service: the service.
        directory: where the files are; need not exist.
        config_types: the types to export.
        suffix: ending of new files.
        all_fields: keep what the service sets, and what has its default.

    Raises:
        UsageError: the directory cannot be read, or stands for one type only.
        OsmoError: the service cannot be read.
    """
    if any(directory.resolve().name == row.path for row in CONFIG_TYPES.values() if row.named):
        raise UsageError(
            f"{directory} would be read as the directory of one config type",
            hint=f"osmo config export {directory.parent} --type {directory.resolve().name.upper()}",
        )
    rows = list(config_types)
    existing = _existing(directory)
    exporter = _Exporter(service, directory, existing, suffix, all_fields)
    for snapshot in service.configs.read_each(rows):
        exporter.add(snapshot)
    return exporter.result({row.name for row in rows})


def _existing(directory: FilePath) -> dict[ConfigRef, FilePath]:
    if not directory.exists():
        return {}
    return {ref: FilePath(file) for file, ref in scan(str(directory)).files.items()}


class _Exporter:
    def __init__(
        self,
        service: Service,
        directory: FilePath,
        existing: Mapping[ConfigRef, FilePath],
        suffix: str,
        all_fields: bool,
    ) -> None:
        self._service, self._directory, self._suffix = service, directory, suffix
        self._existing = existing
        self._all_fields = all_fields
        self._dialect = service.confirm_dialect()
        self._taken = {
            folded(PurePosixPath(path.relative_to(directory))) for path in existing.values()
        }
        self._files: list[ExportedFile] = []
        self._variables: list[str] = []
        self._warnings: list[Problem] = []
        self._seen: set[ConfigRef] = set()

    def result(self, names: Container[str]) -> DirectoryExport:
        gone = sorted(
            path
            for ref, path in self._existing.items()
            if ref.config_type.name in names and ref.name is not None and ref not in self._seen
        )
        variables = tuple(sorted(set(self._variables)))
        return DirectoryExport(tuple(self._files), variables, tuple(gone), tuple(self._warnings))

    def add(self, snapshot: Snapshot) -> None:
        """Add the files of a type."""
        config_type = snapshot.config_type
        if not config_type.is_by_item:
            self._add_file(ConfigRef(config_type), snapshot.data)
            return
        whole = ConfigRef(config_type)
        in_whole: dict[str, Any] = {}
        items = snapshot.items()
        # Of names that some file systems take for the same, the one in small letters is plain.
        for name in sorted(items, key=lambda name: (name != name.lower(), name)):
            ref = ConfigRef(config_type, name)
            path = self._existing.get(ref)
            if path is None and whole not in self._existing:
                new = new_path(ref, self._suffix, self._taken)
                path = None if new is None else self._directory / new
            if path is not None:
                self._add_file(ref, items[name], path)
            elif config_type.whole is not None:
                in_whole[name] = items[name]
            else:
                self._warn(f"{ref}: no file can have this name; it is not exported")
        if in_whole or whole in self._existing:
            self._add_file(whole, in_whole)

    def _add_file(self, ref: ConfigRef, live: Any, path: FilePath | None = None) -> None:
        from osmo_cli.config.changes.exported import exported, same_content

        shape = Shape(ref.config_type, self._dialect, ref.name)
        path = self._existing.get(ref) or path or self._directory / path_of(ref, self._suffix)
        self._taken.add(folded(PurePosixPath(path.relative_to(self._directory))))
        self._seen.add(ref)
        # A pipe or a directory is not part of the layout, and is not replaced by a file either.
        is_new = not os.path.lexists(path)
        before = _content(path, shape) if ref in self._existing else ABSENT
        unset = set(unset_secrets(self._service, shape, live)) if shape.config_type.secrets else ()
        content = exported(
            shape,
            live,
            all_fields=self._all_fields,
            is_unset=lambda at: at in unset,
            earlier=before,
        )
        is_same = before is not ABSENT and same_content(
            shape, before, content.value, all_fields=self._all_fields
        )
        state = "new" if is_new else "unchanged" if is_same else "changed"
        self._files.append(ExportedFile(ref, path, _text(content.value, path), state))
        self._note(ref, content)

    def _note(self, ref: ConfigRef, content: Exported) -> None:
        self._variables += content.variables
        for at in content.lost:
            self._warn(f"{ref} {path_text(at)}: the service masks this field; it is not exported")

    def _warn(self, message: str) -> None:
        self._warnings.append(Problem(message, severity="warning"))


def _content(path: FilePath, shape: Shape) -> Any:
    """Return what a file holds; ABSENT if it cannot be read, or holds something else."""
    from osmo_cli.config.checking.validate import unwrapped, wrong_shape
    from osmo_cli.config.reading.files import read_document

    try:
        document = unwrapped(read_document(str(path)), shape)
    except OsmoError:
        return ABSENT
    return ABSENT if wrong_shape(document, shape) else document.value


def _text(value: Any, path: FilePath) -> str:
    if path.suffix == ".json":
        from osmo_cli.config.reading.json_text import write_json

        return write_json(value)
    from osmo_cli.config.reading.yaml_text import write_yaml

    return write_yaml(value)


def unset_secrets(service: Service, shape: Shape, live: Any) -> Iterator[Path]:
    """Return the paths of masks that stand for secrets that were never set, as far as one can see.

    A mask is shown whether there is a secret or not (docs/service/secrets.md#masks). A secret was
    never set if the history shows an empty string, or if the fields that belong to it are not set.

    Args:
        service: the service.
        shape: what `live` is.
        live: the object, with masks.
    """
    from osmo_cli.config.schemas.base import defaults, model_at

    secrets = list(_optional_secrets(shape, live))
    if not secrets or any(value_at(live, path) == "" for path in secrets):
        return  # a service in ConfigMap mode, which shows what is not set
    newest = service.configs.newest_revision(shape.config_type, data=True)
    history = {} if newest is None else newest.data
    is_live = same(_masked(history, secrets), _masked(live, secrets))
    for path in secrets:
        model = model_at(shape.model(), path[:-1])
        known = {} if model is None else defaults(model)
        beside = {key: value for key, value in value_at(live, path[:-1]).items() if key != path[-1]}
        is_alone = bool(beside) and all(
            same(value, known.get(key)) and not isinstance(value, dict)
            for key, value in beside.items()
        )
        if is_alone or (is_live and value_at(history, path) == ""):
            yield path


def _optional_secrets(shape: Shape, live: Any) -> Iterator[Path]:
    """Return the paths of the secret fields that are there whether they are set or not."""
    from osmo_cli.config.schemas.base import defaults, model_at, secret_paths

    for path in secret_paths(shape.model()):
        model = model_at(shape.model(), path[:-1])
        is_optional = model is not None and path[-1] in defaults(model)
        if is_optional and isinstance(value_at(live, path), str):
            yield path


def _masked(value: Any, secrets: Iterable[Path]) -> Any:
    for path in secrets:
        if value_at(value, path, ABSENT) is not ABSENT:
            value = replaced(value, path, MASK)
    return value
