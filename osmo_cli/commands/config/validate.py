"""`osmo config validate`: files and directories, without a service or laid over one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import DialectOption, InputFormatOption, chosen_dialect
from osmo_cli.commands.config.arguments import complete_type
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import find_type
from osmo_cli.errors import ExitCode, UsageError
from osmo_cli.output.printer import Format

if TYPE_CHECKING:
    from osmo_cli.config.problems import Problem
    from osmo_cli.config.reading.layout import ConfigRef
    from osmo_cli.output.printer import Printer


class ProblemFormat(StrEnum):
    """Forms of a list of problems."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


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
    format_type: Annotated[
        ProblemFormat,
        typer.Option("--format-type", "-t", help="Output format.", case_sensitive=False),
    ] = ProblemFormat.TEXT,
) -> int:
    """Check configuration files and directories; nothing is sent.

    The exit code is 2 if there are errors, and 0 if there are only warnings.

    Examples:
        osmo config validate configs/
        osmo config validate backend.json --type BACKEND --name gpu-a
        osmo config validate configs/ --online --format-type github
    """
    from osmo_cli.config.reading.inputs import read_inputs
    from osmo_cli.output.problems import summary_line

    session: Session = ctx.obj
    printer = session.printer
    checked_against = chosen_dialect(dialect)
    named = _entry(type_name, name, paths, online=online)
    if online:
        from osmo_cli.plan.service_checks import check_online

        with session.connect() as service:
            checked_against = checked_against if dialect else service.dialect
            source = None if dialect else "reported by the service"
            printer.note(_dialect_note(checked_against, source))
            inputs = read_inputs(paths, checked_against, named, format, lookup=session.lookup)
            problems = check_online(service, inputs)
    else:
        from osmo_cli.config.checking.file_checks import check_files

        source = None if dialect else "the newest; --dialect selects another"
        inputs = read_inputs(paths, checked_against, named, format, lookup=session.lookup)
        printer.note(_dialect_note(checked_against, source))
        problems = check_files(inputs)
    _print(printer, format_type, problems)
    printer.note(summary_line(inputs.count, problems))
    if not any(problem.severity == "error" for problem in problems):
        return ExitCode.OK
    if named and named.name is None and named.config_type.named and named.config_type.whole:
        printer.note(f"checked as the whole {named.config_type.name}; add --name for an item")
    return ExitCode.INVALID


def _dialect_note(dialect: Dialect, source: str | None) -> str:
    return f"checked against {dialect.name}" + (f" ({source})" if source else "")


def _entry(
    type_name: str | None, name: str | None, paths: list[str], *, online: bool
) -> ConfigRef | None:
    """Return what the files describe according to --type and --name, or None."""
    from osmo_cli.config.reading.layout import ConfigRef

    if type_name is None:
        if name is not None:
            raise UsageError("--name needs --type", hint="--type TYPE --name NAME")
        return None
    config_type = find_type(type_name)
    if name is not None and len(paths) > 1:
        raise UsageError("--name is for one file", hint="name one file, or leave out --name")
    if name is not None and config_type.named is None:
        raise UsageError(f"{config_type.name} has no items", hint="leave out --name")
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
    to_line = github_line if format_type is ProblemFormat.GITHUB else problem_line
    for problem in problems:
        printer.text(to_line(problem))
