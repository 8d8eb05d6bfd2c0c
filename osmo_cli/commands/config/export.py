"""`osmo config export`: write the configuration to files."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from osmo_cli.commands.arguments import (
    ChartOption,
    DialectOption,
    chosen_chart,
    chosen_dialect,
)
from osmo_cli.commands.config.arguments import complete_type
from osmo_cli.config.registry.types import find_type
from osmo_cli.errors import UsageError


class FileFormat(StrEnum):
    """Formats of files."""

    YAML = "yaml"
    JSON = "json"


def export(
    ctx: typer.Context,
    directory: Annotated[
        str | None,
        typer.Argument(
            metavar="[DIR]",
            show_default=False,
            help="Directory to write files to, one for each item; created if it does not exist.",
        ),
    ] = None,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="Only this config type; accepts several. Default: all.",
            autocompletion=complete_type,
        ),
    ] = None,
    file_format: Annotated[
        FileFormat | None,
        typer.Option(
            "--format",
            help="Format of new files; existing ones keep theirs. Default: yaml.",
            case_sensitive=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files that differ from the service.")
    ] = False,
    all_fields: Annotated[
        bool,
        typer.Option(
            "--all-fields",
            help="Also write fields that have the service's default; in files also those that "
            "the service sets.",
        ),
    ] = False,
    helm: Annotated[
        str | None,
        typer.Option(
            "--helm",
            metavar="FILE",
            help="Values file to write, or to change if it exists; - is standard output.",
        ),
    ] = None,
    chart: ChartOption = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="With --helm: directory to take the configuration from. Default: the service.",
        ),
    ] = None,
    dialect: DialectOption = None,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="With --from: remove the items that the directory does not have, of the types "
            "that it has, from the values.",
        ),
    ] = False,
) -> int:
    """Write the configuration to a directory, or as values of a Helm chart.

    A directory gets one file for each item, as `osmo config plan` and `apply`
    read them. Fields with their default are left out. Secrets become
    references to environment variables, which are listed on stderr.
    Files that differ from the service are not overwritten without --force.

    With --helm only what differs from the chart's defaults is written.
    Secrets become references to Kubernetes Secrets, and a template of these
    is written beside the values. What the values cannot hold is listed on
    stderr. With --from, --dialect is the version of the service that the
    directory is for; by default that of the chart.

    Examples:
        osmo config export configs/
        osmo config export configs/ --type POOL --type ROLE --force
        osmo config export --helm values.yaml --chart osmo
        osmo config export --helm - --from configs/
    """
    if (directory is None) == (helm is None):
        raise UsageError(
            "a directory or --helm is required" if helm is None else "--helm takes no directory",
            hint="osmo config export DIR, or osmo config export --helm FILE --from DIR",
        )
    if directory is not None:
        _refuse({"--chart": chart, "--from": source}, "--helm")
        _refuse({"--dialect": dialect, "--prune": prune}, "--from")
        from osmo_cli.commands.config import export_directory

        names = tuple(dict.fromkeys(find_type(name).name for name in types or ()))
        suffix = f".{file_format or FileFormat.YAML}"
        return export_directory.export_directory(
            ctx.obj,
            export_directory.DirectoryExportOptions(directory, names, suffix, force, all_fields),
        )
    assert helm is not None
    _refuse({"--type": types, "--format": file_format, "--force": force}, "a directory")
    from osmo_cli.commands.config.export_helm import HelmExportOptions, export_helm

    if source is None:
        _refuse({"--dialect": dialect, "--prune": prune}, "--from")
    version = chosen_dialect(dialect) if dialect else None
    options = HelmExportOptions(helm, chosen_chart(chart), source, version, prune, all_fields)
    return export_helm(ctx.obj, options)


def _refuse(options: dict[str, object], target: str) -> None:
    """Raise UsageError for options that are given, but only for another target."""
    for name, value in options.items():
        if value:
            raise UsageError(f"{name} is only for {target}", hint="osmo config export --help")
