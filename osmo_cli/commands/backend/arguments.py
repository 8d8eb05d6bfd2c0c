"""Arguments and options that the backend commands share."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from osmo_cli.accounts.tokens import parse_duration
from osmo_cli.errors import UsageError

BackendArgument = Annotated[
    str, typer.Argument(metavar="NAME", show_default=False, help="Name of the backend.")
]
ApplyOption = Annotated[
    bool,
    typer.Option("--apply", help="Run kubectl and helm from PATH; otherwise they are printed."),
]
KubeContextOption = Annotated[
    str,
    typer.Option(
        "--kube-context",
        metavar="CONTEXT",
        show_default=False,
        help="Context of kubectl and helm. Default: the current one.",
    ),
]
NamespaceOption = Annotated[
    str, typer.Option("--namespace", metavar="NAMESPACE", help="Namespace of the operator.")
]
TestNamespaceOption = Annotated[
    str,
    typer.Option("--test-namespace", metavar="NAMESPACE", help="Namespace of the backend's tests."),
]
ControlNamespaceOption = Annotated[
    str,
    typer.Option(
        "--control-namespace",
        metavar="NAMESPACE",
        help="Namespace of the service in its own cluster, for bootstrap Secrets (6.4).",
    ),
]
TokenNameOption = Annotated[
    str | None,
    typer.Option(
        "--token-name", metavar="TOKEN", help="Name of the operator's token. Default: NAME-token."
    ),
]


def seconds_of(text: str, option: str) -> float:
    """Return the seconds of a duration such as `10m`; a number alone is in seconds.

    Raises:
        UsageError: it is not a duration.
    """
    length = parse_duration(f"{text}s" if text.isascii() and text.isdigit() else text)
    if length is None or length == timedelta.max:
        raise UsageError(f'{option}: "{text}" is not a duration', hint="for example 90s, 10m or 2h")
    return length.total_seconds()
