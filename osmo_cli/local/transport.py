"""The service inside the client's own process: no socket, no thread, no event loop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from osmo_cli.local.clock import Clock, utc_now
from osmo_cli.local.configmap import ConfigMapSource

if TYPE_CHECKING:
    import httpx

    from osmo_cli.local.authorization import AuthMode


def in_process_transport(
    path: Path,
    *,
    now: Clock = utc_now,
    source: ConfigMapSource | None = None,
    auth: AuthMode = "none",
) -> httpx.BaseTransport:
    """A transport for `httpx.Client` that asks the embedded service on the database at `path`.

    Closing it (as the client does) closes the database.

    Args:
        source: the file that configurations come from, if not from the database.
        auth: as for `build_app`.

    Raises:
        InvalidInputError: that file is not right.
        OsmoError: the database cannot be used, or the extra `local` is not installed.
    """
    import httpx

    from osmo_cli.local.database import open_database
    from osmo_cli.local.extra import missing_packages

    try:
        import starlette  # noqa: F401
    except ImportError:
        raise missing_packages() from None
    from osmo_cli.local.app import app_on, run_directly

    store = open_database(path, source=source)
    app = app_on(store, auth, now, run_directly)

    class InProcessTransport(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            status, headers, body = _ask(app, request)
            return httpx.Response(status, headers=headers, content=body, request=request)

        def close(self) -> None:
            store.close()

    return InProcessTransport()


def _ask(app: Any, request: httpx.Request) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Drive the ASGI application through one request."""
    path, _, query = request.url.raw_path.partition(b"?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": path,
        "root_path": "",
        "query_string": query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": None,
        "server": (request.url.host, request.url.port),
    }
    body = request.read()
    answer: dict[str, Any] = {"body": b""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.update(message)
        else:
            answer["body"] += message.get("body", b"")

    # Nothing in the application waits for anything here, so that it runs through in one step.
    running = app(scope, receive, send)
    try:
        running.send(None)
    except StopIteration:
        pass
    else:
        running.close()
        raise RuntimeError("the embedded service waited for an event")
    return answer["status"], list(answer["headers"]), answer["body"]
