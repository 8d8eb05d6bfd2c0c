"""`osmo config validate`: check files and directories, with or without a service."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import (
    ChartOption,
    DialectOption,
    InputFormatOption,
    ReferencesOption,
    chosen_chart,
    chosen_dialect,
)
from osmo_cli.commands.config.arguments import complete_type
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import find_type
from osmo_cli.errors import ExitCode, UsageError
from osmo_cli.output.printer import Format
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.config.helm.charts import Chart
    from osmo_cli.config.problems import Problem
    from osmo_cli.config.reading.formats import InputFormat
    from osmo_cli.config.reading.inputs import Inputs
    from osmo_cli.config.reading.layout import ConfigRef
    from osmo_cli.config.reading.references import References
    from osmo_cli.output.printer import Printer


class ProblemFormat(StrEnum):
    """Formats of a list of problems."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


@dataclass(frozen=True)
class ValidateOptions:
    """What to check, and how.

    Attributes:
        described: what the files hold, where the command line says so.
        dialect: the version to check for, or None for the default.
        input_format: the format of the files, or None for that of their names.
        online: whether to check against the service too.
        references: whether references are looked up outside secret fields too.
        chart: the chart that the files are values of, where the command line says so.
    """

    paths: list[str]
    described: ConfigRef | None
    dialect: Dialect | None
    input_format: InputFormat | None
    online: bool
    references: bool
    output_format: ProblemFormat
    chart: Chart | None = None


def validate(
    ctx: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files or directories; - reads standard input."),
    ],
    type_name: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="Config type of the files. Default: by their path in the directory.",
            autocompletion=complete_type,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Item that the file holds.")
    ] = None,
    dialect: DialectOption = None,
    format: InputFormatOption = None,
    online: Annotated[
        bool, typer.Option("--online", help="Also check against the service of the login.")
    ] = False,
    references: ReferencesOption = False,
    chart: ChartOption = None,
    format_type: Annotated[
        ProblemFormat,
        typer.Option("--format-type", "-t", help="Output format.", case_sensitive=False),
    ] = ProblemFormat.TEXT,
) -> int:
    """Check configuration files and directories; nothing is sent.

    Files with the values of an OSMO chart are merged over its defaults, as Helm does.

    The exit code is 2 if there are errors, and 0 if there are only warnings.

    Examples:
        osmo config validate configs/
        osmo config validate backend.json --type BACKEND --name gpu-a
        osmo config validate configs/ --online --format-type github
        osmo config validate values.yaml values-prod.yaml --chart osmo
    """
    options = ValidateOptions(
        paths,
        _described(type_name, name, paths, online=online),
        chosen_dialect(dialect) if dialect else None,
        format,
        online,
        references,
        format_type,
        chosen_chart(chart),
    )
    return run(ctx.obj, options)


def run(session: Session, options: ValidateOptions) -> int:
    """Check the files, and print their problems."""
    from osmo_cli.output.problems import summary_line

    printer = session.printer
    chart = options.chart or _chart_of_files(options)
    if chart is not None:
        count, problems = _check_values(session, options, chart)
    else:
        count, problems = (_check_online if options.online else _check)(session, options)
    _print(printer, options.output_format, problems)
    printer.note(summary_line(count, problems))
    if not any(problem.severity == "error" for problem in problems):
        return ExitCode.OK
    described = options.described
    if described is not None and described.name is None:
        config_type = described.config_type
        if config_type.named and config_type.whole:
            printer.note(f"checked as the whole {config_type.name}; add --name for an item")
    return ExitCode.INVALID


def _chart_of_files(options: ValidateOptions) -> Chart | None:
    """Return the chart of the files, if all are values of one, and their paths say nothing."""
    from osmo_cli.config.helm.detection import values_chart
    from osmo_cli.config.reading.inputs import is_described

    if options.described is not None or any(map(is_described, options.paths)):
        return None
    charts = [values_chart(path, options.dialect) for path in options.paths]
    return charts[0] if charts and None not in charts else None


def _check_values(
    session: Session, options: ValidateOptions, chart: Chart
) -> tuple[int, list[Problem]]:
    """Return the number of values files, and their problems."""
    from osmo_cli.config.checking.helm_values import check_values
    from osmo_cli.config.helm.detection import dialect_for
    from osmo_cli.config.helm.inputs import read_values_files
    from osmo_cli.config.problems import InvalidInputError

    if options.online:
        raise UsageError("--online does not apply to values files", hint="omit --online")
    dialect = options.dialect or dialect_for(chart)
    session.printer.note(f"checked as values of {chart.summary}, against {dialect.name}")
    try:
        values = read_values_files(options.paths, chart, dialect)
    except InvalidInputError as error:
        return len(options.paths), list(error.problems)
    return len(options.paths), check_values(values)


def _check(session: Session, options: ValidateOptions) -> tuple[int, list[Problem]]:
    """Return the number of files, and their problems."""
    from osmo_cli.config.checking.file_checks import check_files

    dialect = options.dialect or chosen_dialect(None)
    inputs = _read(session, options, dialect)
    reason = "" if options.dialect else " (the newest; --dialect selects another)"
    session.printer.note(f"checked against {dialect.name}{reason}")
    return inputs.count, check_files(inputs)


def _check_online(session: Session, options: ValidateOptions) -> tuple[int, list[Problem]]:
    """Return the same, checked against the service too."""
    from osmo_cli.plan.service_checks import check_online

    with session.connect() as service:
        dialect = options.dialect or service.dialect
        reason = "" if options.dialect else " (reported by the service)"
        session.printer.note(f"checked against {dialect.name}{reason}")
        inputs = _read(session, options, dialect, service)
        return inputs.count, check_online(service, inputs)


def _read(
    session: Session, options: ValidateOptions, dialect: Dialect, service: Service | None = None
) -> Inputs:
    """Read the files; a reference whose value is missing stays, with a warning."""
    from osmo_cli.config.reading.inputs import read_inputs

    def references(file: str) -> References:
        return session.references(
            file, everywhere=options.references, service=service, lenient=True
        )

    return read_inputs(
        options.paths, dialect, options.described, options.input_format, references=references
    )


def _described(
    type_name: str | None, name: str | None, paths: list[str], *, online: bool
) -> ConfigRef | None:
    """Return what the command line says that the files hold.

    Raises:
        UsageError: the options do not fit together, or not the type.
    """
    from osmo_cli.config.reading.layout import ConfigRef

    if type_name is None:
        if name is not None:
            raise UsageError("--name requires --type", hint="--type TYPE --name NAME")
        return None
    config_type = find_type(type_name)
    if name is not None and len(paths) > 1:
        raise UsageError("--name applies to a single file", hint="name one file, or omit --name")
    if name is not None and config_type.named is None:
        raise UsageError(f"{config_type.name} has no items", hint="omit --name")
    if name is None and config_type.whole is None and online:
        raise UsageError(
            f"{config_type.name} is updated one item at a time", hint="add --name NAME"
        )
    return ConfigRef(config_type, name)


def _print(printer: Printer, format_type: ProblemFormat, problems: list[Problem]) -> None:
    from osmo_cli.output.problems import github_line, problem_line

    if format_type is ProblemFormat.JSON:
        printer.format = Format.JSON
        printer.data([problem.data() for problem in problems])
        return
    as_line = github_line if format_type is ProblemFormat.GITHUB else problem_line
    for problem in problems:
        printer.text(as_line(problem))
