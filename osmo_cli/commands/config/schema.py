"""`osmo config schema`: JSON Schema of the config types, for editors and other checkers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import (
    ChartOption,
    DialectOption,
    chosen_chart,
    chosen_dialect,
)
from osmo_cli.commands.config.arguments import complete_type
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.dialects import Dialect, dialects_with
from osmo_cli.config.registry.types import ConfigType, find_type
from osmo_cli.errors import UsageError

if TYPE_CHECKING:
    from osmo_cli.config.helm.charts import Chart


@dataclass(frozen=True)
class SchemaOptions:
    """Which schemas to print or write.

    Attributes:
        config_type: the type, or None for all.
        item: of a file with one item, not the whole type.
        output_dir: where to write them, or None to print them.
    """

    config_type: ConfigType | None
    dialect: Dialect
    item: bool
    output_dir: Path | None


def schema(
    ctx: typer.Context,
    type_name: Annotated[
        str | None,
        typer.Argument(
            metavar="[TYPE]",
            help="Config type (`osmo help config-types`). Default: all types.",
            autocompletion=complete_type,
        ),
    ] = None,
    dialect: DialectOption = None,
    item: Annotated[
        bool,
        typer.Option("--item", help="Schema of a file that holds one item, not the whole type."),
    ] = False,
    helm: Annotated[
        bool, typer.Option("--helm", help="Schema of the values files of a Helm chart.")
    ] = False,
    chart: ChartOption = None,
    output_dir: Annotated[
        Path | None,
        typer.Option(
            "--output-dir",
            metavar="DIR",
            help="Directory to write one schema file per kind of file to.",
        ),
    ] = None,
) -> None:
    """Print the JSON Schema of a config type's files, or of all types.

    Examples:
        osmo config schema POOL
        osmo config schema BACKEND --item --dialect 6.4
        osmo config schema --output-dir schemas
        osmo config schema --helm --chart osmo
    """
    if item and type_name is None:
        raise UsageError("--item requires a type", hint="osmo config schema TYPE --item")
    if helm and type_name is not None:
        raise UsageError("--helm takes no type", hint="osmo config schema --helm --chart CHART")
    if helm or chart is not None:
        run_helm(ctx.obj, chosen_chart(chart), dialect, output_dir)
        return
    config_type = find_type(type_name) if type_name is not None else None
    run(ctx.obj, SchemaOptions(config_type, chosen_dialect(dialect), item, output_dir))


def run(session: Session, options: SchemaOptions) -> None:
    """Print or write the schemas."""
    from osmo_cli.config.checking.json_schema import forms

    if options.config_type is None:
        schemas: Mapping[str, object] = forms(options.dialect)
    else:
        schemas = _schema_of(options.config_type, options.dialect, item=options.item)
    if options.output_dir is not None:
        _write(session, options.dialect, schemas, options.output_dir)
    elif options.config_type is not None:
        session.printer.data(next(iter(schemas.values())))
    else:
        session.printer.data(schemas)


def run_helm(
    session: Session, chart: Chart | None, dialect_name: str | None, output_dir: Path | None
) -> None:
    """Print or write the schema of a chart's values; by default of the version's chart."""
    from osmo_cli.config.checking.values_schema import values_schema
    from osmo_cli.config.helm.charts import chart_of
    from osmo_cli.config.helm.detection import dialect_for

    dialect = chosen_dialect(dialect_name)
    chart = chart or chart_of(dialect)
    if chart is None:
        raise UsageError(f"services of {dialect.name} have no chart", hint="add --chart CHART")
    if dialect_name is None:
        dialect = dialect_for(chart)
    result = values_schema(chart, dialect)
    if output_dir is None:
        session.printer.data(result)
    else:
        _write(session, dialect, {f"values-{chart.name}": result}, output_dir)


def _schema_of(config_type: ConfigType, dialect: Dialect, *, item: bool) -> dict[str, object]:
    """Return the schema of one kind of file, under the name of its file.

    Raises:
        UsageError: the version does not have the type, or the type has no items.
    """
    from osmo_cli.config.checking.json_schema import has_form, json_schema

    if config_type.name not in dialect.config_types:
        versions = ", ".join(dialects_with(config_type.name))
        raise UsageError(
            f"{config_type.name} does not exist in {dialect.name}",
            hint=f"it exists in {versions}",
        )
    if item and not has_form(config_type, item=True):
        raise UsageError(f"{config_type.name} has no items", hint="omit --item")
    # A type that is updated item by item only has files of items.
    item = item or not has_form(config_type, item=False)
    suffix = ".item" if item else ""
    return {config_type.path + suffix: json_schema(config_type, dialect, item=item)}


def _write(
    session: Session, dialect: Dialect, schemas: Mapping[str, object], directory: Path
) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in schemas.items():
            text = json.dumps(content, indent=2) + "\n"
            (directory / f"{name}.schema.json").write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write to {directory}: {error.strerror}") from None
    noun = "schema" if len(schemas) == 1 else "schemas"
    session.printer.note(f"wrote {len(schemas)} {noun} of {dialect.name} to {directory}")
