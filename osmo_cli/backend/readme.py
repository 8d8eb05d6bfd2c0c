"""README.md of a registration: its files, and the commands of its version."""

from __future__ import annotations

from collections.abc import Iterable

from osmo_cli.backend import commands
from osmo_cli.backend.registration import REGISTRY, Registration

MANIFESTS = "manifests.yaml"
VALUES = "values.yaml"
CONTROL_VALUES = "control-values.yaml"


def readme(registration: Registration) -> str:
    """The text of README.md."""
    backend = registration.backend
    parts = [
        f"# Backend {backend}",
        "Written by `osmo backend register`. Run it again to continue or to update these files. "
        "Run the commands below in this directory.",
        _files(registration),
    ]
    if registration.bootstrap:
        parts += _control(registration)
    parts += [
        "## Deploy the operator",
        _block(_deployment(registration)),
        *_notes(registration),
        "## Check",
        _block([commands.command_line(commands.show_pods(registration))]),
        f"The backend is listed once its operator is connected: `osmo backend wait {backend}`.",
        "## Remove",
        _block(commands.removal_lines(registration)),
        "Then delete what is left on the service: run the command that wrote this file with "
        f"`--undo`, or `osmo backend deregister {backend}`. The namespaces are not deleted.",
    ]
    return "\n\n".join(parts) + "\n"


def _files(registration: Registration) -> str:
    rows = [
        "| file | content |\n|---|---|",
        f"| `{MANIFESTS}` | namespaces and Secrets; **holds secrets**, readable only by you |",
        f"| `{VALUES}` | values of the chart `{registration.chart}` |",
    ]
    if registration.bootstrap:
        rows.append(f"| `{CONTROL_VALUES}` | values to add to those of the service's chart |")
    rows.append("| `record.json` | what was created, for `--undo` |")
    return "\n".join(rows)


def _control(registration: Registration) -> Iterable[str]:
    yield "## Let the service accept the token"
    yield "With the context of the cluster in which the service runs:"
    yield _block([commands.command_line(commands.apply_control_manifests(MANIFESTS))])
    yield (
        f"Add the values of `{CONTROL_VALUES}` to the values of the service's chart and deploy it. "
        "Helm replaces a list as a whole: keep the credentials that are in it already."
    )


def _deployment(registration: Registration) -> list[str]:
    return [
        commands.command_line(commands.apply_manifests(registration, MANIFESTS)),
        *commands.repository_lines(registration),
        commands.command_line(commands.install(registration, VALUES)),
    ]


def _notes(registration: Registration) -> Iterable[str]:
    if not registration.pulls_images:
        yield (
            f"There is no Secret for pulling images from {REGISTRY}: set `{commands.KEY_VARIABLE}` "
            "and run `osmo backend register` again if your cluster needs one."
        )
    if not registration.facts.rereads_token:
        yield (
            "A running operator does not notice a changed token. After a change, restart its "
            "deployments: " + f"`{commands.command_line(commands.restart(registration))}`."
        )


def _block(lines: Iterable[str]) -> str:
    return "\n".join(["```sh", *lines, "```"])
