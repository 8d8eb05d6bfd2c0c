"""`osmo config set`, for standard roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from osmo_cli.commands.arguments import DescriptionOption, TagsOption
from osmo_cli.commands.config.configmap_refusal import helm_values_on_refusal
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.types import ROLE, find_type
from osmo_cli.errors import UsageError


@dataclass(frozen=True)
class SetOptions:
    """Which standard role to create.

    Attributes:
        name: the role.
        kind: `backend` or `pool`.
        subject: the backend or pool that the role is for.
    """

    name: str
    kind: str
    subject: str
    description: str | None
    tags: list[str] | None


def set_role(
    ctx: typer.Context,
    type_name: Annotated[
        str,
        typer.Argument(
            metavar="ROLE", show_default=False, help="Config type; only ROLE can be created so."
        ),
    ],
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            show_default=False,
            help="Name of the role; for a pool, osmo- and the pool's name.",
        ),
    ],
    kind: Annotated[
        str,
        typer.Argument(metavar="backend|pool", show_default=False, help="Who the role is for."),
    ],
    backend: Annotated[
        str | None,
        typer.Option("--field", metavar="BACKEND", help="Backend whose agents get the role."),
    ] = None,
    description: DescriptionOption = None,
    tags: TagsOption = None,
) -> None:
    """Create the standard role for a backend's agents or a pool's users.

    An existing role of that name is replaced; the names that an identity
    provider has for it (external_roles) are kept.

    Examples:
        osmo config set ROLE agent-gpu-a backend --field gpu-a
        osmo config set ROLE osmo-research pool
    """
    from osmo_cli.accounts.roles import role_subject

    config_type = find_type(type_name)
    if config_type is not ROLE:
        raise UsageError(
            f"`osmo config set` creates a ROLE, not a {config_type.name}",
            hint=f"osmo config update {config_type.name} NAME --file FILE",
        )
    subject = role_subject(name, kind.lower(), backend)
    run(ctx.obj, SetOptions(name, kind.lower(), subject, description, tags))


def run(session: Session, options: SetOptions) -> None:
    """Store the role where it differs from the standard one."""
    from osmo_cli.output.changes import change_lines
    from osmo_cli.plan.apply import apply_change
    from osmo_cli.plan.roles import plan_standard_role

    printer = session.printer
    name, kind, subject = options.name, options.kind, options.subject
    credential = session.credential()
    with session.connect(credential) as service:
        change = plan_standard_role(service, name, kind, subject)
        target = change.target
        if subject not in service.configs.read(find_type(kind)).items():
            printer.note(f"{kind} {subject} does not exist yet")
        if not change.patches:
            printer.note("already up to date; nothing was sent")
        else:
            for line in change_lines(change.differences) if target.live else ():
                printer.note(line)
            states = (target.live, change.wanted)
            with helm_values_on_refusal(service, printer, ROLE, name, states):
                applied = apply_change(
                    service,
                    change,
                    session.secret_memory(credential),
                    description=options.description,
                    tags=options.tags,
                )
            for warning in applied.warnings:
                printer.warn(warning)
    printer.text(f'Successfully set ROLE config "{name}"')
