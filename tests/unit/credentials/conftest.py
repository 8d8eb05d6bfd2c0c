"""A home of its own for each test, and an environment without logins and without D-Bus."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("OSMO_", "XDG_", "DBUS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def make_jwt() -> Callable[..., str]:
    """A function that gives an unsigned JWT with these claims."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return lambda **claims: f"{part({'alg': 'RS256'})}.{part(claims)}.c2lnbmF0dXJl"
