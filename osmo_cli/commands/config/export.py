"""`osmo config export`: write the configuration to files."""

from __future__ import annotations

from typing import Annotated

import typer

from osmo_cli.commands.arguments import ChartOption, chosen_chart


def export(
    ctx: typer.Context,
    helm: Annotated[
        str,
        typer.Option(
            "--helm",
            metavar="FILE",
            help="Values file to write, or to change if it exists; - is standard output.",
        ),
    ],
    chart: ChartOption = None,
    directory: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="Directory to take the configuration from. Default: the service.",
        ),
    ] = None,
    all_fields: Annotated[
        bool,
        typer.Option("--all-fields", help="Also write fields that have the service's default."),
    ] = False,
) -> int:
    """Write the configuration as values of an OSMO Helm chart.

    Only what differs from the chart's defaults is written. Secrets become references to
    Kubernetes Secrets, and a template of these is written beside the values. What the values
    cannot hold is listed on stderr.

    Examples:
        osmo config export --helm values.yaml
        osmo config export --helm values.yaml --chart osmo
        osmo config export --helm - --from configs/
    """
    from osmo_cli.commands.config.export_helm import HelmExportOptions, export_helm

    options = HelmExportOptions(helm, chosen_chart(chart), directory, all_fields)
    return export_helm(ctx.obj, options)
