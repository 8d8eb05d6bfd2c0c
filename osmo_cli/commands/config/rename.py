"""`osmo config rename`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from osmo_cli.commands.arguments import DescriptionOption, TagsOption
from osmo_cli.commands.config.configmap_refusal import helm_values_on_refusal
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.types import NAME_RULE, POOL, find_type
from osmo_cli.errors import UsageError


@dataclass(frozen=True)
class RenameOptions:
    """Which pool gets which name."""

    old: str
    new: str
    description: str | None
    tags: list[str] | None


def rename(
    ctx: typer.Context,
    type_name: Annotated[
        str,
        typer.Argument(
            metavar="POOL", show_default=False, help="Config type; only POOL can be renamed."
        ),
    ],
    old: Annotated[
        str, typer.Argument(metavar="OLD", show_default=False, help="Name of the pool.")
    ],
    new: Annotated[
        str, typer.Argument(metavar="NEW", show_default=False, help="New name of the pool.")
    ],
    description: DescriptionOption = None,
    tags: TagsOption = None,
) -> None:
    """Rename a pool.

    Examples:
        osmo config rename POOL research research-h100
    """
    config_type = find_type(type_name)
    if config_type is not POOL:
        raise UsageError(
            f"items of {config_type.name} cannot be renamed", hint="only a POOL can be renamed"
        )
    # The service checks the name of a new pool, but not that of a renamed one.
    if not config_type.is_name(new):
        raise UsageError(f'"{new}" is not a valid pool name', hint=NAME_RULE)
    run(ctx.obj, RenameOptions(old, new, description, tags))


def run(session: Session, options: RenameOptions) -> None:
    """Rename the pool, and look whether it has the new name."""
    from osmo_cli.plan.rename import rename_item

    printer = session.printer
    old, new = options.old, options.new
    with session.connect() as service:
        # For an unknown name the service adds a revision and then fails
        # (docs/service/pool.md#renaming).
        base = service.configs.read(POOL, with_revision=True)
        pool = base.item(old)
        if old == new:
            printer.note("already up to date; nothing was sent")
        elif new in base.items():
            raise UsageError(f"POOL {new} already exists", hint="choose another name")
        else:
            states = ({old: pool}, {new: pool})
            with helm_values_on_refusal(service, printer, POOL, None, states):
                stored = rename_item(
                    service, base, old, new, description=options.description, tags=options.tags
                )
            for warning in stored.warnings:
                printer.warn(warning)
    printer.text(f'Successfully renamed POOL config "{old}" to "{new}"')
