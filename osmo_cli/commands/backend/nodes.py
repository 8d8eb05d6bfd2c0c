"""`osmo backend nodes`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from osmo_cli.commands.arguments import (
    DialectOption,
    FormatOption,
    InputFormatOption,
    chosen_dialect,
)
from osmo_cli.commands.backend.arguments import KubeContextOption
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from osmo_cli.backend.availability import Conditions, Node, NodeChange
    from osmo_cli.config.reading.document import Document
    from osmo_cli.output.printer import Printer

_COLUMNS = ("Node", "Live", "Proposed", "Reason")


@dataclass(frozen=True)
class NodesOptions:
    """Which nodes to judge, and by what.

    Attributes:
        name: the backend whose stored node conditions count, or None for the file alone.
        document: the proposed change, or None.
        nodes: a file with the nodes, or None to run kubectl.
        dialect: the version, for a file alone.
    """

    name: str | None
    document: Document | None
    nodes: str | None
    kube_context: str
    dialect: Dialect | None
    exit_code: bool


def nodes(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            show_default=False,
            help="Name of the backend. Default: check the file alone, without a service.",
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            "--file",
            "-f",
            metavar="FILE",
            help="Proposed change, as for `osmo config update BACKEND`; - is standard input.",
        ),
    ] = None,
    format: InputFormatOption = None,
    nodes_file: Annotated[
        str | None,
        typer.Option(
            "--nodes",
            metavar="FILE",
            help="Output of `kubectl get nodes -o json`; - is standard input. "
            "Default: run kubectl.",
        ),
    ] = None,
    kube_context: KubeContextOption = "",
    dialect: DialectOption = None,
    exit_code: Annotated[
        bool,
        typer.Option("--exit-code", help="Exit with 5 if a node would become unavailable."),
    ] = False,
    format_type: FormatOption = None,
) -> int:
    """Show which nodes are available, and which a change would take out.

    A node is judged as the backend's operator does it: by its conditions and
    the backend's node_conditions. With --file, the nodes that would change
    come first. Nothing is sent.

    Without NAME, --exit-code counts the nodes that the file takes out;
    without --file, those that are out. Cordoned nodes do not count.

    Examples:
        osmo backend nodes gpu-a --nodes nodes.json
        osmo backend nodes gpu-a --file node_conditions.json --kube-context gpu-a
        kubectl get nodes -o json | osmo backend nodes gpu-a --file rules.json --nodes - --exit-code
        osmo backend nodes --file node_conditions.json --nodes nodes.json --dialect 6.2
    """
    session: Session = ctx.obj
    session.use_format(format_type)
    if name is None and file is None:
        raise UsageError("NAME or --file is required", hint="osmo backend nodes NAME")
    if name is not None and dialect is not None:
        raise UsageError("--dialect is for a file without NAME", hint="leave out --dialect")
    if nodes_file is not None and kube_context:
        raise UsageError("--nodes and --kube-context cannot be used together")
    if file == "-" and nodes_file == "-":
        raise UsageError(
            "--file and --nodes cannot both read standard input", hint="save one in a file"
        )
    document = None
    if file is not None:
        from osmo_cli.config.reading.files import read_document

        document = read_document(file, format)
    return run(
        session,
        NodesOptions(
            name,
            document,
            nodes_file,
            kube_context,
            chosen_dialect(dialect) if name is None else None,
            exit_code,
        ),
    )


def run(session: Session, options: NodesOptions) -> int:
    """Judge the nodes, and print them."""
    from osmo_cli.backend.availability import compare

    listed = _read_nodes(options)
    live, proposed = _conditions(session, options, listed)
    changes = compare(listed, live, proposed)
    printer = session.printer
    if not printer.as_lines:
        printer.data({"nodes": [change.data() for change in changes]})
    elif changes:
        printer.table(_COLUMNS, [_cells(change) for change in changes], (0, 0, 0, 1))
    else:
        printer.text("No nodes found")
    out = sum(change.taken_out for change in changes)
    cordoned = sum(change.node.cordoned for change in changes)
    verb = "would become" if live is not None and proposed is not None else "made"
    printer.note(
        f"{len(changes)} nodes, {cordoned} cordoned; {out} {verb} unavailable by their conditions"
    )
    return ExitCode.CHANGES_PENDING if options.exit_code and out else ExitCode.OK


def _read_nodes(options: NodesOptions) -> list[Node]:
    """Return the nodes in a file, in standard input, or of a cluster."""
    from osmo_cli.backend.node_list import parse_nodes, read_nodes

    if options.nodes is not None:
        return read_nodes(options.nodes)
    from osmo_cli.plan.clusters import get_nodes

    return parse_nodes("kubectl", get_nodes(options.kube_context))


def _conditions(
    session: Session, options: NodesOptions, listed: list[Node]
) -> tuple[Conditions | None, Conditions | None]:
    """Return the stored and the proposed node conditions; None for what there is not."""
    from osmo_cli.plan.node_check import live_conditions, offline_conditions, proposed_conditions

    if options.name is None:
        assert options.document is not None
        assert options.dialect is not None
        given, problems = offline_conditions(options.document, options.dialect, listed)
        for problem in problems:
            session.printer.warn(str(problem))
        return None, given
    from osmo_cli.config.reading.references import resolve
    from osmo_cli.config.registry.types import BACKEND
    from osmo_cli.plan.change import plan_update
    from osmo_cli.plan.live_object import read_live

    credential = session.credential()
    with session.connect(credential) as service:
        target = read_live(service, BACKEND, options.name)
        live = _live_or_warn(session.printer, live_conditions, target, listed)
        if options.document is None:
            return live, None
        references = session.references(options.document.name, everywhere=False, service=service)
        document = resolve(options.document, target.shape, references, stored=target.live)
        change = plan_update(service, target, document, session.secret_memory(credential))
        for warning in (*document.warnings, *change.warnings):
            session.printer.warn(str(warning))
        return live, proposed_conditions(change, listed)


def _live_or_warn(printer: Printer, read: Any, target: Any, listed: list[Node]) -> Any:
    """Return the stored conditions; None, with a warning, where nobody can tell what they do."""
    from osmo_cli.backend.availability import UnusableConditionsError

    try:
        return read(target, listed)
    except UnusableConditionsError as error:
        printer.warn(f"the stored node conditions cannot be judged: {error.message}")
        return None


def _cells(change: NodeChange) -> tuple[str, ...]:
    live, proposed = change.live, change.proposed
    reasons = [verdict.reason if verdict else "" for verdict in (live, proposed)]
    if not all(reasons) or reasons[0] == reasons[1]:
        reason = reasons[0] or reasons[1]
    else:
        reason = f"live: {reasons[0]}; proposed: {reasons[1]}"
    words = ["-" if v is None else "yes" if v.available else "NO" for v in (live, proposed)]
    return (change.node.name, *words, reason)
