"""`osmo config` and its commands."""

from __future__ import annotations

from osmo_cli.commands.lazy import noun

app = noun(
    "config",
    "Configurations and their history.",
    {
        "list": "config.history:list_types",
        "show": "config.show:show",
        "update": "config.update:update",
        "delete": "config.delete:delete",
        "history": "config.history:history",
        "diff": "config.history:diff",
        "rollback": "config.rollback:rollback",
        "tag": "config.history:tag",
        "set": "config.items:set_role",
        "rename": "config.items:rename",
        "validate": "config.validate:validate",
        "schema": "config.schema:schema",
    },
)
