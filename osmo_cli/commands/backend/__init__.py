"""`osmo backend` and its commands."""

from __future__ import annotations

from osmo_cli.commands.lazy import noun

app = noun(
    "backend",
    "Register, monitor and deregister backends.",
    {
        "register": "backend.register:register",
        "list": "backend.list:list_backends",
        "wait": "backend.wait:wait",
        "nodes": "backend.nodes:nodes",
        "open": "backend.open:open_page",
        "deregister": "backend.deregister:deregister",
    },
)
