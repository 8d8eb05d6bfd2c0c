"""`osmo config history`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.config.arguments import TYPES_HELP, complete_type
from osmo_cli.commands.config.revisions import (
    COLUMNS,
    PRIORITIES,
    FitWidthOption,
    cells,
    note_helm_values,
)
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.types import ConfigType, find_type
from osmo_cli.errors import UsageError
from osmo_cli.quick_dataclass import dataclass

_MOST_ENTRIES = 1000
_TIME_HELP = "as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS in your time zone"


class Order(StrEnum):
    """Values of --order."""

    ASC = "asc"
    DESC = "desc"


@dataclass(frozen=True)
class HistoryOptions:
    """Which revisions to list; a filter that is None is not used.

    Attributes:
        config_type: the type, or None for all.
        offset: number of newest revisions to skip.
        count: maximum number of revisions.
        order: order by time.
        name: of the changed item.
        revision: its number.
        tags: revisions have all of these.
        at_timestamp: time at which a revision was current, in local time.
        created_before: time in local time.
        created_after: time in local time.
    """

    config_type: ConfigType | None
    offset: int
    count: int
    order: Order
    name: str | None
    revision: int | None
    tags: tuple[str, ...]
    at_timestamp: str | None
    created_before: str | None
    created_after: str | None

    def check(self) -> None:
        """Raise UsageError for options that cannot be used together."""
        for other, value in (
            ("--created-before", self.created_before),
            ("--created-after", self.created_after),
        ):
            if self.at_timestamp is not None and value is not None:
                raise UsageError(f"--at-timestamp and {other} cannot be used together")

    def query(self) -> list[tuple[str, str]]:
        """Return the filters as the service's parameters.

        Raises:
            UsageError: a time has another form.
        """
        from osmo_cli.config.changes.history import utc_query

        times = {
            "created_before": self.created_before,
            "created_after": self.created_after,
            "at_timestamp": self.at_timestamp,
        }
        filters = {
            "offset": str(self.offset),
            "limit": str(self.count),
            "order": self.order.upper(),
            "name": self.name,
            "revision": str(self.revision) if self.revision is not None else None,
        } | {key: time and utc_query(time) for key, time in times.items()}
        return [
            *((key, value) for key, value in filters.items() if value is not None),
            *(("tags", tag) for tag in self.tags),
        ]


def history(
    ctx: typer.Context,
    type_name: Annotated[
        str | None,
        typer.Argument(
            metavar="[TYPE]",
            show_default=False,
            help=f"Only revisions of this config type; {TYPES_HELP}. Default: all types.",
            autocompletion=complete_type,
        ),
    ] = None,
    offset: Annotated[
        int, typer.Option("--offset", "-o", min=0, help="Number of newest revisions to skip.")
    ] = 0,
    count: Annotated[
        int,
        typer.Option(
            "--count", "-c", min=1, max=_MOST_ENTRIES, help="Maximum number of revisions to list."
        ),
    ] = 20,
    order: Annotated[
        Order, typer.Option("--order", help="Order of the listed revisions by time.")
    ] = Order.ASC,
    name: Annotated[
        str | None, typer.Option("--name", "-n", help="Only changes of the item with this name.")
    ] = None,
    revision: Annotated[
        int | None,
        typer.Option("--revision", "-r", min=1, help="Only the revision with this number."),
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tags", help="Only revisions with all of these tags; takes several values."),
    ] = None,
    at_timestamp: Annotated[
        str | None,
        typer.Option(
            "--at-timestamp",
            metavar="TIME",
            help=f"The revision of each type that was current at this time, {_TIME_HELP}.",
        ),
    ] = None,
    created_before: Annotated[
        str | None,
        typer.Option(
            "--created-before",
            metavar="TIME",
            help=f"Only revisions created before this time, {_TIME_HELP}.",
        ),
    ] = None,
    created_after: Annotated[
        str | None,
        typer.Option(
            "--created-after",
            metavar="TIME",
            help=f"Only revisions created after this time, {_TIME_HELP}.",
        ),
    ] = None,
    format_type: FormatOption = None,
    fit_width: FitWidthOption = False,
) -> None:
    """List who changed which configuration and when.

    Each revision holds the whole configuration of its type; NAME is the
    item that was changed.

    Examples:
        osmo config history
        osmo config history BACKEND --name gpu-a --count 5 --order desc
        osmo config history --created-after 2026-01-01 --format-type json
    """
    session: Session = ctx.obj
    session.use_format(format_type)
    options = HistoryOptions(
        config_type=find_type(type_name) if type_name is not None else None,
        offset=offset,
        count=count,
        order=order,
        name=name,
        revision=revision,
        tags=tuple(tags or ()),
        at_timestamp=at_timestamp,
        created_before=created_before,
        created_after=created_after,
    )
    run(session, options)


def run(session: Session, options: HistoryOptions) -> None:
    """Print the revisions that match."""
    printer = session.printer
    options.check()
    query = options.query()
    with session.connect() as service:
        entries = service.configs.history(query, options.config_type)
        note_helm_values(service, printer)
    if printer.as_lines:
        printer.table(COLUMNS, [cells(entry) for entry in entries], PRIORITIES)
    else:
        printer.data({"configs": [entry.entry for entry in entries]})
