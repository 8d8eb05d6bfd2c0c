"""`osmo config set`, for generated roles, and `osmo config rename`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import DescriptionOption, TagsOption, TypeArgument
from osmo_cli.commands.config.configmap_refusal import helm_values_on_refusal
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.types import NAME_RULE, ConfigType, find_type
from osmo_cli.errors import ExitCode, OsmoError, UsageError

if TYPE_CHECKING:
    from osmo_cli.api.service import Service


def set_role(
    ctx: typer.Context,
    type_name: Annotated[str, typer.Argument(metavar="ROLE", show_default=False)],
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)],
    kind: Annotated[str, typer.Argument(metavar="backend|pool", show_default=False)],
    field: Annotated[
        str | None, typer.Option("--field", metavar="BACKEND", help="The backend of the role.")
    ] = None,
    description: DescriptionOption = None,
    tags: TagsOption = None,
) -> None:
    """Store the usual role for a backend's agents, or for users of the pool in its name."""
    from osmo_cli.accounts.roles import generated_role, role_subject
    from osmo_cli.output.changes import change_lines
    from osmo_cli.plan.apply import apply_change
    from osmo_cli.plan.change import plan_wanted
    from osmo_cli.plan.live_object import read_live

    session: Session = ctx.obj
    printer = session.printer
    found = find_type(type_name)
    if found.name != "ROLE":
        raise UsageError(
            f"{found.name} cannot be generated, only ROLE",
            hint=f"osmo config update {found.name} NAME --file FILE",
        )
    subject = role_subject(name, kind.lower(), field)
    credential = session.credential()
    with session.connect(credential) as service:
        target = read_live(service, found, name, create=True)
        live = target.live
        role = generated_role(target.shape.dialect, name, kind.lower(), subject)
        change = plan_wanted(target, role)
        if subject not in service.configs.read(find_type(kind)).items():
            printer.note(f"{kind.lower()} {subject} does not exist yet")
        if change.patches:
            if live:
                for line in change_lines(change.differences):
                    printer.note(line)
            memory = session.secret_memory(credential)
            with helm_values_on_refusal(service, printer, found, name, (live, change.wanted)):
                applied = apply_change(service, change, memory, description=description, tags=tags)
            for warning in applied.warnings:
                printer.warn(warning)
        else:
            printer.note("the role is so already; nothing was sent")
    printer.text(f'Successfully set {found.name} config "{name}"')


def rename(
    ctx: typer.Context,
    type_name: TypeArgument,
    old: Annotated[str, typer.Argument(metavar="OLD", show_default=False)],
    new: Annotated[str, typer.Argument(metavar="NEW", show_default=False)],
    description: DescriptionOption = None,
    tags: TagsOption = None,
) -> None:
    """Give a pool another name."""
    session: Session = ctx.obj
    printer = session.printer
    found = find_type(type_name)
    if found.name != "POOL":
        raise UsageError(f"items of {found.name} cannot be renamed, only those of POOL")
    # The service checks the name of a new pool, and not that of a renamed one.
    if not found.is_name(new):
        raise UsageError(f'"{new}" cannot be the name of a pool', hint=NAME_RULE)
    with session.connect() as service:
        # For an unknown name the service adds to the history, and then fails (api.md 3.9).
        before = service.configs.read(found)
        pool = before.item(old)
        if old == new:
            printer.note("the pool has that name already; nothing was sent")
        elif new in before.items():
            raise UsageError(f'{found.name} has an item "{new}" already', hint="choose another")
        else:
            states = ({old: pool}, {new: pool})
            with helm_values_on_refusal(service, printer, found, None, states):
                _rename(service, found, old, new, description, tags, session)
    printer.text(f'Successfully renamed {found.name} config "{old}" to "{new}"')


class _NotRenamedError(OsmoError):
    exit_code = ExitCode.SERVICE_FAILURE


def _rename(
    service: Service,
    found: ConfigType,
    old: str,
    new: str,
    description: str | None,
    tags: list[str] | None,
    session: Session,
) -> None:
    failure = None
    try:
        service.configs.rename(found, old, new, description=description, tags=tags)
    except OsmoError as error:
        if not error.outcome_unknown:
            raise
        failure = error
    now = service.configs.read(found).items().keys()
    renamed = new in now and old not in now
    if failure is not None and not renamed:
        failure.hint = f"the pool is not renamed (it was looked up): there are {', '.join(now)}"
        raise failure
    if failure is not None:
        session.printer.warn(
            f"the service answered with an error, yet the pool is renamed: {failure.message}"
        )
    elif not renamed:
        raise _NotRenamedError(
            f"the service accepted the new name, yet it has the pools: {', '.join(now)}"
        )
