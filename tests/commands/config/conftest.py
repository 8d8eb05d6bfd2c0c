"""Services with a history, and services that a test meddles with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.between import Between, between
from tests.support.processes import Service, Shell, serving
from tests.support.stories import prepared


@pytest.fixture
def middle(tmp_path: Path) -> Iterator[Between]:
    with between(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Shell]]:
    """A service with three changes of gpu-a (revisions 3, 4 and 5), and an administrator.

    For tests that only read.
    """
    folder = tmp_path_factory.mktemp("stories")
    with serving(folder / "service") as service:
        yield service, prepared(service, folder / "user")


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Shell]:
    """An administrator of a service of its own, with the same changes."""
    with serving(tmp_path / "service") as service:
        yield prepared(service, tmp_path / "user")
