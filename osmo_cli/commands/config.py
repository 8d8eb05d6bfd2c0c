"""`osmo config` and its commands."""

from __future__ import annotations

import typer

from osmo_cli.commands.lazy import lazy_group

app = typer.Typer(
    name="config",
    cls=lazy_group(
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
        }
    ),
    help="Configurations and their history.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def _config() -> None:
    """Configurations and their history."""
