"""`osmo config drift`: what a service has that the files do not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import ChartOption
from osmo_cli.commands.config.plan import (
    DirectoryArgument,
    HelmOption,
    NamesOption,
    PartialOption,
    PlanFormat,
    PlanFormatOption,
    PlanOptions,
    TypesOption,
    plan_options,
    prepared_plan,
)
from osmo_cli.commands.session import Session
from osmo_cli.errors import ExitCode
from osmo_cli.output.printer import Format

if TYPE_CHECKING:
    from osmo_cli.config.changes.drift import Drift
    from osmo_cli.output.printer import Printer


def drift(
    ctx: typer.Context,
    directory: DirectoryArgument = None,
    helm: HelmOption = None,
    chart: ChartOption = None,
    types: TypesOption = None,
    names: NamesOption = None,
    partial: PartialOption = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 5 if the service differs.")
    ] = False,
    format_type: PlanFormatOption = PlanFormat.TEXT,
) -> int:
    """Show what changed on a service since its files were applied.

    Nothing is written. The comparison is that of `osmo config plan --prune`,
    seen from the service, with the revision that brought each difference:
    who made it and when. A service that is configured by Helm values does
    not record revisions of them.

    Examples:
        osmo config drift configs/
        osmo config drift configs/ --type POOL ROLE --exit-code -t markdown
        osmo config drift --helm values.yaml values-prod.yaml
    """
    options = plan_options(
        directory,
        helm,
        chart,
        types,
        names,
        prune=True,
        partial=partial,
        exit_code=exit_code,
        format=format_type,
    )
    return run(ctx.obj, options)


def run(session: Session, options: PlanOptions) -> int:
    """Compare and print what differs."""
    from osmo_cli.plan.drift import find_drift

    credential = session.credential()
    memory = session.secret_memory(credential)
    scope = replace(options.scope(), compares_only=True)
    with session.connect(credential) as service:
        deviations = find_drift(service, prepared_plan(session, service, memory, options, scope))
    print_drift(session.printer, deviations, options.format)
    return ExitCode.CHANGES_PENDING if options.exit_code and deviations.objects else ExitCode.OK


def print_drift(printer: Printer, drift: Drift, format: PlanFormat) -> None:
    """Print a drift; its warnings go to stderr, and are part of the data."""
    from osmo_cli.output.drifts import NO_HISTORY, drift_data, drift_lines, drift_markdown

    if format is PlanFormat.JSON:
        printer.format = Format.JSON
    for warning in drift.warnings:
        printer.warn(str(warning))
    if not drift.has_history:
        printer.note(f"no revisions are shown: {NO_HISTORY}")
    if format is PlanFormat.JSON:
        printer.data(drift_data(drift))
    elif format is PlanFormat.MARKDOWN:
        printer.block(drift_markdown(drift).removesuffix("\n"))
    else:
        for line in drift_lines(drift):
            printer.text(line)
