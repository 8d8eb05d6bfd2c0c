"""Services and shells for the tests that run the program as a user does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Service, Shell, serving


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A 6.0 service without authentication, with backends gpu-a (online) and gpu-b."""
    folder = tmp_path_factory.mktemp("service")
    with serving(folder) as running:
        shell = Shell.at(folder)
        shell.ok("local", "add-backend", "gpu-a", "--db", str(running.db))
        shell.ok("local", "add-backend", "gpu-b", "--offline", "--db", str(running.db))
        yield running


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell of a user who is not logged in."""
    return Shell.at(tmp_path / "home")


@pytest.fixture
def admin(shell: Shell, service: Service) -> Shell:
    """A shell that is logged in to `service`."""
    shell.ok("login", service.url, "--method", "dev", "--username", "admin")
    return shell
