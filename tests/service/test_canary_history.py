"""Secrets that a service sends in clear text: old revisions and fields that no schema knows."""

from __future__ import annotations

import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.local.admin import reset
from osmo_cli.main import run

CANARY = "canary-41c7d2-Secret"
UNKNOWN = {"old_password": CANARY, "credential": {"auth": CANARY, "inner": [{"api_key": CANARY}]}}


def with_secrets(name: str, data: dict[str, Any], suffix: str) -> dict[str, Any]:
    """A revision of a type as an older version may have stored it."""
    secret = CANARY + suffix
    if name == "DATASET":
        key = {"access_key_id": "AKIA", "access_key": secret, "endpoint": "s3://b"}
        bucket = {"dataset_path": "s3://b/d", "default_credential": key}
        return {"buckets": {"team": bucket, "old": {"access_key": secret}}, "default_bucket": ""}
    if name == "SERVICE":
        data = data | {"cli_config": data.get("cli_config", {}) | {"credential": {"auth": secret}}}
        return data | {"registry": json.loads(json.dumps(UNKNOWN).replace(CANARY, secret))}
    log = {"credential": {"endpoint": "s3://b", "access_key_id": "A", "access_key": secret}}
    return data | {"workflow_log": log, "plugins": {"slack_token": secret, **UNKNOWN}}


def store_raw_revisions(db: Path, name: str) -> None:
    with sqlite3.connect(db) as connection:
        rows = connection.execute(
            "SELECT revision, data FROM history WHERE config_type = ? ORDER BY revision", (name,)
        ).fetchall()
        last, data = rows[-1] if rows else (0, "{}")
        for number in (1, 2):
            connection.execute(
                "INSERT INTO history (config_type, revision, name, username, created_at,"
                " description, data) VALUES (?, ?, '', 'old', ?, 'before an upgrade', ?)",
                (
                    name,
                    last + number,
                    f"2025-01-0{number}T00:00:00.000000",
                    json.dumps(with_secrets(name, json.loads(data), str(number))),
                ),
            )
    connection.close()


@pytest.mark.parametrize("speaks", DIALECTS)
def test_no_secret_of_the_history_comes_out(
    speaks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialect = DIALECTS[speaks]
    db = tmp_path / "service" / "local.db"
    db.parent.mkdir()
    reset(db, speaks)
    (tmp_path / "user").mkdir()
    monkeypatch.chdir(tmp_path / "user")
    for variable, value in {
        "HOME": str(tmp_path / "user"),
        "OSMO_URL": "local",
        "OSMO_LOCAL_DB": str(db),
    }.items():
        monkeypatch.setenv(variable, value)

    def osmo(*words: str) -> tuple[int, str]:
        shown, errors = io.StringIO(), io.StringIO()
        monkeypatch.setattr("sys.stdout", shown)
        monkeypatch.setattr("sys.stderr", errors)
        code = run(["--debug", *words])
        assert CANARY not in shown.getvalue() + errors.getvalue(), words
        return code, shown.getvalue()

    types = [name for name, config_type in CONFIG_TYPES.items() if config_type.secrets]
    for name in types:
        if name not in dialect.config_types | dialect.history_types:
            continue
        store_raw_revisions(db, name)
        _, listing = osmo("config", "history", name, "-t", "json")
        newest = max(entry["revision"] for entry in json.loads(listing)["configs"])
        for words in (
            ("show", f"{name}:{newest}"),
            ("show", f"{name}:{newest}", "-t", "yaml"),
            ("show", f"{name}:{newest - 1}", "-t", "text"),
            ("diff", f"{name}:{newest - 1}", f"{name}:{newest}"),
        ):
            code, shown = osmo("config", *words)
            assert code == 0, words
            assert "*****" in shown
        assert "<secret changed in" in shown
        if name in dialect.config_types:
            osmo("config", "rollback", f"{name}:{newest}", "--force")
            osmo("config", "show", name)
            osmo("config", "diff", f"{name}:{newest}", name)
