"""`osmo config list`, `history`, `tag` and `diff`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from osmo_cli.api import configs
from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.types import ConfigType, find_type, parse_reference
from osmo_cli.errors import ExitCode, OsmoError, UsageError
from osmo_cli.output.printer import Printer

if TYPE_CHECKING:
    from osmo_cli.api.service import Service

_MOST_ENTRIES = 1000
_CURRENT_COLUMNS = ("Config Type", "Revision", "Username", "Created At")
_CURRENT_PRIORITIES = (0, 0, 2, 1)
_COLUMNS = ("Config Type", "Name", *_CURRENT_COLUMNS[1:], "Description", "Tags")
_PRIORITIES = (0, 0, 0, 2, 1, 1, 3)

FitWidthOption = Annotated[
    bool,
    typer.Option("--fit-width", help="Fold the table to the terminal, as is done there anyway."),
]


class Order(StrEnum):
    """Values of --order."""

    ASC = "asc"
    DESC = "desc"


def list_types(
    ctx: typer.Context, format_type: FormatOption = None, fit_width: FitWidthOption = False
) -> None:
    """List the config types with their newest revisions."""
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    with session.connect() as service:
        entries = service.configs.current_revisions()
        _tell_of_helm_values(service, printer)
    if not printer.as_lines:
        printer.data({"configs": entries})
        return
    entries.sort(key=lambda entry: str(entry.get("config_type")))
    printer.table(
        _CURRENT_COLUMNS, [_current_cells(entry) for entry in entries], _CURRENT_PRIORITIES
    )


def history(
    ctx: typer.Context,
    type_name: Annotated[
        str | None, typer.Argument(metavar="[TYPE]", show_default=False, help="Default: all types.")
    ] = None,
    offset: Annotated[
        int, typer.Option("--offset", "-o", min=0, help="Newest entries to leave out.")
    ] = 0,
    count: Annotated[
        int, typer.Option("--count", "-c", min=1, max=_MOST_ENTRIES, help="Entries to show.")
    ] = 20,
    order: Annotated[
        Order, typer.Option("--order", help="Of the entries shown, by time.")
    ] = Order.ASC,
    name: Annotated[str | None, typer.Option("--name", "-n", help="Changes of this item.")] = None,
    revision: Annotated[
        int | None, typer.Option("--revision", "-r", min=1, help="This revision.")
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tags", help="Entries with all of these tags; several may follow."),
    ] = None,
    at_timestamp: Annotated[
        str | None,
        typer.Option("--at-timestamp", metavar="TIME", help="What was current at that time."),
    ] = None,
    created_before: Annotated[
        str | None, typer.Option("--created-before", metavar="TIME", help="Earlier entries.")
    ] = None,
    created_after: Annotated[
        str | None, typer.Option("--created-after", metavar="TIME", help="Later entries.")
    ] = None,
    format_type: FormatOption = None,
    fit_width: FitWidthOption = False,
) -> None:
    """List who changed what and when; TIME is YYYY-MM-DD[THH:MM:SS] in your time zone."""
    from osmo_cli.config.changes.history import utc_query

    session: Session = ctx.obj
    printer = session.use_format(format_type)
    if at_timestamp is not None and (created_before or created_after) is not None:
        other = "--created-before" if created_before is not None else "--created-after"
        raise UsageError(f"--at-timestamp and {other} exclude each other")
    found = find_type(type_name) if type_name is not None else None
    query = [("offset", str(offset)), ("limit", str(count)), ("order", order.upper())]
    filters: list[tuple[str, Any]] = [
        ("name", name),
        ("revision", revision),
        *[("tags", tag) for tag in tags or ()],
        ("created_before", created_before and utc_query(created_before)),
        ("created_after", created_after and utc_query(created_after)),
        ("at_timestamp", at_timestamp and utc_query(at_timestamp)),
    ]
    query += [(key, str(value)) for key, value in filters if value is not None]
    with session.connect() as service:
        entries = service.configs.history(query, found)
        _tell_of_helm_values(service, printer)
    if not printer.as_lines:
        printer.data({"configs": entries})
        return
    printer.table(_COLUMNS, [_cells(entry) for entry in entries], _PRIORITIES)


def _tell_of_helm_values(service: Service, printer: Printer) -> None:

    if service.is_managed:
        # What is deployed is not recorded (api.md 5).
        printer.note("the configuration comes from Helm values now; this is what was before")


def _current_cells(entry: dict[str, Any]) -> list[str]:
    from osmo_cli.config.changes.history import shown_time

    texts = (str(entry.get(key) or "") for key in ("config_type", "revision", "username"))
    return [*texts, shown_time(str(entry.get("created_at")))]


def _cells(entry: dict[str, Any]) -> list[str]:
    kind, *others = _current_cells(entry)
    tags = ", ".join(sorted(map(str, entry.get("tags") or ())))
    name, description = (str(entry.get(key) or "-") for key in ("name", "description"))
    return [kind, name, *others, description, tags or "-"]


def tag(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(metavar="TYPE[:REVISION]", show_default=False)],
    added: Annotated[
        list[str] | None, typer.Option("--set", "-s", help="Tags to add; several may follow.")
    ] = None,
    removed: Annotated[
        list[str] | None,
        typer.Option("--delete", "-d", help="Tags to remove; several may follow."),
    ] = None,
) -> None:
    """Add and remove tags of a revision; without REVISION of the newest one."""
    session: Session = ctx.obj
    found, number = parse_reference(what)
    if not added and not removed:
        raise UsageError("no tags are named", hint=f"osmo config tag {what} --set TAG")
    gone = set(removed or ())
    new = [one for one in dict.fromkeys(added or ()) if one not in gone]
    with session.connect() as service:
        entry = _revision(service, found, number)
        missing = [one for one in new if one not in entry.tags]
        unwanted = [one for one in dict.fromkeys(removed or ()) if one in entry.tags]
        if missing or unwanted:
            service.configs.change_tags(found, entry.number, missing, unwanted)
            now = set(_revision(service, found, entry.number).tags)
            if not now.issuperset(missing) or now.intersection(unwanted):
                raise _WrongTagsError(
                    f"the service accepted the tags, yet {found.name}:{entry.number} has: "
                    + (", ".join(sorted(now)) or "none"),
                    hint="somebody else may have changed them at the same time; try again",
                )
        else:
            session.printer.note("the tags are so already; nothing was sent")
    session.printer.text(f"Successfully updated tags for {what}")


class _WrongTagsError(OsmoError):
    exit_code = ExitCode.SERVICE_FAILURE


def _revision(service: Service, found: ConfigType, number: int | None) -> configs.Revision:
    """The named or the newest revision, without its data."""
    if number is not None:
        return service.configs.revision(found, number, data=False)
    newest = service.configs.newest_revision(found)
    if newest is None:
        raise UsageError(f"{found.name} has no revision")
    return newest


def diff(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(metavar="TYPE[:A]", show_default=False)],
    second: Annotated[str | None, typer.Argument(metavar="[TYPE[:B]]", show_default=False)] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 5 where they differ.")
    ] = False,
) -> int:
    """Show what changed between two revisions; one that is not named is the newest one."""
    from osmo_cli.output.diffs import diff_lines

    session: Session = ctx.obj
    found, older = parse_reference(first)
    other, newer = parse_reference(second) if second is not None else (found, None)
    if other is not found:
        raise UsageError(
            f"{found.name} and {other.name} cannot be compared: two revisions of one type can",
            hint=f"osmo config diff {found.name}:A {found.name}:B",
        )
    with session.connect() as service:
        if older is None or newer is None:
            newest = _revision(service, found, None).number
            older, newer = older or newest, newer or newest
        before, after = service.configs.diff(found, older, newer)
    lines = diff_lines(before, after, f"{found.name}:{older}", f"{found.name}:{newer}")
    if not lines:
        session.printer.text("No differences were found between the two revisions")
        return ExitCode.OK
    session.printer.diff(lines)
    return ExitCode.CHANGES_PENDING if exit_code else ExitCode.OK
