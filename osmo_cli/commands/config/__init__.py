"""`osmo config` and its commands."""

from __future__ import annotations

from osmo_cli.commands.lazy import noun

app = noun(
    "config",
    "Manage configurations and their history.",
    {
        "list": "config.list:list_types",
        "show": "config.show:show",
        "update": "config.update:update",
        "delete": "config.delete:delete",
        "history": "config.history:history",
        "diff": "config.diff:diff",
        "rollback": "config.rollback:rollback",
        "tag": "config.tag:tag",
        "set": "config.set:set_role",
        "rename": "config.rename:rename",
        "validate": "config.validate:validate",
        "schema": "config.schema:schema",
        "export": "config.export:export",
        "plan": "config.plan:plan",
        "apply": "config.apply:apply",
        "drift": "config.drift:drift",
    },
)
