"""`osmo backend register --undo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.backend.record import Record
    from osmo_cli.backend.registration import Namespaces, Operator
    from osmo_cli.commands.session import Session
    from osmo_cli.plan.registration_folder import RegistrationFolder


def undo(
    session: Session,
    service: Service,
    folder: RegistrationFolder,
    record: Record | None,
    namespaces: Namespaces,
    *,
    force: bool,
) -> None:
    """Delete what a registration created: in the cluster, on the service, and in its directory.

    Args:
        session: the run.
        service: the service.
        folder: the directory of the registration.
        record: what was created, or None where there is nothing to undo.
        namespaces: of the commands to print, where this registration ran none itself.
        force: delete the backend even if workflows run on it.
    """
    from osmo_cli.backend.commands import removal_lines
    from osmo_cli.backend.record import Kind
    from osmo_cli.commands.backend.shown import indented
    from osmo_cli.plan.clusters import check_clients
    from osmo_cli.plan.deregister import undo as undo_on_service
    from osmo_cli.plan.deregister import undo_in_cluster

    printer = session.printer
    if record is None:
        printer.text(f"Nothing to undo: {folder.path} holds no registration")
        return
    service.confirm_dialect()
    in_cluster = record.has(Kind.RELEASE) or record.has(Kind.OBJECT)
    if in_cluster:
        check_clients()
    say, save = printer.note, folder.save
    operator = _operator(service, record, namespaces)
    record = undo_on_service(service, record, force=force, save=save, say=say)
    if in_cluster:
        record = undo_in_cluster(operator, record, save=save, say=say)
    folder.remove(directory=record.has(Kind.DIRECTORY))
    printer.text(f"Undone: backend {record.backend} is not registered by {folder.path} any more")
    if not in_cluster or operator.bootstrap:
        printer.note("If it was deployed, remove the operator:")
        printer.note_block(indented(removal_lines(operator)))


def _operator(service: Service, record: Record, namespaces: Namespaces) -> Operator:
    """The operator in its cluster, as far as the record and the options say."""
    from osmo_cli.backend.names import credential_name
    from osmo_cli.backend.record import Kind
    from osmo_cli.backend.registration import Operator

    dialect = service.dialect
    credential = credential_name(record.backend)
    return Operator(
        namespaces,
        dialect.operator_chart.token_secret.format(credential=credential),
        bootstrap=dialect.bootstrap_secrets and not record.has(Kind.TOKEN),
        kube_context=record.kube_context,
    )
