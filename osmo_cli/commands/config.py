"""`osmo config` and its commands."""

from __future__ import annotations

from osmo_cli.commands.lazy import noun

app = noun(
    "config",
    "Configurations and their history.",
    {
        "list": "config_history:list_types",
        "show": "config_show:show",
        "update": "config_update:update",
        "delete": "config_delete:delete",
        "history": "config_history:history",
        "diff": "config_history:diff",
        "rollback": "config_rollback:rollback",
        "tag": "config_history:tag",
        "set": "config_items:set_role",
        "rename": "config_items:rename",
        "validate": "config_validate:validate",
        "schema": "config_schema:schema",
    },
)
