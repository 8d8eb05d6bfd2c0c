"""Arguments that the commands of `osmo config` share."""

from __future__ import annotations

from typing import Annotated

import typer

TYPES_HELP = "see `osmo help config-types`"

ConfigTypeArgument = Annotated[
    str,
    typer.Argument(
        metavar="TYPE",
        show_default=False,
        help=f"Config type, such as BACKEND or POOL; {TYPES_HELP}.",
    ),
]
