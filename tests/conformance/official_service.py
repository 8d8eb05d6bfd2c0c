"""The embedded service in this process, on a port, with a clock and a record of requests."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from osmo_cli.local.app import build_app
from osmo_cli.local.clock import Clock
from osmo_cli.local.server import new_server

_LIMIT_SECONDS = 20


@dataclass(frozen=True)
class Seen:
    """One request."""

    method: str
    path: str
    query: list[tuple[str, str]]
    body: Any


@contextmanager
def serving(db: Path, now: Clock) -> Iterator[tuple[str, list[Seen]]]:
    """Serve until the block ends; gives the address, and the requests as they come."""
    seen: list[Seen] = []
    app = build_app(db, now=now)

    async def recording(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        parts = []
        more = True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        text = b"".join(parts)
        seen.append(
            Seen(
                scope["method"],
                scope["path"],
                parse_qsl(scope["query_string"].decode(), keep_blank_values=True),
                json.loads(text) if text else None,
            )
        )

        async def again() -> Any:
            return {"type": "http.request", "body": text, "more_body": False}

        await app(scope, again, send)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = new_server(recording)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
        finally:
            server.should_exit = True
            thread.join(_LIMIT_SECONDS)
            assert not thread.is_alive()
