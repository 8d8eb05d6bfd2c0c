"""`osmo token list --expiring-within`, in every dialect and for every kind of owner."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from osmo_cli.accounts.tokens import today
from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.databases import new_database
from tests.support.processes import Shell

CASES = [
    (name, owner)
    for name, dialect in DIALECTS.items()
    for owner in ("", "--service", "--user admin")
    if dialect.token_routes.users is not None or owner != "--user admin"
]


@pytest.mark.parametrize(("dialect", "owner"), CASES)
def test_tokens_that_expire_soon(shell: Shell, tmp_path: Path, dialect: str, owner: str) -> None:
    db = tmp_path / "osmo.db"
    new_database(db, dialect)
    shell.env |= {"OSMO_URL": "local", "OSMO_LOCAL_DB": str(db)}
    if DIALECTS[dialect].token_routes.users is not None:
        shell.ok("user", "create", "admin", "--roles", "osmo-admin")
    flags = owner.split()
    roles = ["--roles", "osmo-backend"] if owner == "--service" else []
    for name, days in (("soon", 10), ("later", 20)):
        day = str(today() + timedelta(days=days))
        shell.ok("token", "set", name, "--no-store", "--expires-at", day, *flags, *roles)
    words = ("token", "list", *flags, "--exit-code", "-t", "json", "--expiring-within")
    for duration, names in (("10d", ["soon"]), ("9d", []), ("220h", ["soon"]), ("P3W", None)):
        result = shell.osmo(*words, duration)
        shown = {token["token_name"] for token in json.loads(result.out)} & {"soon", "later"}
        assert shown == set(["soon", "later"] if names is None else names)
        assert result.code == (0 if names == [] else 5)
    assert shell.osmo("token", "list", *flags, "--expiring-within", "10d").code == 0


@pytest.mark.parametrize("words", ["--exit-code", "--expiring-within soon", "--expiring-within 2"])
def test_wrong_usage(shell: Shell, words: str) -> None:
    shell.env["OSMO_URL"] = "local"
    assert shell.osmo("token", "list", *words.split()).code == 2
