"""Arguments that the commands of `osmo config` share."""

from __future__ import annotations

from typing import Annotated

import typer

TYPES_HELP = "see `osmo help config-types`"


def complete_type(incomplete: str) -> list[str]:
    """Return the config types that start with what was typed."""
    from osmo_cli.config.registry.types import CONFIG_TYPES

    return [name for name in CONFIG_TYPES if name.startswith(incomplete.upper())]


ConfigTypeArgument = Annotated[
    str,
    typer.Argument(
        metavar="TYPE",
        show_default=False,
        help=f"Config type, such as BACKEND or POOL; {TYPES_HELP}.",
        autocompletion=complete_type,
    ),
]
