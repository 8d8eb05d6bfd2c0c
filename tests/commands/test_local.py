"""`osmo local`: the database of the embedded service, prepared without a server."""

from __future__ import annotations

import json

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.processes import Shell


@pytest.fixture
def local(shell: Shell) -> Shell:
    shell.ok("login", "local")
    return shell


@pytest.mark.parametrize("dialect", DIALECTS)
def test_reset_makes_a_database_of_a_dialect(local: Shell, dialect: str) -> None:
    local.ok("local", "add-backend", "gpu-a")
    local.ok("local", "reset", "--dialect", dialect)
    assert json.loads(local.ok("version", "-t", "json"))["dialect"] == dialect
    assert json.loads(local.ok("backend", "list", "-t", "json")) == {"backends": []}


def test_add_backend_registers_it_online_or_offline(local: Shell) -> None:
    assert local.ok("local", "add-backend", "gpu-a") == "Backend gpu-a registered\n"
    local.ok("local", "add-backend", "gpu-b", "--offline")
    backends = json.loads(local.ok("config", "show", "BACKEND"))["backends"]
    assert {item["name"]: item["online"] for item in backends} == {"gpu-a": True, "gpu-b": False}


def test_an_unknown_dialect_is_refused_with_the_known_ones(local: Shell) -> None:
    done = local.osmo("local", "reset", "--dialect", "5.0")
    assert (done.code, done.out) == (2, "")
    assert "5.0" in done.err
    assert all(name in done.err for name in DIALECTS)
