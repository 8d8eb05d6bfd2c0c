"""`osmo config update`: from a file, from standard input, or in an editor."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import (
    DescriptionOption,
    InputFormatOption,
    LongFormatOption,
    ReferencesOption,
    TagsOption,
)
from osmo_cli.commands.config.arguments import ConfigTypeArgument
from osmo_cli.commands.config.configmap_refusal import helm_values_on_refusal
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.types import BACKEND, ConfigType, find_type
from osmo_cli.errors import ExitCode, UsageError
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.commands.config.editing import Edited
    from osmo_cli.config.reading.document import Document
    from osmo_cli.plan.change import Change
    from osmo_cli.plan.live_object import LiveObject
    from osmo_cli.plan.secrets import SecretMemory


@dataclass(frozen=True)
class UpdateOptions:
    """What to update, and how.

    Attributes:
        name: an item of the type, or None for the whole type.
        document: the input, or None to edit what is stored.
        check_nodes: a file with the nodes that the change must not take out.
        max_unavailable: how many of them it may take out.
        references: whether references are looked up outside secret fields too.
    """

    config_type: ConfigType
    name: str | None
    document: Document | None
    description: str | None
    tags: list[str] | None
    create: bool
    replace: bool
    dry_run: bool
    exit_code: bool
    references: bool
    check_nodes: str | None
    max_unavailable: int


def update(
    ctx: typer.Context,
    type_name: ConfigTypeArgument,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            show_default=False,
            help="Name of the item to update. Default: the whole type.",
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            "--file",
            "-f",
            metavar="FILE",
            help="JSON or YAML file to read; - is standard input. Default: open an editor.",
        ),
    ] = None,
    format: InputFormatOption = None,
    description: DescriptionOption = None,
    tags: TagsOption = None,
    create: Annotated[
        bool, typer.Option("--create", help="Create the item if it does not exist.")
    ] = False,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Take the file as the whole object: what it leaves out goes back to its default.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the change and the request; send nothing.")
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="With --dry-run: exit with 5 if there is a change.")
    ] = False,
    references: ReferencesOption = False,
    check_nodes: Annotated[
        str | None,
        typer.Option(
            "--check-nodes",
            metavar="FILE",
            help="Refuse a change of BACKEND NAME that makes nodes unavailable; FILE is the output "
            "of `kubectl get nodes -o json`, - is standard input.",
        ),
    ] = None,
    max_unavailable: Annotated[
        int,
        typer.Option(
            "--max-unavailable",
            metavar="N",
            min=0,
            help="With --check-nodes: number of nodes that may become unavailable.",
        ),
    ] = 0,
    format_type: LongFormatOption = None,
) -> int:
    """Update a configuration from a file.

    Fields that the file leaves out keep their values; lists are replaced as
    a whole; null removes a key of a map. With --replace, the file is the
    whole object: what it leaves out goes back to its default, but for
    secrets and read-only fields.

    The result is validated before it is sent, and read back afterwards. If
    nothing changes, nothing is sent.

    Without --file, the stored configuration opens in $VISUAL or $EDITOR.

    Examples:
        osmo config update BACKEND gpu-a --file backend.yaml --description "Use kai"
        osmo config update POOL research --file pool.json --create
        osmo config update POOL research --file pool.json --replace --dry-run
        echo '{"max_num_tasks": 50}' | osmo config update WORKFLOW --file -
    """
    session: Session = ctx.obj
    session.use_format(format_type)
    config_type = find_type(type_name)
    if file is None:
        _check_editor(config_type, format=format, replace=replace, references=references)
    if exit_code and not dry_run:
        # Nothing is pending after an update: it is done, or it is an error.
        raise UsageError("--exit-code requires --dry-run", hint="add --dry-run")
    if check_nodes is not None and (config_type is not BACKEND or name is None):
        raise UsageError(
            "--check-nodes is for a backend",
            hint="osmo config update BACKEND NAME --file FILE --check-nodes NODES",
        )
    if max_unavailable and check_nodes is None:
        raise UsageError("--max-unavailable requires --check-nodes")
    if check_nodes == "-" and file == "-":
        raise UsageError(
            "--file and --check-nodes cannot both read standard input", hint="save one in a file"
        )
    document = None
    if file is not None:
        from osmo_cli.config.reading.files import read_document

        document = read_document(file, format)
    return run(
        session,
        UpdateOptions(
            config_type,
            name,
            document,
            description,
            tags,
            create=create,
            replace=replace,
            dry_run=dry_run,
            exit_code=exit_code,
            references=references,
            check_nodes=check_nodes,
            max_unavailable=max_unavailable,
        ),
    )


def _check_editor(
    config_type: ConfigType, *, format: object, replace: bool, references: bool
) -> None:
    """Check what needs a file, and whether there is a terminal for an editor.

    Raises:
        UsageError: a file is needed.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "--file is required without a terminal",
            hint=f"osmo config update {config_type.name} [NAME] --file FILE; "
            "--file - reads standard input",
        )
    for option, is_given, why in (
        ("--format", format is not None, "the editor uses JSON"),
        ("--replace", replace, "the editor shows the whole object"),
        ("--references", references, "the editor shows what is stored"),
    ):
        if is_given:
            raise UsageError(f"{option} requires --file", hint=why)


def run(session: Session, options: UpdateOptions) -> int:
    """Plan the change, and show it or make it."""
    credential = session.credential()
    memory = session.secret_memory(credential)
    with session.connect(credential) as service:
        target, repaired = _read(session, service, options)
        if target is None:
            return ExitCode.CHANGES_PENDING if options.exit_code else ExitCode.OK
        edited = None
        if options.document is not None:
            change: Change | None = _from_file(session, service, target, memory, options)
        else:
            from osmo_cli.commands.config.editing import edit

            edited = edit(service, target, memory, session.references(None), session.printer)
            change = edited.change if edited is not None else None
        if change is not None:
            for secret in change.secrets.values():
                session.printer.redactor.add(secret)
            for problem in change.warnings:
                session.printer.warn(str(problem))
            _check_nodes(session, change, options)
            if options.dry_run:
                return _show(session, service, change, options)
            if change.patches:
                return _apply(session, service, change, memory, options, edited)
    if repaired:
        session.printer.text(f"Successfully updated {options.config_type.name} config")
    else:
        session.printer.text("No changes were made to the config.")
    return ExitCode.OK


def _read(
    session: Session, service: Service, options: UpdateOptions
) -> tuple[LiveObject | None, bool]:
    """Read what is to be updated; a backend that the service cannot read is repaired first.

    Returns:
        What is stored, or None after a dry run of the repair; and whether it was repaired.
    """
    from osmo_cli.api.errors import UnreadableBackendError
    from osmo_cli.plan.live_object import read_live

    try:
        return read_live(service, options.config_type, options.name, create=options.create), False
    except UnreadableBackendError as error:
        document, name = options.document, options.name
        if document is None or name != error.backend or options.config_type is not BACKEND:
            raise
        from osmo_cli.plan.repair import has_settings, plan_repair, preview_repair, repair

        if not has_settings(document):
            raise
        patch = plan_repair(service, name, document)
        if options.dry_run:
            session.printer.preview(preview_repair(name, patch, options.description))
            session.printer.note("dry run: nothing was sent")
            return None, False
        warnings = repair(service, name, patch, description=options.description, tags=options.tags)
    for warning in warnings:
        session.printer.warn(warning)
    session.printer.note(f"the scheduler settings of BACKEND {name} could not be read; repaired")
    return read_live(service, options.config_type, name), True


def _from_file(
    session: Session,
    service: Service,
    target: LiveObject,
    memory: SecretMemory,
    options: UpdateOptions,
) -> Change:
    """Return the change that a file makes; its warnings are shown."""
    from osmo_cli.config.changes.merge import Mode
    from osmo_cli.config.reading.references import resolve
    from osmo_cli.plan.change import plan_update

    assert options.document is not None
    references = session.references(
        options.document.name, everywhere=options.references, service=service
    )
    document = resolve(options.document, target.shape, references, stored=target.live)
    for problem in document.warnings:
        session.printer.warn(str(problem))
    mode = Mode.REPLACE if options.replace else Mode.MERGE
    return plan_update(service, target, document, memory, mode=mode)


def _check_nodes(session: Session, change: Change, options: UpdateOptions) -> None:
    """Refuse a change that makes too many nodes unavailable."""
    if options.check_nodes is None:
        return
    from osmo_cli.backend.node_list import read_nodes
    from osmo_cli.plan.node_check import check_nodes

    nodes = read_nodes(options.check_nodes)
    count = check_nodes(change, nodes, options.max_unavailable)
    session.printer.note(f"{count} of {len(nodes)} nodes would become unavailable")


def _show(session: Session, service: Service, change: Change, options: UpdateOptions) -> int:
    """Print what the change would do."""
    from osmo_cli.plan.preview import preview

    printer = session.printer
    if not change.patches and printer.as_lines:
        printer.text("No changes were made to the config.")
        return ExitCode.OK
    printer.preview(preview(change, description=options.description, tags=options.tags))
    printer.note("dry run: nothing was sent")
    if service.is_managed:
        printer.note(
            "the service is configured by Helm values: run without --dry-run to print the values "
            "that make this change"
        )
    return ExitCode.CHANGES_PENDING if options.exit_code and change.patches else ExitCode.OK


def _apply(
    session: Session,
    service: Service,
    change: Change,
    memory: SecretMemory,
    options: UpdateOptions,
    edited: Edited | None,
) -> int:
    """Make the change, and print what is stored."""
    from osmo_cli.commands.config.editing import kept_on_failure
    from osmo_cli.output.changes import change_lines
    from osmo_cli.plan.apply import apply_change

    printer = session.printer
    config_type = options.config_type
    for line in change_lines(change.differences):
        printer.note(line)
    states = (change.shown.before, change.shown.after)
    with (
        helm_values_on_refusal(
            service, printer, config_type, options.name, states, secrets=change.secrets
        ),
        kept_on_failure(edited, printer),
    ):
        applied = apply_change(
            service, change, memory, description=options.description, tags=options.tags
        )
    for warning in applied.warnings:
        printer.warn(warning)
    if applied.revision is not None:
        printer.note(f"stored as revision {applied.revision} of {config_type.name}")
    printer.text(f"Successfully updated {config_type.name} config")
    return ExitCode.OK
