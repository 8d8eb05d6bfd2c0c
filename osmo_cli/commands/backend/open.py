"""`osmo backend open`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from osmo_cli.commands.backend.arguments import BackendArgument
from osmo_cli.commands.session import Session
from osmo_cli.errors import MissingError, UsageError

if TYPE_CHECKING:
    from osmo_cli.backend.status import BackendStatus


@dataclass(frozen=True)
class OpenOptions:
    """Which page of a backend to open; None for the first that it has."""

    backend: str
    page: str | None


def open_page(
    ctx: typer.Context,
    name: BackendArgument,
    grafana: Annotated[
        bool, typer.Option("--grafana", help="Open the page of its metrics (grafana_url).")
    ] = False,
    dashboard: Annotated[
        bool, typer.Option("--dashboard", help="Open the page of its pods (dashboard_url).")
    ] = False,
) -> None:
    """Print the address of a backend's page, and open it on a terminal.

    Without an option it is the metrics, or the pods if metrics have no page.

    Examples:
        osmo backend open gpu-a
        osmo backend open gpu-a --dashboard
    """
    if grafana and dashboard:
        raise UsageError("--grafana and --dashboard cannot be used together")
    page = "grafana_url" if grafana else "dashboard_url" if dashboard else None
    run(ctx.obj, OpenOptions(name, page))


def run(session: Session, options: OpenOptions) -> None:
    """Print the address, and open it."""
    from osmo_cli.api.backends import find_backend

    printer = session.printer
    with session.connect() as service:
        status = find_backend(service.configs, options.backend)
    if status is None:
        raise MissingError(
            f"backend {options.backend}", hint="`osmo backend list` shows the backends"
        )
    url = _address(status, options.page)
    printer.text(url)
    if printer.on_terminal:
        import webbrowser

        if not webbrowser.open(url):
            printer.note("no browser was found; open the address yourself")


def _address(status: BackendStatus, page: str | None) -> str:
    """The address of a page.

    Raises:
        MissingError: the backend has no address for it.
        UsageError: it is not one of a web page.
    """
    pages = {"grafana_url": status.grafana_url, "dashboard_url": status.dashboard_url}
    names = [page] if page is not None else list(pages)
    field = next((name for name in names if pages[name]), None)
    if field is None:
        raise MissingError(
            f"{' or '.join(names)} of backend {status.name}",
            hint=f"`osmo config update BACKEND {status.name} --file FILE` sets it",
        )
    url = pages[field]
    # A service may store anything, and a browser would run or open what is not a page.
    try:
        is_page = urlsplit(url).scheme in ("http", "https")
    except ValueError:
        is_page = False
    if not is_page:
        raise UsageError(
            f'{field} of backend {status.name} is not the address of a web page: "{url}"',
            hint="it must start with https:// or http://",
        )
    return url
