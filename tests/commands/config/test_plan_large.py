"""Plans and applies of a large configuration: few requests, however many objects."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from osmo_cli.local.admin import add_backend
from tests.support.config_directories import write_configs
from tests.support.databases import new_database
from tests.support.processes import Shell

TEMPLATES, POOLS, ROLES, BACKENDS = 1000, 200, 100, 50


def files(turn: int) -> dict[str, Any]:
    """The whole configuration, which differs from turn to turn."""
    text = {"description": f"turn {turn}"}
    return {
        **{
            f"pod_template/template-{n}.json": {"spec": {"priority": turn}}
            for n in range(TEMPLATES)
        },
        **{
            f"pool/pool-{n}.json": {
                **text,
                "backend": f"backend-{n % BACKENDS}",
                "common_pod_template": [f"template-{n}"],
            }
            for n in range(POOLS)
        },
        **{
            f"role/role-{n}.json": {**text, "name": f"role-{n}", "policies": []}
            for n in range(ROLES)
        },
        **{f"backend/backend-{n}.json": text for n in range(BACKENDS)},
    }


def requests(shell: Shell, *words: str) -> Counter[tuple[str, str]]:
    """The requests of a command, without the one that asks whether a ConfigMap is in use."""
    result = shell.osmo("--debug", "config", *words)
    assert result.code == 0, result.err[-2000:]
    lines = re.findall(r"^debug: ([A-Z]+) ([^\s?]+)", result.err, re.MULTILINE)
    return Counter(line for line in lines if not line[1].endswith("/rollback"))


@pytest.mark.thorough
def test_requests_are_counted_by_type_and_not_by_object(tmp_path: Path) -> None:
    database = tmp_path / "service.db"
    new_database(database, "6.3")
    for n in range(BACKENDS):
        add_backend(database, f"backend-{n}")
    shell = Shell.at(tmp_path / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(database))
    write_configs(shell, files(1))
    planned = requests(shell, "plan", "configs")
    assert {method for method, _ in planned} == {"GET"}
    types = ("pod_template", "pool", "role", "backend")
    assert {path: planned["GET", f"/api/configs/{path}"] for path in types} == dict.fromkeys(
        types, 1
    )
    assert planned["GET", "/api/configs/history"] == 1
    assert planned.total() < 15

    for turn in (1, 2):
        write_configs(shell, files(turn))
        sent = requests(shell, "apply", "configs", "--yes", "--max-changes", "100%")
        writes = {line: count for line, count in sent.items() if line[0] != "GET"}
        assert writes == {
            ("PUT", "/api/configs/pod_template"): 1,
            ("PUT", "/api/configs/pool"): 1,
            ("PUT", "/api/configs/role"): 1,
            **{("POST", f"/api/configs/backend/backend-{n}"): 1 for n in range(BACKENDS)},
        }
    again = shell.osmo("config", "plan", "configs")
    assert again.out == f"Nothing to do: {TEMPLATES + POOLS + ROLES + BACKENDS} unchanged.\n"
