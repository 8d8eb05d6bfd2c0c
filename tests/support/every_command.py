"""Every command of the program with arguments that fit the database that is made here.

A new command without a row in `COMMANDS` fails in `tests/service/test_streams.py`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.local.admin import add_backend
from tests.support.databases import new_database
from tests.support.processes import Shell

NEWEST = next(reversed(DIALECTS))

COMMANDS: dict[str, str] = {
    "backend deregister": "gpu-a --yes",
    "backend list": "",
    "backend nodes": "gpu-a --nodes nodes.json",
    "backend open": "gpu-a",
    "backend register": "gpu-c --out out --image-tag 6.2.10",
    "backend wait": "gpu-a --timeout 5s",
    "config apply": "configs --yes",
    "config delete": "POD_TEMPLATE gone --ignore-missing",
    "config diff": "POD_TEMPLATE",
    "config drift": "configs",
    "config export": "--helm -",
    "config history": "",
    "config list": "",
    "config plan": "configs",
    "config rename": "POOL default default",
    "config rollback": "BACKEND:2",
    "config schema": "BACKEND",
    "config set": "ROLE agent-gpu-a backend --field gpu-a",
    "config show": "BACKEND",
    "config tag": "BACKEND:1 --set stable",
    "config update": "BACKEND gpu-a --file update.json",
    "config validate": "--type BACKEND --name gpu-a update.json",
    "help": "",
    "local add-backend": "gpu-b --db other.db",
    "local reset": "--db other.db",
    "local serve": "--port 70000",
    "login": "local",
    "logout": "",
    "token delete": "old",
    "token get": "old",
    "token list": "",
    "token roles": "old",
    "token rotate": "old --no-store",
    "token set": "new --no-store",
    "user create": "bob",
    "user delete": "ada --force",
    "user get": "ada",
    "user list": "",
    "user update": "ada --add-roles osmo-user",
    "version": "",
    "whoami": "",
}
"""Arguments by command."""

OTHER_FORMS: tuple[tuple[str, str], ...] = (
    ("backend register", "gpu-c --out out --image-tag 6.2.10 --secret-to-stdout"),
    ("config apply", "configs --yes -t json"),
    ("config export", "copy"),
    ("config plan", "configs --out plan.json"),
    ("config update", "BACKEND gpu-a --file update.json --dry-run"),
    ("token rotate", "old --output-file new.txt"),
    ("token set", "new --output-file new.txt"),
)
"""Commands with arguments that make them write elsewhere."""


def make_database(folder: Path) -> Path:
    """Make a database of the embedded service with what the commands need."""
    db = folder / "service.db"
    new_database(db, NEWEST)
    add_backend(db, "gpu-a")
    shell = Shell.at(folder / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(db))
    shell.ok("user", "create", "admin", "--roles", "osmo-admin")
    shell.ok("user", "create", "ada")
    pool = '{"backend": "gpu-a", "description": "x"}'
    shell.ok("config", "update", "POOL", "default", "--create", "-f", "-", input=pool)
    dashboard = '{"grafana_url": "https://grafana.example.com"}'
    shell.ok("config", "update", "BACKEND", "gpu-a", "-f", "-", input=dashboard)
    shell.ok("token", "set", "old", "--no-store")
    return db


def new_shell(folder: Path, database: Path) -> Shell:
    """A shell in a new folder with the files of `COMMANDS`, at a copy of the database."""
    folder.mkdir()
    db = folder / "local.db"
    shutil.copy(database, db)
    shell = Shell.at(folder / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(db))
    shell.file("update.json", '{"description": "new"}')
    shell.file("nodes.json", '{"items": []}')
    (shell.home / "configs" / "backend").mkdir(parents=True)
    shell.file("configs/backend/gpu-a.json", '{"description": "new"}')
    return shell
