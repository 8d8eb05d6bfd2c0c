"""`osmo backend deregister`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.backend.arguments import (
    ApplyOption,
    BackendArgument,
    ControlNamespaceOption,
    KubeContextOption,
    NamespaceOption,
    TestNamespaceOption,
    TokenNameOption,
)
from osmo_cli.commands.session import Session, prompts
from osmo_cli.errors import ConflictError

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.backend.registration import Namespaces, Operator
    from osmo_cli.plan.deregister import Leftovers


@dataclass(frozen=True)
class DeregisterOptions:
    """What to deregister, and how."""

    backend: str
    token_name: str
    namespaces: Namespaces
    kube_context: str
    apply: bool
    yes: bool
    force: bool


def deregister(
    ctx: typer.Context,
    name: BackendArgument,
    token_name: TokenNameOption = None,
    namespace: NamespaceOption = "osmo",
    test_namespace: TestNamespaceOption = "osmo-test",
    control_namespace: ControlNamespaceOption = "osmo",
    apply: ApplyOption = False,
    kube_context: KubeContextOption = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Delete the backend even if workflows run on it.")
    ] = False,
) -> None:
    """Delete a backend from the service, with its operator's token and role.

    Prints the commands that remove the operator from its cluster; --apply
    runs them first. Deleted are the backend, the token NAME-token with its
    account, and the role backend-NAME. Running workflows prevent that.

    Examples:
        osmo backend deregister gpu-a
        osmo backend deregister gpu-a --yes --apply --kube-context gpu-a
    """
    from osmo_cli.accounts.tokens import check_token_name
    from osmo_cli.backend.names import token_name as default_token_name
    from osmo_cli.backend.registration import Namespaces

    options = DeregisterOptions(
        backend=name,
        token_name=check_token_name(token_name or default_token_name(name)),
        namespaces=Namespaces(namespace, "", test_namespace, control_namespace),
        kube_context=kube_context,
        apply=apply,
        yes=yes,
        force=force,
    )
    run(ctx.obj, options)


def run(session: Session, options: DeregisterOptions) -> None:
    """Delete what the backend has, after a question."""
    from osmo_cli.backend.commands import removal_lines
    from osmo_cli.commands.backend.shown import indented
    from osmo_cli.commands.config.configmap_refusal import helm_values_on_refusal
    from osmo_cli.config.registry.types import BACKEND
    from osmo_cli.config.values import ABSENT
    from osmo_cli.plan.clusters import check_clients
    from osmo_cli.plan.deregister import find_leftovers, remove

    printer = session.printer
    if options.apply:
        check_clients()
    with session.connect() as service:
        service.confirm_dialect()
        leftovers = find_leftovers(service, options.backend, options.token_name)
        operator = _operator(service, options, leftovers)
        if leftovers.names:
            _confirm(session, options, leftovers)
        if options.apply:
            _remove_operator(session, operator)
        else:
            printer.note("Remove the operator from its cluster:")
            printer.note_block(indented(removal_lines(operator)))
        states = (leftovers.item, ABSENT)
        with helm_values_on_refusal(service, printer, BACKEND, options.backend, states):
            remove(service, leftovers, force=options.force, say=printer.note)
    if leftovers.names:
        printer.text(f"Backend {options.backend} is deregistered")
    else:
        printer.text(f"Backend {options.backend} not found; nothing was deleted")


def _operator(service: Service, options: DeregisterOptions, leftovers: Leftovers) -> Operator:
    from osmo_cli.backend.names import credential_name
    from osmo_cli.backend.registration import Operator

    dialect = service.dialect
    credential = credential_name(options.backend)
    return Operator(
        options.namespaces,
        dialect.operator_chart.token_secret.format(credential=credential),
        bootstrap=dialect.bootstrap_secrets and leftovers.token is None,
        kube_context=options.kube_context,
    )


def _confirm(session: Session, options: DeregisterOptions, leftovers: Leftovers) -> None:
    """Ask unless --yes is given.

    Raises:
        ConflictError: there is no terminal to ask at.
    """
    if leftovers.online and not options.apply:
        session.printer.warn(
            f"the operator of {options.backend} is connected; remove it first, or the backend may "
            "appear again"
        )
    if options.yes:
        return
    refusal = ConflictError(
        f"these will be deleted: {', '.join(leftovers.names)}",
        hint="nothing was deleted; --yes deletes them without a question",
    )
    prompts().go_on(session.printer, refusal)


def _remove_operator(session: Session, operator: Operator) -> None:
    """Run the commands for the operator's own cluster."""
    from osmo_cli.backend import commands
    from osmo_cli.plan.clusters import run_client

    printer = session.printer
    *lines, last = commands.removal(operator)
    for line in lines if operator.bootstrap else (*lines, last):
        run_client(line)
        printer.note(f"ran {commands.command_line(line)}")
    if operator.bootstrap:
        printer.note("Run in the cluster of the service:")
        printer.note(f"  {commands.command_line(last)}")
