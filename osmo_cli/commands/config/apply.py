"""`osmo config apply`: bring a service to the state of a directory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import DescriptionOption, TagsOption
from osmo_cli.commands.config.plan import (
    NamesOption,
    PartialOption,
    PlanFormat,
    PlanOptions,
    PruneOption,
    TypesOption,
    print_plan,
)
from osmo_cli.commands.session import NoPrompts, Session, prompts
from osmo_cli.config.registry.types import find_type
from osmo_cli.errors import ConflictError, ExitCode, OsmoError, UsageError
from osmo_cli.plan.limits import Limit, check_limits, parse_limit

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.output.printer import Printer
    from osmo_cli.plan.execution import Execution, Step
    from osmo_cli.plan.journal import Journal
    from osmo_cli.plan.planning import Prepared
    from osmo_cli.plan.secrets import SecretMemory

_SHORTEST_DIGEST = 12


class OnFailure(StrEnum):
    """What to do when a step fails."""

    STOP = "stop"
    ROLLBACK = "rollback"


@dataclass(frozen=True)
class ApplyOptions:
    """What to apply, and how."""

    plan: PlanOptions
    yes: bool
    digest: str | None
    max_changes: Limit
    max_deletes: Limit
    description: str | None
    tags: list[str]
    on_failure: OnFailure
    resume: bool

    @property
    def is_file(self) -> bool:
        """Whether the input is the file of a plan, and not a directory."""
        return os.path.isfile(self.plan.directory or "")

    def check(self) -> None:
        """Raise UsageError for options that cannot be used together."""
        plan = self.plan
        if self.is_file and (plan.prune or plan.partial or plan.types or plan.names):
            raise UsageError(
                "--type, --name, --prune and --partial are part of the plan in the file",
                hint="give them to `osmo config plan DIR --out FILE`",
            )


def apply(
    ctx: typer.Context,
    directory: Annotated[
        str | None,
        typer.Argument(
            metavar="[DIR|PLAN]",
            show_default=False,
            help="Directory of configuration files, or a file of `osmo config plan --out`. "
            "Not with --resume.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    prune: PruneOption = False,
    partial: PartialOption = False,
    types: TypesOption = None,
    names: NamesOption = None,
    digest: Annotated[
        str | None,
        typer.Option("--digest", help="Digest of the plan to apply, as `osmo config plan` prints."),
    ] = None,
    max_changes: Annotated[
        str | None,
        typer.Option(
            "--max-changes",
            metavar="N|P%",
            help="Objects that may change or be deleted. Default: 30% of at least ten.",
        ),
    ] = None,
    max_deletes: Annotated[
        str | None,
        typer.Option(
            "--max-deletes",
            metavar="N|P%",
            help="Objects that may be deleted. Default: 30% of at least ten.",
        ),
    ] = None,
    description: DescriptionOption = None,
    tags: TagsOption = None,
    on_failure: Annotated[
        OnFailure,
        typer.Option(
            "--on-failure",
            help="After a failed step: stop, or roll the changed types back.",
            case_sensitive=False,
        ),
    ] = OnFailure.STOP,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the apply that was interrupted last.")
    ] = False,
) -> int:
    """Bring a service to the state of a directory.

    Shows the plan and asks; without a terminal it needs --yes, or --digest
    of a plan. Nothing is sent if the service was changed since the plan, or
    if too many objects would change. Each write is read back.

    Examples:
        osmo config apply configs/
        osmo config apply plan.json --yes
        osmo config apply configs/ --digest DIGEST --description "Release 42"
        osmo config apply --resume
    """
    if (directory is None) is not resume:
        raise UsageError(
            "--resume takes no directory" if resume else "a directory or plan is required",
            hint="osmo config apply DIR, or osmo config apply --resume",
        )
    plan = PlanOptions(
        directory or "",
        tuple(find_type(name).name for name in types or ()),
        tuple(names or ()),
        prune,
        partial,
        exit_code=False,
        format=PlanFormat.TEXT,
    )
    options = ApplyOptions(
        plan,
        yes,
        digest,
        parse_limit(max_changes, "--max-changes"),
        parse_limit(max_deletes, "--max-deletes"),
        description,
        list(tags or ()),
        on_failure,
        resume,
    )
    options.check()
    return run(ctx.obj, options)


def run(session: Session, options: ApplyOptions) -> int:
    """Make the plan, confirm it, and carry it out."""
    if not options.resume and not options.yes and options.digest is None:
        _require_terminal()
    credential = session.credential()
    memory = session.secret_memory(credential)
    with session.connect(credential) as service:
        if options.resume:
            return _resume(session, service, memory)
        return _start(session, service, memory, options)


def _require_terminal() -> None:
    if isinstance(prompts(), NoPrompts):
        raise UsageError(
            "--yes or --digest is required without a terminal",
            hint="nothing was sent; `osmo config plan DIR` prints the digest",
        )


def _start(session: Session, service: Service, memory: SecretMemory, options: ApplyOptions) -> int:
    from osmo_cli.plan import journal as journals
    from osmo_cli.plan.execution import check_unmoved

    printer = session.printer
    directory = options.plan.directory or ""
    if options.is_file:
        prepared = _prepare_again(session, service, memory, directory)
    else:
        prepared = _prepare(session, service, memory, options.plan)
    plan = prepared.plan
    print_plan(printer, plan, PlanFormat.TEXT)
    if options.digest is not None:
        _check_digest(options.digest, plan.digest)
    if not plan.changes:
        return ExitCode.OK
    check_limits(plan, options.max_changes, options.max_deletes)
    _refuse_where_managed(service, plan.source[0])
    if not options.yes and options.digest is None:
        refusal = ConflictError("the plan was not confirmed", hint="nothing was sent")
        prompts().go_on(printer, refusal, "Apply this plan?")
    check_unmoved(service, plan.bases)
    header = {
        "service": plan.service,
        "directory": os.path.abspath(directory),
        "folder": os.getcwd() if options.is_file else None,
        "types": list(options.plan.types),
        "names": list(options.plan.names),
        "prune": options.plan.prune,
        "partial": options.plan.partial,
        "digest": plan.digest,
        "wanted": prepared.wanted,
        "bases": dict(plan.bases),
        "description": options.description,
        "tags": options.tags,
        "on_failure": str(options.on_failure),
    }
    with journals.start(header) as journal:
        return _carry_out(printer, service, memory, prepared, journal)


def _resume(session: Session, service: Service, memory: SecretMemory) -> int:
    from osmo_cli.plan import journal as journals
    from osmo_cli.plan.execution import left_to_do

    with journals.resume(str(service.credential.origin)) as journal:
        if journal.rolling_back:
            return _resume_rollback(session.printer, service, journal)
        header = journal.header
        if header.get("folder") is not None:
            file, folder = header["directory"], header["folder"]
            prepared = _prepare_again(session, service, memory, file, resumed_in=folder)
        else:
            options = PlanOptions(
                header["directory"],
                tuple(header["types"]),
                tuple(header["names"]),
                header["prune"],
                header["partial"],
                exit_code=False,
                format=PlanFormat.TEXT,
            )
            prepared = _prepare(session, service, memory, options)
        rest = left_to_do(service, prepared, journal)
        return _carry_out(session.printer, service, memory, rest, journal)


def _prepare(
    session: Session, service: Service, memory: SecretMemory, options: PlanOptions
) -> Prepared:
    from osmo_cli.plan.planning import plan_directory

    prepared = plan_directory(
        service,
        options.directory or "",
        lambda file: session.references(file, service=service),
        memory,
        options.scope(),
    )
    _never_print_secrets(session, prepared)
    return prepared


def _prepare_again(
    session: Session,
    service: Service,
    memory: SecretMemory,
    file: str,
    resumed_in: str | None = None,
) -> Prepared:
    """Plan again from the file of a plan; see `plan_again`."""
    from osmo_cli.plan.plan_file import plan_again, read_plan

    prepared = plan_again(
        service,
        read_plan(file),
        lambda name: session.references(name, service=service),
        memory,
        resumed_in=resumed_in,
    )
    _never_print_secrets(session, prepared)
    return prepared


def _never_print_secrets(session: Session, prepared: Prepared) -> None:
    for change in prepared.changes:
        for secret in change.secrets.values():
            session.printer.redactor.add(secret)


def _check_digest(given: str, digest: str) -> None:
    """Check that the plan is the one that was reviewed; a long enough beginning suffices.

    Raises:
        ConflictError: it is another plan.
    """
    if len(given) < _SHORTEST_DIGEST or not digest.startswith(given):
        raise ConflictError(
            f"the plan has changed: its digest is {digest}, not {given}",
            hint="nothing was sent; the files or the service changed since: review the new plan",
        )


def _chart(service: Service) -> str:
    """Return the option that names the chart of the service."""
    from osmo_cli.config.helm.charts import chart_of

    chart = chart_of(service.dialect)
    return f" --chart {chart.name}" if chart else ""


def _refuse_where_managed(service: Service, directory: str) -> None:
    if service.is_managed or service.refuses_writes():
        raise ConflictError(
            "the service is managed by a ConfigMap and takes no writes",
            hint=f"osmo config export --helm values.yaml --from {directory}{_chart(service)}, "
            "then: helm upgrade RELEASE CHART --reuse-values -f values.yaml",
            code=409,
        )


def _carry_out(
    printer: Printer,
    service: Service,
    memory: SecretMemory,
    prepared: Prepared,
    journal: Journal,
) -> int:
    from osmo_cli.plan.execution import Execution, steps_of

    header = journal.header
    with _progress(printer) as on_step:
        execution = Execution(
            service,
            memory,
            journal,
            header["description"],
            list(header["tags"]),
            on_step,
            dict(prepared.snapshots),
        )
        try:
            execution.run(steps_of(prepared))
        except OsmoError as error:
            if header["on_failure"] == OnFailure.ROLLBACK:
                if advice := _roll_back(printer, service, journal):
                    _add_hint(error, f"the rollback is not complete: {advice}")
            elif not isinstance(error, ConflictError):
                _add_hint(error, "`osmo config apply --resume` goes on")
            raise
    journal.finish("done")
    _print_result(printer, execution, journal)
    return ExitCode.OK


def _roll_back(printer: Printer, service: Service, journal: Journal) -> str | None:
    """Return the touched types to where the apply began, and say what came of each.

    Returns:
        What to do about those that are not as they were; None if all are.
    """
    from osmo_cli.plan.execution import roll_back_all

    if not journal.rolling_back:
        journal.roll_back()
    failed = []
    for result in roll_back_all(service, journal):
        printer.note(result.text)
        if result.complete:
            journal.returned(result.config_type)
        else:
            failed.append(result)
    if any(result.may_work_later for result in failed):
        return "`osmo config apply --resume` tries again"
    journal.finish("not all rolled back" if failed else "rolled back")
    return "`osmo config plan DIR` shows what differs" if failed else None


def _resume_rollback(printer: Printer, service: Service, journal: Journal) -> int:
    if advice := _roll_back(printer, service, journal):
        raise OsmoError("the rollback is not complete", hint=advice)
    printer.text("The interrupted apply is rolled back.")
    return ExitCode.OK


def _add_hint(error: OsmoError, hint: str) -> None:
    error.hint = f"{error.hint}; {hint}" if error.hint else hint


def _print_result(printer: Printer, execution: Execution, journal: Journal) -> None:
    for warning in execution.warnings:
        printer.warn(warning)
    for entry in journal.entries:
        if entry.revision is not None:
            printer.note(f"stored as revision {entry.revision} of {entry.config_type}")
    printer.text(f"Successfully applied; the revisions have the tag {journal.tag}.")


@contextmanager
def _progress(printer: Printer) -> Iterator[Callable[[int, int, Step], None]]:
    """Show the steps while they run, on a terminal only."""

    def silent(number: int, total: int, step: Step) -> None:
        pass

    if not printer.stderr.isatty():
        yield silent
        return
    from osmo_cli.output.progress import steps_shown

    with steps_shown(printer.stderr) as show:
        yield lambda number, total, step: show(number, total, str(step.refs[0]))
