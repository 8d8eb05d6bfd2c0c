"""Services whose check of client versions fails or refuses every request that has a version.

Such a service is repaired by a request without one; the official CLI cannot do that.
"""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.processes import Service, Shell, serving

ACCEPTS_ANY_VERSION = [name for name, row in DIALECTS.items() if not row.checks_client_versions]


def newest_client_field(dialect: str) -> str:
    """The field of cli_config that holds the newest client's version."""
    return "cli_name" if dialect == "seed" else "latest_version"


def store(service: Service, cli_config: dict[str, str | None]) -> None:
    """Change cli_config as another client would."""
    request = urllib.request.Request(
        f"{service.url}/api/configs/service",
        json.dumps({"configs_dict": {"cli_config": cli_config}}).encode(),
        {"content-type": "application/json", "x-osmo-user": "admin"},
        method="PATCH",
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def repair(shell: Shell, cli_config: dict[str, str | None]) -> tuple[int, list[str]]:
    """Exit code and statuses of `osmo config update SERVICE` with valid versions."""
    shell.file("repair.json", json.dumps({"cli_config": cli_config}))
    done = shell.osmo("--debug", "config", "update", "SERVICE", "-f", "repair.json")
    return done.code, re.findall(r"^debug: .* -> (\d+)", done.err, re.MULTILINE)


@pytest.mark.sample(2)
@pytest.mark.parametrize("dialect", ACCEPTS_ANY_VERSION)
@pytest.mark.parametrize("text", ["osmo", "", "6.0", "6.0.0.0.0"])
def test_a_malformed_version_is_repaired(
    dialect: str, text: str, shell: Shell, tmp_path: Path
) -> None:
    field = newest_client_field(dialect)
    with serving(tmp_path / "service", dialect=dialect) as service:
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        store(service, {field: text})
        code, statuses = repair(shell, {field: "6.0.0"})
        assert code == 0
        assert statuses.count("500") <= 1, "one refusal is enough to know"
        shown = json.loads(shell.ok("config", "show", "SERVICE", "cli_config", field))
        assert shown == "6.0.0"
        assert "500" not in repair(shell, {field: "6.0.0"})[1]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_version_above_every_client_is_repaired(
    dialect: str, shell: Shell, tmp_path: Path
) -> None:
    field = newest_client_field(dialect)
    with serving(tmp_path / "service", dialect=dialect) as service:
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        store(service, {field: "99.0.0", "min_supported_version": "99.0.0"})
        code, statuses = repair(shell, {field: "6.0.0", "min_supported_version": "6.0.0"})
    assert code == 0
    assert statuses.count("400") <= 1, "one refusal is enough to know"


@pytest.mark.parametrize("dialect", ACCEPTS_ANY_VERSION)
def test_every_command_works_on_a_locked_service(
    dialect: str, shell: Shell, tmp_path: Path
) -> None:
    with serving(tmp_path / "service", dialect=dialect) as service:
        shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        store(service, {newest_client_field(dialect): "osmo"})
        shell.file("a.json", '{"description": "H100"}')
        commands: list[tuple[str, ...]] = [
            ("version",),
            ("config", "show", "BACKEND"),
            ("config", "list"),
            ("config", "update", "BACKEND", "gpu-a", "-f", "a.json"),
            ("config", "tag", "BACKEND", "--set", "x"),
            ("token", "set", "laptop"),
            ("token", "list"),
            ("token", "delete", "laptop"),
        ]
        if DIALECTS[dialect].token_routes.users is not None:
            commands += [("user", "create", "ada"), ("user", "delete", "ada", "--force")]
            commands[5] = ("token", "set", "laptop", "--service", "--roles", "osmo-user")
            commands[7] = ("token", "delete", "laptop", "--service")
        for words in commands:
            done = shell.osmo("--debug", *words)
            assert done.code == 0, (words, done)
            assert len(re.findall(r"^debug: .* -> 500", done.err, re.MULTILINE)) <= 1, words
