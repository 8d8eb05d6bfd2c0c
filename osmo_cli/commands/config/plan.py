"""`osmo config plan`: what would change, without changing anything."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import ChartOption, chosen_chart
from osmo_cli.commands.config.arguments import complete_type
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.types import find_type
from osmo_cli.errors import ExitCode, UsageError
from osmo_cli.output.printer import Format

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.config.changes.plan import Plan
    from osmo_cli.config.helm.charts import Chart
    from osmo_cli.output.printer import Printer
    from osmo_cli.plan.planning import Prepared, Scope
    from osmo_cli.plan.secrets import SecretMemory


class PlanFormat(StrEnum):
    """Formats of a plan."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


DirectoryArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[DIR]",
        show_default=False,
        help="Directory of configuration files, as `osmo config export` writes it.",
    ),
]
HelmOption = Annotated[
    list[str] | None,
    typer.Option(
        "--helm",
        metavar="FILE",
        help="Values files of an OSMO chart instead of a directory; accepts several, merged in "
        "this order.",
    ),
]
TypesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--type",
        metavar="TYPE",
        help="Only this config type; accepts several. Default: all in the directory.",
        autocompletion=complete_type,
    ),
]
NamesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--name",
        metavar="GLOB",
        help='Only items whose name matches this pattern, such as "team-*"; accepts several.',
    ),
]
PruneOption = Annotated[
    bool,
    typer.Option(
        "--prune",
        help="Delete the items that the directory does not have, of the types that it has.",
    ),
]
PartialOption = Annotated[
    bool,
    typer.Option(
        "--partial",
        help="Take each file as a part of its object: what it leaves out keeps its value.",
    ),
]
PlanFormatOption = Annotated[
    PlanFormat,
    typer.Option("--format-type", "-t", help="Output format.", case_sensitive=False),
]


@dataclass(frozen=True)
class PlanOptions:
    """What to compare, and how to show it."""

    directory: str | None
    types: tuple[str, ...]
    names: tuple[str, ...]
    prune: bool
    partial: bool
    exit_code: bool
    format: PlanFormat
    helm: tuple[str, ...] = ()
    chart: Chart | None = None
    out: str | None = None

    def scope(self) -> Scope:
        """Return what the plan covers."""
        from osmo_cli.config.changes.merge import Mode
        from osmo_cli.plan.planning import Scope

        mode = Mode.MERGE if self.partial else Mode.REPLACE
        return Scope(self.types, self.names, self.prune, mode)


def plan(
    ctx: typer.Context,
    directory: DirectoryArgument = None,
    helm: HelmOption = None,
    chart: ChartOption = None,
    types: TypesOption = None,
    names: NamesOption = None,
    prune: PruneOption = False,
    partial: PartialOption = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 5 if there is something to do.")
    ] = False,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write the plan to this file too, for `osmo config apply FILE`.",
        ),
    ] = None,
    format_type: PlanFormatOption = PlanFormat.TEXT,
) -> int:
    """Show what would bring a service to the state of a directory.

    Nothing is written. Each file is the whole object, as `osmo config
    export` writes it: a field that it leaves out has its default, but for
    secrets and read-only fields. Items without a file stay unless --prune
    is given. The file of --out holds no secrets.

    Examples:
        osmo config plan configs/
        osmo config plan configs/ --out plan.json
        osmo config plan configs/ --type POOL --name "team-*" --exit-code
        osmo config plan configs/ --prune -t markdown
        osmo config plan --helm values.yaml values-prod.yaml
    """
    options = plan_options(
        directory,
        helm,
        chart,
        types,
        names,
        prune=prune,
        partial=partial,
        exit_code=exit_code,
        format=format_type,
    )
    if out is not None and options.directory is None:
        raise UsageError(
            "--out needs a directory", hint="Helm values are deployed by `helm upgrade`"
        )
    return run(ctx.obj, replace(options, out=out))


def plan_options(
    directory: str | None,
    helm: list[str] | None,
    chart: str | None,
    types: list[str] | None,
    names: list[str] | None,
    *,
    prune: bool,
    partial: bool,
    exit_code: bool,
    format: PlanFormat,
) -> PlanOptions:
    """Return the options of a comparison.

    Raises:
        UsageError: not exactly one of a directory and values files is named, or a name is unknown.
    """
    if (directory is None) == (not helm):
        raise UsageError("name a directory or values files", hint="DIR, or --helm FILE")
    return PlanOptions(
        directory,
        tuple(find_type(name).name for name in types or ()),
        tuple(names or ()),
        prune,
        partial,
        exit_code,
        format,
        tuple(helm or ()),
        chosen_chart(chart),
    )


def run(session: Session, options: PlanOptions) -> int:
    """Make the plan and print it."""
    credential = session.credential()
    memory = session.secret_memory(credential)
    with session.connect(credential) as service:
        prepared = prepared_plan(session, service, memory, options, options.scope())
    if options.out is not None:
        from osmo_cli.plan.plan_file import save_plan

        save_plan(options.out, prepared, options.scope())
    print_plan(session.printer, prepared.plan, options.format)
    if options.out is not None:
        session.printer.note(
            f"wrote {options.out}; apply it: osmo config apply {shlex.quote(options.out)}"
        )
    pending = bool(prepared.plan.changes)
    return ExitCode.CHANGES_PENDING if options.exit_code and pending else ExitCode.OK


def prepared_plan(
    session: Session,
    service: Service,
    memory: SecretMemory,
    options: PlanOptions,
    scope: Scope,
) -> Prepared:
    """Compare the directory or values files with the service, for output only.

    Raises:
        OsmoError: the input has errors, or the service cannot be read.
    """
    from osmo_cli.plan.planning import plan_directory, plan_values

    if options.directory is None:
        return plan_values(service, options.helm, options.chart, memory, scope)
    return plan_directory(
        service,
        options.directory,
        lambda file: session.references(file, service=service, lenient=True),
        memory,
        scope,
    )


def print_plan(printer: Printer, plan: Plan, format: PlanFormat) -> None:
    """Print a plan; its warnings go to stderr, and are part of the data."""
    from osmo_cli.output.plan_markdown import plan_markdown
    from osmo_cli.output.plans import plan_data, plan_lines

    if format is PlanFormat.JSON:
        printer.format = Format.JSON
    for warning in plan.warnings:
        printer.warn(str(warning))
    if format is PlanFormat.JSON:
        printer.data(plan_data(plan))
    elif format is PlanFormat.MARKDOWN:
        printer.block(plan_markdown(plan).removesuffix("\n"))
    else:
        for line in plan_lines(plan):
            printer.text(line)
