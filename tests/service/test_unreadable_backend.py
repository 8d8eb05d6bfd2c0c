"""A backend whose stored scheduler the service's version does not have, as after an upgrade."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS, V6_0
from tests.support.processes import Shell, serving

WITHOUT_OLD_SCHEDULERS = [
    name for name, dialect in DIALECTS.items() if dialect.scheduler_fields != V6_0.scheduler_fields
]
OLD = {"scheduler_type": "default", "scheduler_name": "default-scheduler", "scheduler_timeout": 30}
UPDATE = ("config", "update", "BACKEND", "gpu-a", "--file", "new.json")


@pytest.fixture(params=WITHOUT_OLD_SCHEDULERS)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    with serving(tmp_path / "service", dialect=request.param) as service:
        shell = Shell.at(tmp_path / "user")
        shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
        with closing(sqlite3.connect(service.db)) as connection, connection:
            row = "config_type = 'BACKEND' AND name = 'gpu-a'"
            (text,) = connection.execute(f"SELECT data FROM configs WHERE {row}").fetchone()
            value = json.dumps(json.loads(text) | {"scheduler_settings": OLD})
            connection.execute(f"UPDATE configs SET data = ? WHERE {row}", (value,))
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        yield shell


def test_reading_names_the_command_that_repairs_it(upgraded: Shell) -> None:
    for words in (("show", "BACKEND"), ("show", "BACKEND", "gpu-a"), UPDATE[1:]):
        upgraded.file("new.json", '{"description": "new"}')
        done = upgraded.osmo("config", *words)
        assert (done.code, done.out) == (10, "")
        assert "osmo config update BACKEND gpu-a --file" in done.err


def test_an_update_with_valid_settings_repairs_it(upgraded: Shell) -> None:
    settings = {"scheduler_type": "kai"}
    upgraded.file(
        "new.json", json.dumps({"scheduler_settings": settings, "description": "repaired"})
    )
    preview = upgraded.osmo(*UPDATE, "--dry-run", "--exit-code")
    assert preview.code == 5
    assert "POST /api/configs/backend/gpu-a" in preview.err
    assert upgraded.osmo("config", "show", "BACKEND").code == 10
    done = upgraded.osmo(*UPDATE)
    assert (done.code, done.out) == (0, "Successfully updated BACKEND config\n"), done
    shown = json.loads(upgraded.ok("config", "show", "BACKEND", "gpu-a"))
    assert shown["description"] == "repaired"
    assert shown["scheduler_settings"]["scheduler_type"] == "kai"
    again = upgraded.osmo(*UPDATE)
    assert (again.code, again.out) == (0, "No changes were made to the config.\n")


def test_settings_alone_are_enough(upgraded: Shell) -> None:
    upgraded.file("new.json", '{"scheduler_settings": {"scheduler_type": "kai"}}')
    assert upgraded.ok(*UPDATE) == "Successfully updated BACKEND config\n"


def test_settings_that_the_version_does_not_have_are_refused(upgraded: Shell) -> None:
    upgraded.file("new.json", '{"scheduler_settings": {"scheduler_type": "volcano"}}')
    done = upgraded.osmo(*UPDATE)
    assert (done.code, done.out) == (2, "")
    assert "new.json:1" in done.err
    assert "scheduler_type" in done.err
