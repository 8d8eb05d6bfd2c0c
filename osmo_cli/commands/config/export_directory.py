"""`osmo config export DIR`: the configuration as files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from osmo_cli.errors import ConflictError, ExitCode, UsageError

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.commands.session import Session
    from osmo_cli.config.registry.types import ConfigType
    from osmo_cli.output.printer import Printer
    from osmo_cli.plan.export import DirectoryExport


@dataclass(frozen=True)
class DirectoryExportOptions:
    """What to export, and where to.

    Attributes:
        directory: where the files are written.
        types: names of the types; all where empty.
        suffix: ending of new files.
        force: overwrite files that hold something else.
        all_fields: keep what the service sets, and what has its default.
    """

    directory: str
    types: tuple[str, ...]
    suffix: str
    force: bool
    all_fields: bool


def export_directory(session: Session, options: DirectoryExportOptions) -> int:
    """Write the files, and say what else is needed."""
    from osmo_cli.plan import export

    with session.connect() as service:
        result = export.export_directory(
            service,
            Path(options.directory),
            _types(service, options.types),
            options.suffix,
            all_fields=options.all_fields,
        )
    if not options.force:
        _check_conflicts(result)
    _write(result)
    _print(session.printer, options.directory, result)
    return ExitCode.OK


def _types(service: Service, names: tuple[str, ...]) -> list[ConfigType]:
    from osmo_cli.config.registry.types import CONFIG_TYPES

    dialect = service.confirm_dialect()
    if missing := [name for name in names if name not in dialect.config_types]:
        raise UsageError(f"services of {dialect.name} have no {missing[0]}")
    wanted = names or dialect.config_types
    return [row for row in CONFIG_TYPES.values() if row.name in wanted]


def _check_conflicts(result: DirectoryExport) -> None:
    """Check that no file would be overwritten.

    Raises:
        ConflictError: a file holds something else than the service; names all of them.
    """
    if changed := result.in_state("changed"):
        files = "".join(f"\n{file.path}: {file.ref} differs from the service" for file in changed)
        raise ConflictError(
            f"{len(changed)} of the files would be overwritten:{files}",
            hint="nothing was written; `osmo config plan DIR` shows the differences, "
            "--force overwrites the files",
        )


def _write(result: DirectoryExport) -> None:
    from osmo_cli.text_files import write_text

    for file in result.files:
        if file.state != "unchanged":
            write_text(file.path, file.text)


def _print(printer: Printer, directory: str, result: DirectoryExport) -> None:
    for problem in result.warnings:
        printer.warn(problem.message)
    for path in result.gone:
        printer.warn(f"{path}: not found on the service; the file is kept")
    if result.variables:
        names = "".join(f"\n{name}" for name in result.variables)
        printer.note(f"set these environment variables before you plan or apply:{names}")
    unchanged = len(result.in_state("unchanged"))
    written = len(result.files) - unchanged
    printer.text(f"Exported to {directory}: {written} written, {unchanged} unchanged")
