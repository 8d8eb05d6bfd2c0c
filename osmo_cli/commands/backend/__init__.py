"""`osmo backend` and its commands."""

from __future__ import annotations

from osmo_cli.commands.lazy import noun

app = noun(
    "backend",
    "Register, monitor and deregister backends.",
    {
        "list": "backend.list:list_backends",
    },
)
