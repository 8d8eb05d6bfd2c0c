"""The service on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osmo_cli.errors import OsmoError, UsageError
from osmo_cli.local.admin import write_admin_token
from osmo_cli.local.authorization import AuthMode
from osmo_cli.local.configmap import ConfigMapSource
from osmo_cli.local.extra import missing_packages

if TYPE_CHECKING:
    import uvicorn

    from osmo_cli.local.guard import Limits

_HOST = "127.0.0.1"
_GRACE_SECONDS = 3


def serve(
    *,
    port: int,
    db: Path,
    dialect: str | None,
    auth: AuthMode,
    admin_token_file: Path | None,
    ready: Callable[[str], None],
    source: ConfigMapSource | None = None,
    fault: str | None = None,
) -> None:
    """Serve on 127.0.0.1 until SIGINT or SIGTERM. To be called in the main thread.

    Args:
        port: 0 takes a free one.
        admin_token_file: in mode `token`, a new 0600 file for an administrator's access token.
        ready: called with the URL once connections are accepted.
        source: the file that configurations come from, if not from the database.
        fault: name of a fault to have (`rehearsal.FAULTS`).

    Raises:
        InvalidInputError: that file is not right.
        UsageError: the port is in use; the token file exists already; a token file without
            `auth="token"`.
        OsmoError: the database can't be used, or the extra `local` is not installed.
    """
    try:
        import uvicorn  # noqa: F401

        from osmo_cli.local.app import build_app
    except ImportError:
        raise missing_packages() from None
    if admin_token_file is not None and auth != "token":
        raise UsageError("an administrator's token is only of use with --auth token")
    with contextlib.closing(listen(port)) as listener:
        if admin_token_file is not None:
            write_admin_token(db, dialect, admin_token_file)
        app = build_app(db, dialect=dialect, auth=auth, source=source, fault=fault)
        server = new_server(app)
        url = f"http://{_HOST}:{listener.getsockname()[1]}"
        asyncio.run(_run(server, listener, lambda: ready(url)))


def new_server(app: Any, limits: Limits | None = None) -> uvicorn.Server:
    """An HTTP server of an ASGI application for programs of this machine.

    It logs nothing and does not name itself.

    Args:
        limits: sizes and times that a request may take.
    """
    import uvicorn

    from osmo_cli.local.guard import BoundedProtocol, Guard, Limits

    allowed = limits or Limits()
    config = uvicorn.Config(
        Guard(app, allowed),
        http=type("Protocol", (BoundedProtocol,), {"limits": allowed}),
        ws="none",
        h11_max_incomplete_event_size=allowed.headers,
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="on",
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return uvicorn.Server(config)


def listen(port: int) -> socket.socket:
    """A socket that listens on 127.0.0.1; port 0 takes a free one.

    Raises:
        UsageError: the port is in use, or not a port.
        OsmoError: the system does not allow it.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # A port that another service listens on is still refused; only one in TIME_WAIT is not.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen(128)
    except OverflowError:
        listener.close()
        raise UsageError(f"{port} is not a port", hint="ports are 0 to 65535") from None
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"port {port} on {_HOST} is in use", hint="choose another with --port; 0 finds one"
            ) from None
        raise OsmoError(f"cannot listen on {_HOST}:{port}: {error.strerror}") from None
    return listener


async def _run(
    server: uvicorn.Server, listener: socket.socket, started: Callable[[], None]
) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        # A second signal does not wait for requests that are under way.
        server.force_exit = server.should_exit
        server.should_exit = True

    # uvicorn raises the signal again when it has stopped, which would end the command with an
    # error; here stopping on a signal is the normal end.
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        started()
    await serving
